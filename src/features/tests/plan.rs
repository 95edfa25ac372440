//! What a plan learns, how its features are called, and what it makes of hostile files.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::world::{DAY, N_LEADS, Reads, START, SourceEvent, events, fit, leads, raw, reads, schema};
use crate::features::attribute::{AttributeKind, AttributePlan};
use crate::features::recipe::{Column, Recipe};
use crate::features::{
    AttributeColumn, CellError, FeatureError, FeatureFamily, FeaturePlan, FeatureSettings, LeadTable, RawEvents, TextColumn,
};
use crate::schema::{Attribute, Initiator, Schema};
use crate::time::Span;

/// Each of the first `n` leads has an event of each of the kinds.
fn on_leads(counts: &[(usize, u32)]) -> Vec<SourceEvent> {
    let event = |lead, kind| SourceEvent { lead, at: START, recorded_at: START, kind, channel: None, value: f32::NAN };
    counts.iter().flat_map(|&(kind, n)| (0..n).map(move |lead| event(lead, kind))).collect()
}

fn names(plan: &FeaturePlan) -> Vec<&str> {
    plan.features().iter().map(|feature| feature.name.as_str()).collect()
}

#[test]
fn names_of_features_are_stable() {
    let settings = FeatureSettings::default().min_category_leads(2);
    let plan = FeaturePlan::fit(&schema(), &leads(), &raw(&on_leads(&[(0, 3), (3, 1)]), true), &settings).unwrap();
    assert_eq!(
        names(&plan).join("\n"),
        "\
comment
comment.filled
email
email.valid
email.provider
email.generic
email.domain
employees
founded
founded.month
founded.weekday
founded.after_creation
industry
newsletter
phone
phone.valid
phone.country
renewal
renewal.month
renewal.weekday
renewal.after_creation
title
title.seniority
title.department
age
created.weekday
created.hour
events.count.1d
events.count.7d
events.count.30d
events.count.90d
events.count.ever
events.active_days.1d
events.active_days.7d
events.active_days.30d
events.active_days.90d
events.active_days.ever
events.recency
events.decayed.7d
events.decayed.30d
events.momentum.1d
events.momentum.7d
events.momentum.30d
events.pace.1d
events.pace.7d
events.pace.30d
events.pace.90d
events.trend.28d
events.gap.mean
events.gap.last
events.gap.std
events.since_first
events.streak
events.streak.longest
events.first_kind
events.last_kind
events.first_delay
events.kinds.1d
events.kinds.7d
events.kinds.30d
events.kinds.90d
events.kinds.ever
events.signals.1d
events.signals.7d
events.signals.30d
events.signals.90d
events.signals.ever
events.night_share
events.weekend_share
demo_request.count.1d
demo_request.count.7d
demo_request.count.30d
demo_request.count.90d
demo_request.count.ever
demo_request.active_days.1d
demo_request.active_days.7d
demo_request.active_days.30d
demo_request.active_days.90d
demo_request.active_days.ever
demo_request.recency
demo_request.decayed.7d
demo_request.decayed.30d
demo_request.gap.mean
demo_request.gap.last
demo_request.gap.std
demo_request.since_first
contact.count.1d
contact.count.7d
contact.count.30d
contact.count.90d
contact.count.ever
contact.active_days.1d
contact.active_days.7d
contact.active_days.30d
contact.active_days.90d
contact.active_days.ever
contact.recency
contact.decayed.7d
contact.decayed.30d
contact.momentum.1d
contact.momentum.7d
contact.momentum.30d
contact.pace.1d
contact.pace.7d
contact.pace.30d
contact.pace.90d
contact.trend.28d
contact.gap.mean
contact.gap.last
contact.gap.std
contact.since_first
contact.streak
contact.streak.longest
intent.buying.count.1d
intent.buying.count.7d
intent.buying.count.30d
intent.buying.count.90d
intent.buying.count.ever
intent.buying.active_days.1d
intent.buying.active_days.7d
intent.buying.active_days.30d
intent.buying.active_days.90d
intent.buying.active_days.ever
intent.buying.recency
intent.buying.decayed.7d
intent.buying.decayed.30d
intent.buying.momentum.1d
intent.buying.momentum.7d
intent.buying.momentum.30d
intent.buying.pace.1d
intent.buying.pace.7d
intent.buying.pace.30d
intent.buying.pace.90d
intent.buying.trend.28d
intent.buying.gap.mean
intent.buying.gap.last
intent.buying.gap.std
intent.buying.since_first
intent.buying.streak
intent.buying.streak.longest"
    );
    let concept = |name: &str| plan.features().iter().find(|feature| feature.name == name).unwrap().concept.as_str();
    assert_eq!(concept("events.count.7d"), "activity");
    assert_eq!(concept("demo_request.recency"), "demo_request");
    assert_eq!(concept("comment.filled"), "comment");
    assert_eq!(concept("age"), "age");
}

