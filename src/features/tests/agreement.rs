//! The kernel against the reference, against the future, and against the number of threads.

use std::ops::Range;

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::reference;
use super::world::{N_LEADS, SourceEvent, event, events, fit, instant, leads, raw, reads, same};
use crate::features::{AccountEvents, Events, FeatureMatrix, FeaturePlan, History, Scratch};

/// The matrix in both ways: of ordered events, and straight from the source.
fn matrix(plan: &FeaturePlan, events: &[SourceEvent], recorded: bool, rows: &[(u32, i64)], threads: usize) -> FeatureMatrix {
    let leads = leads();
    let prepared = plan.prepare_table(&leads).unwrap();
    let raw = raw(events, recorded);
    let matrix = plan.matrix(&leads, &prepared, &plan.code_events(&raw, N_LEADS), rows, Some(threads));
    if rows.iter().map(|&(lead, _)| lead).eq(0..N_LEADS as u32) {
        let as_of: Vec<i64> = rows.iter().map(|&(_, as_of)| as_of).collect();
        let straight = plan.lead_matrix(&leads, &prepared, &raw, &as_of, Some(threads));
        assert!(straight.values.iter().zip(&matrix.values).all(|(a, b)| same(*a, *b)));
        let columns = plan.lead_columns(&leads, &prepared, &raw, &as_of, Some(threads));
        assert_eq!(columns.len(), matrix.features.len());
        for (column, turned) in columns.iter().zip(matrix.columns()) {
            assert!(column.len() == turned.len() && column.iter().zip(&turned).all(|(a, b)| same(*a, *b)));
        }
    }
    matrix
}

fn rows(as_of: i64) -> Vec<(u32, i64)> {
    (0..N_LEADS as u32).map(|lead| (lead, as_of)).collect()
}

fn assert_same(a: &FeatureMatrix, b: &FeatureMatrix) -> Result<(), TestCaseError> {
    for (i, (x, y)) in a.values.iter().zip(&b.values).enumerate() {
        let name = &a.features[i % a.features.len()].name;
        prop_assert!(same(*x, *y), "row {}, {name}: {x} and {y}", i / a.features.len());
    }
    Ok(())
}

