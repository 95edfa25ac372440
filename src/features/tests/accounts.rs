//! The accounts of a table against their definition: of every row, the events of the other leads that have its account, put together anew.

use proptest::prelude::*;

use super::reference;
use super::world::{DAY, N_LEADS, Reads, START, SourceEvent, events, fit, instant, leads, raw, reads, same};
use crate::features::{
    AccountEvents, AccountTable, FeatureFamily, FeatureMatrix, FeaturePlan, FeatureSettings, History, LeadTable, RawEvents, Scratch,
    TextColumn, UNNAMED,
};

fn leads_of(accounts: &[Option<u32>]) -> LeadTable {
    let words = ["acme", "globex"].map(str::to_owned).to_vec();
    let codes = accounts.iter().map(|account| account.unwrap_or(u32::MAX)).collect();
    LeadTable { account: Some(TextColumn { words, codes }), ..leads() }
}

/// The features of delays and answers of an account.
const OF_ANSWERS: [&str; 6] =
    ["first_delay", "response.first_contact", "response.lead.mean", "response.lead.last", "response.sales.mean", "response.sales.last"];

/// The row of a lead by the definition.
fn row(plan: &FeaturePlan, leads: &LeadTable, events: &[SourceEvent], recorded: bool, (lead, as_of): (u32, i64)) -> Vec<f32> {
    let account = leads.account.as_ref().and_then(|account| account.word(lead as usize));
    let others = account.map(|account| {
        let of_other = |event: &&SourceEvent| {
            event.lead != lead && leads.account.as_ref().and_then(|accounts| accounts.word(event.lead as usize)) == Some(account)
        };
        let known = |event: &SourceEvent| {
            let known = if recorded { event.recorded_at } else { event.at };
            SourceEvent { lead: 0, recorded_at: known.max(leads.created(event.lead as usize).unwrap_or(i64::MIN)), ..*event }
        };
        let mut of_others: Vec<&SourceEvent> = events.iter().filter(of_other).collect();
        // In the kernel's order, to which each event's lead then fits.
        let coded = |event: &SourceEvent| plan.code_events(&raw(&[known(event)], true), 1);
        of_others.sort_by_cached_key(|event| {
            let one = coded(event);
            (one.at[0], one.recorded_at[0], one.kind[0], one.channel[0], one.value[0].to_bits())
        });
        let owners: Vec<u32> = of_others.iter().map(|event| 7 - event.lead).collect();
        (plan.code_events(&raw(&of_others.into_iter().map(known).collect::<Vec<_>>(), true), 1), owners)
    });
    let own = plan.code_events(&raw(events, recorded), N_LEADS);
    let prepared = plan.prepare_table(leads).unwrap();
    let (lead, mut row) = (lead as usize, vec![0.0; plan.features().len()]);
    let account = others.as_ref().map(|(others, owners)| AccountEvents::from(others.lead(0)).of_leads(owners));
    let (prepared, created) = (prepared.row(lead), leads.created(lead));
    plan.row_with_account(prepared, created, &History::default(), own.lead(lead), account, as_of, &mut Scratch::default(), &mut row);
    row
}