#[test]
fn sums_are_made_where_the_source_has_values() {
    let mut events = on_leads(&[(0, 3), (1, 3)]);
    events.iter_mut().filter(|event| event.kind == 1).for_each(|event| event.value = 1.0);
    let plan = fit(&raw(&events, true), Reads::All);
    let names = names(&plan);
    assert!(names.contains(&"call.sum.7d") && names.contains(&"call.decayed_sum.30d") && names.contains(&"events.sum.ever"));
    assert!(!names.contains(&"demo_request.sum.7d"));
}

#[test]
fn a_plan_can_be_pinned_to_a_plain_list_of_features() {
    use FeatureFamily::{ActiveDays, Counts, Decays, Edges, Recency, Sums};
    let mut events = on_leads(&[(0, 4), (1, 4), (2, 4), (3, 4)]);
    events.iter_mut().for_each(|event| event.value = 1.0);
    let settings =
        FeatureSettings::default().min_category_leads(1).families([ActiveDays, Sums, Edges]).kind_families([Counts, Recency, Decays]);
    let plain = Schema { events: Some(crate::EventColumns::new("lead", "at", "kind").value("value")), ..Schema::default() };
    let plan = FeaturePlan::fit(&plain, &leads(), &raw(&events, true), &settings).unwrap();
    // Per kind five counts, recency and two decays; of all events five sums, five numbers of active days, first and last kind and channel.
    let of_channels = names(&plan).iter().filter(|name| name.contains("_channel")).count();
    assert_eq!(plan.features().len() - of_channels, 4 * 8 + 5 + 5 + 2, "{:?}", names(&plan));
}

#[test]
fn every_feature_has_a_sentence_and_a_unit() {
    let mut events = on_leads(&[(0, 4), (1, 4), (2, 4), (3, 4)]);
    events.iter_mut().for_each(|event| (event.value, event.channel) = (1.0, Some(0)));
    let plan = fit(&raw(&events, true), Reads::Parties);
    for (i, feature) in plan.features().iter().enumerate() {
        for value in [f32::NAN, 0.0, 1.0, 2.5, -0.5] {
            assert!(!plan.describe(i, value).is_empty(), "{}", feature.name);
        }
        assert!(!plan.unit(i).is_empty(), "{}", feature.name);
    }
    assert_eq!(plan.unit(usize::MAX), "");
    let unit = |name: &str| plan.unit(names(&plan).iter().position(|known| *known == name).unwrap());
    let units =
        ["employees", "industry", "title.department", "comment", "events.sum.7d", "events.last_kind", "account.demo_request.count.7d"]
            .map(unit);
    assert_eq!(units, ["as given", "category", "category", "characters", "value", "kind", "events"]);
    assert!(names(&plan).contains(&"response.lead.mean") && names(&plan).contains(&"response.first_contact"));
}

#[test]
fn kinds_categories_and_channels_need_twenty_leads() {
    let n = 45_u32;
    let leads = LeadTable {
        ids: (0..n).map(|id| id.to_string()).collect(),
        attributes: vec![(
            "industry".to_owned(),
            AttributeColumn::Text(TextColumn {
                words: vec!["Steel".to_owned(), "steel ".to_owned(), "rare".to_owned()],
                codes: (0..n)
                    .map(|i| {
                        if i < 10 {
                            0
                        } else if i < 20 {
                            1
                        } else if i < 39 {
                            2
                        } else {
                            u32::MAX
                        }
                    })
                    .collect(),
            }),
        )],
        ..LeadTable::default()
    };
    let mut events = on_leads(&[(0, 20), (1, 19), (1, 19)]);
    events.iter_mut().for_each(|event| event.channel = Some(event.kind));
    let plan = FeaturePlan::fit(&schema(), &leads, &raw(&events, true), &FeatureSettings::default()).unwrap();
    // "call" and "web visit" keep their codes, for they belong to a group and to a signal, but have no features of their own.
    assert_eq!(plan.kinds().collect::<Vec<_>>(), ["call", "demo request", "web visit"]);
    assert!(!names(&plan).iter().any(|name| name.starts_with("call")));
    assert_eq!(plan.channels(), ["web"]);
    let industry = plan.attributes().iter().find(|attribute| attribute.name() == "industry").unwrap();
    assert_eq!(industry.categories(), ["steel"]);
    assert_eq!(plan.code_kind("DEMO  request"), 1);
    assert_eq!(plan.code_kind("unheard of"), 3);
    assert_eq!((plan.code_channel(Some("Web")), plan.code_channel(Some("fair")), plan.code_channel(None)), (0, 1, u16::MAX));
}