proptest! {
    #[test]
    fn every_feature_equals_its_definition_to_the_bit(
        events in events(60), as_of in instant(), reads in reads(), recorded in any::<bool>(),
    ) {
        let plan = fit(&raw(&events, recorded), reads);
        let rows = rows(as_of);
        let matrix = matrix(&plan, &events, recorded, &rows, 1);
        for (r, &row) in rows.iter().enumerate() {
            for (feature, &value) in plan.features().iter().zip(matrix.row(r)) {
                let expected = reference::feature(&plan, &leads(), &events, reads, recorded, row, &feature.name);
                prop_assert!(same(value, expected), "{} of lead {r}: {value}, by definition {expected}", feature.name);
            }
        }
    }

    #[test]
    fn processors_without_wide_vectors_keep_the_same(
        events in events(60), as_of in instant(), reads in reads(), older in any::<prop::sample::Index>(),
    ) {
        let raw = raw(&events, true);
        let plan = fit(&raw, reads);
        let table = plan.code_events(&raw, N_LEADS);
        let Events { at, recorded_at, kind, channel, value } = table.lead(0);
        let part = |places: Range<usize>| Events {
            at: &at[places.clone()],
            recorded_at: &recorded_at[places.clone()],
            kind: &kind[places.clone()],
            channel: &channel[places.clone()],
            value: &value[places],
        };
        let older = older.index(at.len() + 1);
        let mut history = History::default();
        history.fold(&plan, part(0..older));
        prop_assert!(Scratch::passes_agree(&plan, &history, part(older..at.len()), AccountEvents::from(table.lead(1)), as_of));
    }

    #[test]
    fn nothing_after_as_of_or_recorded_after_it_can_change_a_row(
        events in events(60), others in events(40), as_of in instant(), reads in reads(),
    ) {
        let plan = fit(&raw(&events, true), reads);
        let visible = |event: &SourceEvent| event.at <= as_of && event.recorded_at <= as_of;
        let past: Vec<SourceEvent> = events.iter().filter(|event| visible(event)).copied().collect();
        let expected = matrix(&plan, &past, true, &rows(as_of), 1);
        // The future as it came, and another future in its place.
        assert_same(&expected, &matrix(&plan, &events, true, &rows(as_of), 1))?;
        let mut otherwise = past;
        otherwise.extend(others.iter().map(|event| {
            let shift = if event.at % 2 == 0 { (as_of + 1 - event.at).max(0) } else { 0 };
            let at = event.at + shift;
            SourceEvent { at, recorded_at: event.recorded_at.max(as_of + 1).max(at), ..*event }
        }));
        assert_same(&expected, &matrix(&plan, &otherwise, true, &rows(as_of), 1))?;
    }

    #[test]
    fn the_order_of_the_source_does_not_matter(
        (ordered, shuffled) in events(60).prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())), as_of in instant(),
    ) {
        let plan = fit(&raw(&ordered, true), super::world::Reads::All);
        prop_assert_eq!(&plan, &fit(&raw(&shuffled, true), super::world::Reads::All));
        assert_same(&matrix(&plan, &ordered, true, &rows(as_of), 1), &matrix(&plan, &shuffled, true, &rows(as_of), 1))?;
    }

    #[test]
    fn the_account_is_measured_as_a_lead_of_all_its_events_would_be(events in events(60), as_of in instant(), reads in reads()) {
        let plan = fit(&raw(&events, true), reads);
        let table = plan.code_events(&raw(&events, true), N_LEADS);
        let (nothing, mut scratch) = (History::default(), Scratch::default());
        let (mut with, mut alone) = (vec![0.0; plan.features().len()], vec![0.0; plan.features().len()]);
        let (owners, created) = (vec![5; table.len()], leads().created(1));
        let account = AccountEvents::from(table.lead(1)).of_leads(&owners);
        plan.row_with_account(&[], created, &nothing, table.lead(0), Some(account), as_of, &mut scratch, &mut with);
        plan.row(&[], created, &nothing, table.lead(1), as_of, &mut scratch, &mut alone);
        let place = |name: &str| plan.features().iter().position(|feature| feature.name == name);
        let mut found = 0;
        for (feature, value) in plan.features().iter().zip(&with) {
            if let Some(measure) = feature.name.strip_prefix("account.") {
                let own = place(&format!("events.{measure}")).or_else(|| place(measure)).unwrap();
                let is_there = created.is_none_or(|created| created <= as_of);
                // Of a lead that is not there yet nothing is known, not even that nothing happened.
                prop_assert!(if is_there { same(*value, alone[own]) } else { value.is_nan() }, "{}", feature.name);
                found += 1;
            }
        }
        // Every feature of events has its like.
        let likes = plan.features().iter().filter(|feature| {
            let name = feature.name.as_str();
            ["events.", "contact.", "intent.", "response."].iter().any(|word| name.starts_with(word))
                || plan.kinds().any(|kind| name.starts_with(&format!("{}.", kind.replace(' ', "_"))))
        });
        prop_assert_eq!(found, likes.count());
        // The lead's own features are as they were, and without an account its features are unknown.
        plan.row(&[], created, &nothing, table.lead(0), as_of, &mut scratch, &mut alone);
        for ((feature, with), alone) in plan.features().iter().zip(&with).zip(&alone) {
            let expected = if feature.name.starts_with("account.") { f32::NAN } else { *with };
            prop_assert!(same(expected, *alone), "{}", feature.name);
        }
    }

    #[test]
    fn dropped_features_leave_the_others_as_they_were(
        events in events(60), as_of in instant(), reads in reads(), keep in prop::collection::vec(prop::bool::weighted(0.3), 1500),
    ) {
        let plan = fit(&raw(&events, true), reads);
        let full = matrix(&plan, &events, true, &rows(as_of), 1);
        let mut pruned = plan.clone();
        pruned.retain(&keep);
        let kept: Vec<usize> = (0..plan.features().len()).filter(|&i| keep[i]).collect();
        let matrix = matrix(&pruned, &events, true, &rows(as_of), 1);
        prop_assert_eq!(pruned.features().len(), kept.len());
        for r in 0..N_LEADS {
            for (new, &old) in kept.iter().enumerate() {
                prop_assert_eq!(&pruned.features()[new].name, &plan.features()[old].name);
                prop_assert!(same(matrix.row(r)[new], full.row(r)[old]), "{}", plan.features()[old].name);
            }
        }
        prop_assert!(pruned.validate().is_ok());
    }

    #[test]
    fn every_value_is_finite_or_unknown(mut events in events(30), huge in event(), as_of in instant()) {
        events.extend([SourceEvent { value: f32::MAX, ..huge }; 3]);
        let plan = fit(&raw(&events, true), super::world::Reads::All);
        prop_assert!(matrix(&plan, &events, true, &rows(as_of), 1).values.iter().all(|value| !value.is_infinite()));
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let (mut runner, strategy) = (proptest::test_runner::TestRunner::deterministic(), events(400));
    let events = strategy.new_tree(&mut runner).unwrap().current();
    let plan = fit(&raw(&events, true), super::world::Reads::All);
    let rows: Vec<(u32, i64)> =
        (0..1500).map(|i| (i % N_LEADS as u32, super::world::START + i64::from(i) * super::world::DAY / 8)).collect();
    let one = matrix(&plan, &events, true, &rows, 1);
    for threads in [2, 3, 8] {
        assert_same(&one, &matrix(&plan, &events, true, &rows, threads)).unwrap();
    }
}