fn assert_rows(plan: &FeaturePlan, matrix: &FeatureMatrix, expected: impl Fn(usize) -> Vec<f32>) -> Result<(), TestCaseError> {
    for r in 0..matrix.n_rows {
        for ((feature, value), expected) in plan.features().iter().zip(matrix.row(r)).zip(expected(r)) {
            prop_assert!(same(*value, expected), "{} of row {r}: {value}, by definition {expected}", feature.name);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_table_gives_each_lead_the_events_of_the_others_of_its_account(
        events in events(80), as_of in instant(), reads in reads(), recorded in any::<bool>(),
        accounts in prop::collection::vec(prop::option::weighted(0.8, 0_u32..2), N_LEADS),
    ) {
        let plan = fit(&raw(&events, recorded), reads);
        let leads = leads_of(&accounts);
        let (prepared, source) = (plan.prepare_table(&leads).unwrap(), raw(&events, recorded));
        let rows: Vec<(u32, i64)> = (0..N_LEADS as u32).map(|lead| (lead, as_of)).collect();
        let expected: Vec<Vec<f32>> = rows.iter().map(|&at| row(&plan, &leads, &events, recorded, at)).collect();
        let table = plan.lead_events(&source, &leads);
        prop_assert!(table.accounts.is_some());
        assert_rows(&plan, &plan.matrix(&leads, &prepared, &table, &rows, Some(1)), |r| expected[r].clone())?;
        // The same when the accounts must be made on the way, and straight from the source.
        let plain = plan.code_events(&source, N_LEADS);
        assert_rows(&plan, &plan.matrix(&leads, &prepared, &plain, &rows, Some(2)), |r| expected[r].clone())?;
        let straight = plan.lead_matrix(&leads, &prepared, &source, &[as_of; N_LEADS], Some(2));
        assert_rows(&plan, &straight, |r| expected[r].clone())?;
    }

    #[test]
    fn delays_and_answers_of_an_account_equal_their_definition_to_the_bit(
        events in events(90), as_of in instant(), reads in reads(), recorded in any::<bool>(),
        accounts in prop::collection::vec(prop::option::weighted(0.9, Just(0_u32)), N_LEADS),
    ) {
        let plan = fit(&raw(&events, recorded), reads);
        let leads = leads_of(&accounts);
        let (prepared, table) = (plan.prepare_table(&leads).unwrap(), plan.lead_events(&raw(&events, recorded), &leads));
        let rows: Vec<(u32, i64)> = (0..N_LEADS as u32).map(|lead| (lead, as_of)).collect();
        let matrix = plan.matrix(&leads, &prepared, &table, &rows, Some(1));
        let told = OF_ANSWERS.iter().filter_map(|measure| {
            Some((*measure, plan.features().iter().position(|feature| feature.name == format!("account.{measure}"))?))
        });
        let told: Vec<(&str, usize)> = told.collect();
        prop_assert_eq!(told.len(), if reads == Reads::Parties { 6 } else { 1 });
        for lead in 0..N_LEADS {
            let others = (0..N_LEADS).filter(|&other| other != lead && accounts[other].is_some());
            let others: Vec<(u32, Option<i64>)> = others.map(|other| (other as u32, leads.created(other))).collect();
            for &(measure, place) in &told {
                let expected = match accounts[lead] {
                    Some(_) => reference::of_account(&plan, &events, reads, recorded, &others, (leads.created(lead), as_of), measure),
                    None => f32::NAN,
                };
                let value = matrix.row(lead)[place];
                prop_assert!(same(value, expected), "{measure} of lead {lead}: {value}, by definition {expected}");
            }
        }
    }

    #[test]
    fn no_event_of_the_account_that_is_not_known_yet_can_change_a_row(events in events(80), as_of in instant(), reads in reads()) {
        let plan = fit(&raw(&events, true), reads);
        let leads = leads_of(&[Some(0); N_LEADS]);
        let prepared = plan.prepare_table(&leads).unwrap();
        let rows: Vec<(u32, i64)> = (0..N_LEADS as u32).map(|lead| (lead, as_of)).collect();
        let there = |lead: u32| leads.created(lead as usize).is_none_or(|created| created <= as_of);
        let past: Vec<SourceEvent> =
            events.iter().filter(|event| event.at <= as_of && event.recorded_at <= as_of && there(event.lead)).copied().collect();
        let matrix = |events: &[SourceEvent]| plan.matrix(&leads, &prepared, &plan.lead_events(&raw(events, true), &leads), &rows, Some(1));
        let expected = matrix(&past);
        assert_rows(&plan, &matrix(&events), |r| expected.row(r).to_vec())?;
    }
}

fn visit(lead: u32, at: i64) -> SourceEvent {
    SourceEvent { lead, at, recorded_at: at, kind: 3, channel: None, value: 1.0 }
}

fn value(plan: &FeaturePlan, row: &[f32], name: &str) -> f32 {
    row[plan.features().iter().position(|feature| feature.name == name).unwrap_or_else(|| panic!("no feature {name}"))]
}

#[test]
fn alone_in_an_account_nothing_has_happened_and_without_an_account_nothing_is_known() {
    let events = [visit(0, START + DAY), visit(1, START + DAY)];
    let plan = fit(&raw(&events, true), Reads::All);
    let leads = leads_of(&[Some(0), Some(1), None, None]);
    let rows: Vec<(u32, i64)> = (0..3).map(|lead| (lead, START + 400 * DAY)).collect();
    let prepared = plan.prepare_table(&leads).unwrap();
    let matrix = plan.matrix(&leads, &prepared, &plan.lead_events(&raw(&events, true), &leads), &rows, None);
    assert_eq!(value(&plan, matrix.row(0), "account.count.ever"), 0.0);
    assert_eq!(value(&plan, matrix.row(1), "account.count.ever"), 0.0);
    assert!(value(&plan, matrix.row(2), "account.count.ever").is_nan());
}

#[test]
fn an_event_before_its_leads_creation_counts_for_the_account_from_that_creation_on() {
    // Lead 1 is created on day 90, and was seen on day 50.
    let events = [visit(1, START + 50 * DAY)];
    let plan = fit(&raw(&events, true), Reads::All);
    let leads = leads_of(&[Some(0); N_LEADS]);
    let prepared = plan.prepare_table(&leads).unwrap();
    for recorded in [true, false] {
        let table = plan.lead_events(&raw(&events, recorded), &leads);
        let matrix = plan.matrix(&leads, &prepared, &table, &[(0, START + 60 * DAY), (0, START + 91 * DAY)], None);
        assert_eq!(value(&plan, matrix.row(0), "account.count.ever"), 0.0);
        assert_eq!(value(&plan, matrix.row(1), "account.count.ever"), 1.0);
        assert_eq!(value(&plan, matrix.row(1), "account.since_first"), 41.0);
    }
}

#[test]
fn of_more_events_than_are_read_the_newest_that_are_seen_count() {
    let late = SourceEvent { recorded_at: START + 900 * DAY, ..visit(1, START + 199 * DAY) };
    let mut events: Vec<SourceEvent> = (0..1500).map(|i| visit(1 + i as u32 % 2, START + i * DAY / 8)).collect();
    events.extend([late; 700]);
    events.extend([visit(0, START + 199 * DAY); 700]);
    let plan = fit(&raw(&events, true), Reads::All);
    let leads = leads_of(&[Some(0); N_LEADS]);
    let prepared = plan.prepare_table(&leads).unwrap();
    let (as_of, newest) = (START + 200 * DAY, &events[1500 - 1024..1500]);
    let of = |events: &[SourceEvent]| plan.matrix(&leads, &prepared, &plan.lead_events(&raw(events, true), &leads), &[(0, as_of)], None);
    let matrix = of(&events);
    assert_eq!(value(&plan, matrix.row(0), "account.count.ever"), 1024.0);
    assert_eq!(value(&plan, matrix.row(0), "events.count.ever"), 700.0);
    let of_newest = of(newest);
    let account = |name: &str| name.starts_with("account.");
    for (i, feature) in plan.features().iter().enumerate().filter(|(_, feature)| account(&feature.name)) {
        assert!(same(matrix.row(0)[i], of_newest.row(0)[i]), "{}", feature.name);
    }
    // Given for the one lead, they are cut in the same place.
    let (given, mut row) = (row(&plan, &leads, &events, true, (0, as_of)), 0..);
    assert!(given.iter().all(|value| row.next().is_some_and(|i: usize| same(*value, matrix.row(0)[i]))));
}

#[test]
fn where_the_newest_events_begin_among_equal_ones_it_is_of_no_concern_which_lead_is_which() {
    let (calls, hour) = (START + 190 * DAY, DAY / 24);
    let event = |lead: u32, kind: usize, at: i64| SourceEvent { kind, ..visit(lead, at) };
    // Sales call both other leads at the same moment, and one of them answers. The newest 1,024 begin with the second of two calls.
    let answers_of = |who: u32| {
        let of_hour = |i: i64| {
            let at = calls + i * hour;
            [event(1, 1, at), event(2, 1, at), event(who, 3, at + (1 + i % 7) * hour / 10)]
        };
        let mut events: Vec<SourceEvent> = (0..700).flat_map(of_hour).collect();
        events.extend([event(who, 3, calls + 800 * hour), event(who, 3, calls + 801 * hour)]);
        let plan = fit(&raw(&events, true), Reads::Parties);
        let leads = leads_of(&[Some(0); N_LEADS]);
        let prepared = plan.prepare_table(&leads).unwrap();
        let matrix = plan.matrix(&leads, &prepared, &plan.lead_events(&raw(&events, true), &leads), &[(0, START + 400 * DAY)], None);
        ["lead.mean", "lead.last", "sales.mean", "sales.last"]
            .map(|measure| value(&plan, matrix.row(0), &format!("account.response.{measure}")))
    };
    let answers = answers_of(1);
    assert!(answers.iter().all(|value| value.is_finite()), "{answers:?}");
    assert_eq!(answers, answers_of(2));
}

#[test]
fn a_table_of_many_accounts_holds_the_events_of_all_that_have_two_leads() {
    let n: u32 = 3000;
    let mut state = 1_u64;
    let mut below = |n: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % n
    };
    let events: Vec<SourceEvent> = (0..200_000).map(|_| visit(below(n.into()) as u32, START + below(200) as i64 * DAY)).collect();
    let plan = fit(&raw(&events, true), Reads::All);
    let mut many = LeadTable { ids: (0..n).map(|i| i.to_string()).collect(), ..LeadTable::default() };
    let codes: Vec<u32> = (0..n).map(|_| below(900) as u32).map(|code| if code < 30 { u32::MAX } else { code }).collect();
    many.account = Some(TextColumn { words: (0..900).map(|i| i.to_string()).collect(), codes: codes.clone() });
    let table = plan.lead_events(&raw(&events, true), &many);
    let accounts: &AccountTable = table.accounts.as_ref().unwrap();
    for lead in 0..n {
        let others = accounts.others(lead as usize);
        assert_eq!(others.is_some(), codes[lead as usize] != u32::MAX);
        let of_account = |other: &u32| codes[*other as usize] == codes[lead as usize];
        let size: usize = (0..n).filter(of_account).count();
        let held: usize = (0..n).filter(of_account).map(|other| table.lead(other as usize).at.len()).sum();
        if let Some(others) = others {
            assert_eq!(others.events.at.len(), if size > 1 { held } else { 0 });
            assert!(others.events.at.is_sorted());
        }
    }
}

#[test]
fn the_features_are_made_when_asked_for_and_need_the_account_in_the_schema() {
    let named = super::world::schema();
    let settings = FeatureSettings::default();
    let asked = settings.clone().families([FeatureFamily::Counts, FeatureFamily::Account]);
    let fit = |schema: &crate::Schema, settings: &FeatureSettings| FeaturePlan::fit(schema, &leads(), &raw(&[], true), settings);
    assert!(!fit(&named, &settings).unwrap().needs_account());
    let plan = fit(&named, &asked).unwrap();
    let names: Vec<&str> =
        plan.features().iter().map(|feature| feature.name.as_str()).filter(|name| name.starts_with("account.")).collect();
    assert_eq!(names, ["1d", "7d", "30d", "90d", "ever"].map(|window| format!("account.count.{window}")));
    assert!(plan.needs_account());
    // Of single kinds when asked of them.
    let of_kinds = settings.families([FeatureFamily::Counts]).kind_families([FeatureFamily::Recency, FeatureFamily::Account]);
    let plan = FeaturePlan::fit(&named, &leads(), &raw(&[visit(1, START); 3], true), &of_kinds.clone().min_category_leads(1)).unwrap();
    let names: Vec<&str> =
        plan.features().iter().map(|feature| feature.name.as_str()).filter(|name| name.starts_with("account.")).collect();
    assert_eq!(names, ["account.web_visit.recency"]);
    let nameless = crate::Schema { account: None, ..named.clone() };
    let excluded = crate::Schema { exclude: ["company".to_owned()].into(), ..named };
    for schema in [nameless, excluded] {
        for (settings, name) in [(&asked, "families"), (&of_kinds, "kind_families")] {
            let error = fit(&schema, settings).unwrap_err().to_string();
            assert!(error.starts_with(&format!("features.{name} has \"account\", and the schema does not say")), "{error}");
        }
    }
}

#[test]
fn leads_that_are_taken_out_keep_their_accounts() {
    let some = leads_of(&[Some(1), None, Some(0), Some(1)]).take(&[3, 1, 2]);
    assert_eq!((0..3).map(|row| some.account.as_ref().unwrap().word(row)).collect::<Vec<_>>(), [Some("globex"), None, Some("acme")]);
}

/// Calls by sales and visits by a lead, of leads that all have one account, on whole days.
fn answers(events: &[(u32, &str, i64)]) -> (FeaturePlan, LeadTable, RawEvents) {
    let kind = |name: &str| super::world::KINDS.iter().position(|kind| *kind == name).unwrap();
    let event = |&(lead, name, day): &(u32, &str, i64)| SourceEvent { kind: kind(name), ..visit(lead, START + day * DAY) };
    let source = raw(&events.iter().map(event).collect::<Vec<_>>(), true);
    (fit(&source, Reads::Parties), leads_of(&[Some(0); N_LEADS]), source)
}

#[test]
fn sales_answer_each_lead_of_an_account_in_its_own_stream() {
    // Lead 1 waits 4 days and lead 3 waits 1; the call to lead 3 is no answer to lead 1.
    let events =
        [(1, "web visit", 100), (3, "web visit", 101), (3, "call", 102), (1, "call", 104), (1, "web visit", 110), (0, "call", 101)];
    let (plan, leads, source) = answers(&events);
    let prepared = plan.prepare_table(&leads).unwrap();
    let table = plan.lead_events(&source, &leads);
    let matrix = plan.matrix(&leads, &prepared, &table, &[(0, START + 120 * DAY), (0, START + 103 * DAY)], None);
    for (name, later, earlier) in [
        ("account.response.sales.mean", 2.5, 1.0),
        ("account.response.sales.last", 4.0, 1.0),
        ("account.response.lead.mean", 6.0, f32::NAN),
        ("account.response.lead.last", 6.0, f32::NAN),
        ("account.response.first_contact", 102.0, 102.0),
        ("account.first_delay", 100.0, 100.0),
    ] {
        assert!(same(value(&plan, matrix.row(0), name), later), "{name}: {}", value(&plan, matrix.row(0), name));
        assert!(same(value(&plan, matrix.row(1), name), earlier), "{name}: {}", value(&plan, matrix.row(1), name));
    }
}

#[test]
fn where_an_event_does_not_say_whose_it_is_answers_are_unknown_and_all_else_is_as_ever() {
    let (plan, leads, source) = answers(&[(1, "web visit", 100), (3, "call", 102), (1, "call", 104)]);
    let table = plan.lead_events(&source, &leads);
    let given = table.accounts.as_ref().and_then(|accounts| accounts.others(0)).unwrap();
    let row = |account: AccountEvents<'_>| {
        let (mut scratch, mut row) = (Scratch::default(), vec![0.0; plan.features().len()]);
        let (created, as_of) = (leads.created(0), START + 120 * DAY);
        plan.row_with_account(&[], created, &History::default(), table.lead(0), Some(account), as_of, &mut scratch, &mut row);
        row
    };
    let named = row(AccountEvents::from(given.events).of_leads(&[1, 3, 1]));
    assert_eq!(value(&plan, &named, "account.response.sales.mean"), 4.0);
    for unnamed in [AccountEvents::from(given.events), AccountEvents::from(given.events).of_leads(&[1, UNNAMED, 1])] {
        let unnamed = row(unnamed);
        for (feature, (with, without)) in plan.features().iter().zip(named.iter().zip(&unnamed)) {
            let is_lag = feature.name.starts_with("account.response.") && feature.name != "account.response.first_contact";
            assert!(same(*without, if is_lag { f32::NAN } else { *with }), "{}", feature.name);
        }
    }
}