#[test]
fn a_group_that_is_called_like_a_common_kind_of_the_events_is_refused() {
    let named = |group: &str, settings: &FeatureSettings| {
        let mut schema = schema();
        schema.events.as_mut().unwrap().groups = [(group.to_owned(), vec!["call".to_owned()])].into();
        FeaturePlan::fit(&schema, &leads(), &raw(&on_leads(&[(0, 3), (1, 1)]), true), settings)
    };
    let settings = FeatureSettings::default().min_category_leads(2);
    let error = named("Demo Request", &settings).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the group \"demo request\" of events is called like a kind that events have, and nobody could tell their features apart; give the group \
         another name in the schema, for example \"any_demo request\""
    );
    assert!(named("demo_request", &settings).is_err(), "names of features have no blanks");
    assert!(named("contact", &settings).is_ok());
    // Pinned, the word is the group's, and there is one feature of the name.
    assert!(named("Demo Request", &settings.kinds(["demo request"])).is_ok());
}

#[test]
fn an_address_is_no_category_on_however_many_leads() {
    let words = ["ann@corp.example", "Bob@corp", "eve (at) corp.example", "react@18.2", "steel"].map(str::to_owned).to_vec();
    let n = 5 * 30_u32;
    let leads = LeadTable {
        ids: (0..n).map(|id| id.to_string()).collect(),
        attributes: vec![("industry".to_owned(), AttributeColumn::Text(TextColumn { words, codes: (0..n).map(|i| i % 5).collect() }))],
        ..LeadTable::default()
    };
    for least in [1, 20] {
        let settings = FeatureSettings::default().min_category_leads(least);
        let plan = FeaturePlan::fit(&schema(), &leads, &RawEvents::default(), &settings).unwrap();
        let industry = plan.attributes().iter().find(|attribute| attribute.name() == "industry").unwrap();
        assert_eq!(industry.categories(), ["react@18.2", "steel"]);
    }
}

#[test]
fn kinds_can_be_pinned_by_an_intent_and_a_kind_of_its_name_goes_first() {
    let fit = |word: &str| {
        let events = raw(&on_leads(&[(0, 4), (1, 4), (3, 4)]), true);
        FeaturePlan::fit(&schema(), &leads(), &events, &FeatureSettings::default().kinds([word])).unwrap()
    };
    // Demo requests and web visits are signs of "buying".
    let plan = fit("buying");
    assert_eq!(plan.kinds().collect::<Vec<_>>(), ["demo request", "web visit"]);
    assert!(names(&plan).contains(&"intent.buying.count.7d") && !names(&plan).contains(&"demo_request.count.7d"));
    let first = plan.features().iter().find(|feature| feature.name == "events.first_kind").unwrap();
    assert_eq!(first.kind, crate::FeatureKind::Categorical { levels: Vec::new() }, "on fewer than 20 leads");
    let events = raw(&on_leads(&[(0, 4), (1, 4), (3, 1)]), true);
    let common = FeatureSettings::default().kinds(["buying"]).min_category_leads(2);
    let plan = FeaturePlan::fit(&schema(), &leads(), &events, &common).unwrap();
    let first = plan.features().iter().find(|feature| feature.name == "events.first_kind").unwrap();
    assert_eq!(first.kind, crate::FeatureKind::Categorical { levels: vec!["demo request".to_owned()] }, "as any kind on enough leads");
    let mut schema = schema();
    schema.events.as_mut().unwrap().intents = [("web visit".to_owned(), vec!["call".to_owned(), "web visit".to_owned()])].into();
    let events = raw(&on_leads(&[(0, 4), (1, 4), (3, 4)]), true);
    let plan = FeaturePlan::fit(&schema, &leads(), &events, &FeatureSettings::default().kinds(["web visit"])).unwrap();
    assert_eq!(plan.kinds().collect::<Vec<_>>(), ["web visit"]);
    assert!(names(&plan).contains(&"web_visit.count.7d"));
}

