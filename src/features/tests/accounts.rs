//! The accounts of a table against their definition: of every row, the events of the other leads that have its account, put together anew.

use proptest::prelude::*;

use super::world::{DAY, N_LEADS, Reads, START, SourceEvent, events, fit, instant, leads, raw, reads, same};
use crate::features::{AccountTable, FeatureFamily, FeatureMatrix, FeaturePlan, FeatureSettings, History, LeadTable, Scratch, TextColumn};

fn leads_of(accounts: &[Option<u32>]) -> LeadTable {
    let words = ["acme", "globex"].map(str::to_owned).to_vec();
    let codes = accounts.iter().map(|account| account.unwrap_or(u32::MAX)).collect();
    LeadTable { account: Some(TextColumn { words, codes }), ..leads() }
}

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
        plan.code_events(&raw(&events.iter().filter(of_other).map(known).collect::<Vec<_>>(), true), 1)
    });
    let own = plan.code_events(&raw(events, recorded), N_LEADS);
    let prepared = plan.prepare_table(leads).unwrap();
    let (lead, mut row) = (lead as usize, vec![0.0; plan.features().len()]);
    let account = others.as_ref().map(|others| others.lead(0).into());
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
    fn no_event_of_the_account_that_is_not_known_yet_can_change_a_row(events in events(80), as_of in instant()) {
        let plan = fit(&raw(&events, true), Reads::All);
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