#[test]
fn a_lead_without_events_has_counts_of_zero_and_unknown_recencies() {
    let (mut runner, strategy) = (proptest::test_runner::TestRunner::deterministic(), events(400));
    let events = strategy.new_tree(&mut runner).unwrap().current();
    let plan = fit(&raw(&events, true), super::world::Reads::All);
    let matrix = matrix(&plan, &[], true, &rows(super::world::START + 300 * super::world::DAY), 1);
    for (feature, &value) in plan.features().iter().zip(matrix.row(0)) {
        let name = feature.name.as_str();
        if name.starts_with("account.") {
            // Not given, so not known.
            assert!(value.is_nan(), "{name}");
        } else if name.contains(".count.") || name.contains(".sum.") || name.contains("active_days") || name.contains("decayed") {
            assert_eq!(value, 0.0, "{name}");
        } else if name.ends_with(".recency") || name.starts_with("events.first") || name.starts_with("events.last") {
            assert!(value.is_nan(), "{name}");
        }
    }
}

#[test]
fn columns_that_break_their_contract_do_not_panic() {
    let plan = fit(&raw(&[], true), super::world::Reads::Pinned);
    let mut row = vec![0.0; plan.features().len() + 3];
    let events = Events {
        at: &[i64::MAX, 5, i64::MIN, 7, i64::MIN],
        recorded_at: &[0],
        kind: &[0, 1, 2, 900],
        channel: &[7, 8],
        value: &[f32::INFINITY, f32::MAX],
    };
    for as_of in [i64::MIN, 0, 6, i64::MAX] {
        let mut history = History::default();
        for _ in 0..2 {
            plan.row(&[1.0], Some(i64::MIN), &history, events, as_of, &mut Scratch::default(), &mut row);
            history.fold(&plan, events);
        }
    }
    plan.row(&[], None, &History::default(), events, 0, &mut Scratch::default(), &mut []);
}

#[test]
fn rows_of_leads_that_are_not_there_are_unknown_and_do_not_panic() {
    let plan = fit(&raw(&[], true), super::world::Reads::Pinned);
    let matrix = matrix(&plan, &[], true, &[(u32::MAX, i64::MIN), (9, i64::MAX)], 2);
    assert!(matrix.row(0)[0].is_nan());
}