#[test]
fn ten_thousand_categories_keep_the_most_common_ones() {
    let n = 30_000_u32;
    let leads = LeadTable {
        ids: (0..n).map(|id| id.to_string()).collect(),
        attributes: vec![("industry".to_owned(), AttributeColumn::Number((0..n).map(|i| f64::from(i * i % 10_000)).collect()))],
        ..LeadTable::default()
    };
    let plan = FeaturePlan::fit(&schema(), &leads, &RawEvents::default(), &FeatureSettings::default().max_categories(50)).unwrap();
    let industry = plan.attributes().iter().find(|attribute| attribute.name() == "industry").unwrap();
    assert_eq!(industry.categories().len(), 50);
    assert!(industry.categories().contains(&"0".to_owned()));
}

#[test]
fn when_the_schema_says_who_starts_events_only_the_leads_own_are_read() {
    let mut schema = schema();
    if let Some(columns) = &mut schema.events {
        columns.initiator = BTreeMap::from([
            ("demo request".to_owned(), Initiator::Lead),
            ("web visit".to_owned(), Initiator::Lead),
            ("call".to_owned(), Initiator::Sales),
        ]);
    }
    let events = on_leads(&[(0, 4), (1, 4), (3, 1), (4, 4)]);
    let fit = |settings: &FeatureSettings| FeaturePlan::fit(&schema, &leads(), &raw(&events, true), settings).unwrap();
    let settings = FeatureSettings::default().min_category_leads(2);
    let plan = fit(&settings);
    assert_eq!(plan.kinds().collect::<Vec<_>>(), ["demo request", "web visit"]);
    // Totals count them alone: lead 0 has a demo request and a (rare) web visit; its call and its unknown event are not read.
    let count = plan.features().iter().position(|feature| feature.name == "events.count.ever").unwrap();
    let table = plan.code_events(&raw(&events, true), N_LEADS);
    let matrix = plan.matrix(&leads(), &plan.prepare_table(&leads()).unwrap(), &table, &[(0, START + DAY)], Some(1));
    assert_eq!(matrix.row(0)[count], 2.0);
    // Asked for by name, calls are read after all.
    assert!(names(&fit(&settings.kinds(["call"]))).contains(&"call.count.7d"));
}

#[test]
fn an_attribute_that_is_called_like_something_else_keeps_its_name() {
    let mut schema = schema();
    schema.attributes = ["age", "activity", "demo_request", "events.recency"].map(|name| (name.to_owned(), Attribute::Numeric {})).into();
    let plan = FeaturePlan::fit(&schema, &leads(), &RawEvents::default(), &FeatureSettings::default().kinds(["demo request"])).unwrap();
    assert_eq!(names(&plan)[..5], ["activity", "age", "demo_request", "events.recency", "age#2"]);
    let named = |name: &str| plan.features().iter().find(|feature| feature.name == name).unwrap().concept.clone();
    assert_eq!(named("age#2"), "age#2");
    assert_eq!(named("events.recency#2"), "activity#2");
    assert_eq!(named("demo_request.recency"), "demo_request#2");
}

#[test]
fn a_flat_table_needs_neither_events_nor_creation() {
    let schema = Schema { attributes: schema().attributes, ..Schema::default() };
    let plan = FeaturePlan::fit(&schema, &leads(), &RawEvents::default(), &FeatureSettings::default()).unwrap();
    assert!(!plan.needs_events() && !plan.needs_created_at());
    assert_eq!(plan.features().len(), 22);
    let whole = FeatureSettings::default().attribute_parts(false);
    let plan = FeaturePlan::fit(&schema, &leads(), &RawEvents::default(), &whole).unwrap();
    assert_eq!(names(&plan).join(" "), "comment comment.filled email employees founded industry newsletter phone renewal title");
}

#[test]
fn dropping_all_of_something_drops_the_need_for_it() {
    let mut plan = fit(&raw(&on_leads(&[(0, 4)]), true), Reads::All);
    assert!(plan.needs_events() && plan.needs_created_at());
    let keep: Vec<bool> = plan.features().iter().map(|feature| feature.name == "industry").collect();
    plan.retain(&keep);
    assert!(!plan.needs_events() && !plan.needs_created_at());
    assert_eq!(plan.attributes().len(), 1);
    assert_eq!(plan.kinds().len(), 0);
}