#[test]
fn of_more_events_than_are_read_answers_are_those_of_the_newest_whatever_else_is_asked() {
    let visits_and_calls = |i: u32| (1 + i / 2 % 2, if i.is_multiple_of(3) { "call" } else { "web visit" }, i64::from(i / 10));
    let events: Vec<(u32, &str, i64)> = (0..1500).map(visits_and_calls).collect();
    let (plan, leads, source) = answers(&events);
    let rows = [(0, START + 200 * DAY)];
    let of = |plan: &FeaturePlan, source: &RawEvents| {
        plan.matrix(&leads, &plan.prepare_table(&leads).unwrap(), &plan.lead_events(source, &leads), &rows, None)
    };
    let all = of(&plan, &source);
    // Of one day all are alike but for their leads: the newest are those of whole days, and some of the day before.
    let (_, _, newest) = answers(&events[1500 - 1020..]);
    let (_, _, more) = answers(&events[1500 - 1030..]);
    let told = |matrix: &FeatureMatrix| value(&plan, matrix.row(0), "account.response.first_contact");
    assert!((told(&of(&plan, &more))..=told(&of(&plan, &newest))).contains(&told(&all)) && told(&all) > 40.0, "{}", told(&all));
    // Calls are no features of their own here, and do not take the place of those that are.
    assert_eq!(value(&plan, all.row(0), "account.count.ever"), 1000.0);
    let mut answers_alone = plan.clone();
    answers_alone.retain(&plan.features().iter().map(|feature| feature.name.starts_with("account.response")).collect::<Vec<_>>());
    assert!(answers_alone.features().len() == 5 && answers_alone.needs_account_answers());
    for (feature, value_alone) in answers_alone.features().iter().zip(of(&answers_alone, &source).row(0)) {
        assert!(same(*value_alone, value(&plan, all.row(0), &feature.name)), "{}", feature.name);
    }
    let mut counts_alone = plan.clone();
    counts_alone.retain(&plan.features().iter().map(|feature| feature.name == "account.count.ever").collect::<Vec<_>>());
    assert!(!counts_alone.needs_account_answers());
    assert_eq!(of(&counts_alone, &source).row(0), [1000.0]);
}