#[test]
fn a_cell_that_cannot_be_read_is_named_with_table_row_and_lead() {
    let plan = fit(&raw(&[], true), Reads::All);
    let mut leads = leads();
    leads.attributes[0].1 = AttributeColumn::Number(vec![1.0, 2.0, f64::INFINITY, 3.0]);
    let error = plan.prepare_table(&leads).unwrap_err();
    assert!(matches!(error, FeatureError::Cell { row: 2, source: CellError::NotFinite { .. }, .. }));
    assert!(error.to_string().starts_with("leads, row 2 (lead \"2\"): \"employees\" is inf"), "{error}");
}

#[test]
fn settings_that_cannot_be_used_are_refused() {
    let settings = FeatureSettings::default().windows([Span::days(0)]);
    assert!(matches!(
        FeaturePlan::fit(&schema(), &leads(), &RawEvents::default(), &settings),
        Err(FeatureError::Setting { setting: "windows", .. })
    ));
}

#[test]
fn events_of_unknown_leads_are_left_out() {
    let mut events = on_leads(&[(0, 4)]);
    events.push(SourceEvent { lead: 77, ..events[0] });
    let plan = fit(&raw(&events, true), Reads::All);
    assert_eq!(plan.code_events(&raw(&events, true), N_LEADS).len(), 4);
    events.reverse();
    assert_eq!(plan.code_events(&raw(&events, true), N_LEADS).len(), 4);
}

proptest! {
    #[test]
    fn a_plan_survives_the_model_file(events in events(60), reads in reads(), silence in prop::option::of(0_i64..1_000_000)) {
        let mut plan = fit(&raw(&events, true), reads);
        plan.set_longest_silence(silence);
        for bytes in [rmp_serde::to_vec(&plan).unwrap(), rmp_serde::to_vec_named(&plan).unwrap()] {
            let read: FeaturePlan = rmp_serde::from_slice(&bytes).unwrap();
            prop_assert_eq!(&read, &plan);
            prop_assert_eq!(read.features(), plan.features());
            prop_assert_eq!(read.longest_silence(), silence);
        }
    }

    #[test]
    fn a_hostile_plan_is_refused_or_harmless(place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in prop::bool::weighted(0.1)) {
        let events = on_leads(&[(0, 4), (1, 3), (2, 1)]);
        let mut bytes = rmp_serde::to_vec(&fit(&raw(&events, true), Reads::All)).unwrap();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if cut {
            bytes.truncate(place);
        }
        if let Ok(plan) = rmp_serde::from_slice::<FeaturePlan>(&bytes) {
            prop_assert!(plan.validate().is_ok());
            if let Ok(prepared) = plan.prepare_table(&leads()) {
                let table = plan.code_events(&raw(&events, true), N_LEADS);
                let matrix = plan.matrix(&leads(), &prepared, &table, &[(0, START + DAY), (3, START + 2 * DAY)], Some(1));
                for (i, value) in matrix.row(0).iter().enumerate() {
                    prop_assert!(!plan.describe(i, *value).is_empty());
                }
            }
        }
    }
}

#[test]
fn a_plan_that_would_multiply_what_its_file_holds_is_refused() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let read = |recipe: &Recipe| rmp_serde::from_slice::<FeaturePlan>(&rmp_serde::to_vec(recipe).unwrap());
    assert!(read(&plan.recipe).is_ok());
    // The same source many times, under names of their own.
    let mut repeated = plan.recipe.clone();
    let first = repeated.columns[0].clone();
    repeated.columns.push(Column { name: "again".to_owned(), ..first });
    let message = read(&repeated).unwrap_err().to_string();
    assert!(message.contains("two features of the same"), "{message}");
    // Vocabularies that are each within bounds, and together are not.
    let mut wide = plan.recipe;
    let categories: Vec<String> = (0..60_000).map(|i| format!("{i:05}")).collect();
    wide.attributes.extend((0..17).map(|i| AttributePlan {
        name: format!("wide {i}"),
        kind: AttributeKind::Categorical { aliases: BTreeMap::new(), categories: categories.clone() },
        rare: None,
    }));
    let message = wide.validate().unwrap_err();
    assert!(message.contains("categories in all attributes"), "{message}");
}
