//! The incremental state and the history against one slice with all events.

use proptest::prelude::*;

use super::world::{DAY, N_LEADS, Reads, START, SourceEvent, events, fit, instant, leads, raw, reads, same};
use crate::features::{Engagement, EngagementError, EventTable, Events, FeaturePlan, History, Scratch};

fn all_of_one_lead(events: &mut [SourceEvent]) {
    events.iter_mut().for_each(|event| event.lead = 1);
}

fn part(table: &EventTable, range: std::ops::Range<usize>) -> Events<'_> {
    Events {
        at: &table.at[range.clone()],
        recorded_at: &table.recorded_at[range.clone()],
        kind: &table.kind[range.clone()],
        channel: &table.channel[range.clone()],
        value: &table.value[range],
    }
}

fn batch(plan: &FeaturePlan, history: &History, events: Events<'_>, as_of: i64) -> Vec<f32> {
    let mut row = vec![0.0; plan.features().len()];
    plan.row(prepared(plan).row(1), leads().created(1), history, events, as_of, &mut Scratch::default(), &mut row);
    row
}

fn prepared(plan: &FeaturePlan) -> crate::features::PreparedLeads {
    plan.prepare_table(&leads()).unwrap()
}

fn assert_same(plan: &FeaturePlan, a: &[f32], b: &[f32]) -> Result<(), TestCaseError> {
    for ((feature, x), y) in plan.features().iter().zip(a).zip(b) {
        prop_assert!(same(*x, *y), "{}: {x} and {y}", feature.name);
    }
    Ok(())
}

fn coded(plan: &FeaturePlan, event: &SourceEvent) -> crate::features::CodedEvent {
    plan.code_event(event.at, Some(event.recorded_at), event.kind_word(), event.channel_word(), Some(event.value))
}

proptest! {
    // Each case scores after every event.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_history_split_off_anywhere_before_the_windows_gives_the_same_bits(
        mut events in events(60), reads in reads(), later in 0_i64..60,
    ) {
        all_of_one_lead(&mut events);
        let plan = fit(&raw(&events, true), reads);
        let table = plan.code_events(&raw(&events, true), N_LEADS);
        let as_of = START + 215 * DAY + later * DAY / 2;
        let whole = batch(&plan, &History::default(), part(&table, 0..table.len()), as_of);
        for split in (0..=table.len()).take_while(|&n| n == 0 || table.at[n - 1] <= as_of - 90 * DAY) {
            let mut history = History::default();
            // In two steps, for a fold goes on where it stopped.
            history.fold(&plan, part(&table, 0..split / 2));
            history.fold(&plan, part(&table, split / 2..split));
            assert_same(&plan, &whole, &batch(&plan, &history, part(&table, split..table.len()), as_of))?;
        }
    }

    #[test]
    fn an_engagement_gives_the_bits_of_the_batch_at_every_step(
        mut events in events(50), reads in reads(), as_ofs in prop::collection::vec(instant(), 3), in_order in any::<bool>(),
    ) {
        all_of_one_lead(&mut events);
        let plan = fit(&raw(&events, true), reads);
        if in_order {
            // As a service would hear of them.
            events.sort_by_key(|event| event.recorded_at);
        }
        let mut state = Engagement::new(&plan);
        let mut taken = Vec::new();
        for event in &events {
            match state.push(&plan, coded(&plan, event)) {
                Ok(()) => taken.push(*event),
                Err(error) => prop_assert!(matches!(error, EngagementError::TooLate { .. }), "{error}"),
            }
            state = rmp_serde::from_slice(&rmp_serde::to_vec(&state).unwrap()).unwrap();
            state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
            let table = plan.code_events(&raw(&taken, true), N_LEADS);
            for &as_of in as_ofs.iter().chain([&(START + 240 * DAY), &event.recorded_at]) {
                let mut row = vec![0.0; plan.features().len()];
                match state.row(&plan, prepared(&plan).row(1), leads().created(1), as_of, &mut Scratch::default(), &mut row) {
                    Ok(()) => assert_same(&plan, &batch(&plan, &History::default(), table.lead(1), as_of), &row)?,
                    Err(_) => prop_assert!(as_of < state.answers_from(&plan)),
                }
            }
            let newest = taken.iter().map(|event| event.at).max().unwrap_or(i64::MIN);
            prop_assert!(state.answers_from(&plan) <= newest, "the present can always be asked for");
        }
    }

    #[test]
    fn a_pruned_plan_folds_to_the_same_bits_too(
        mut events in events(50), reads in reads(), keep in prop::collection::vec(prop::bool::weighted(0.2), 600),
    ) {
        all_of_one_lead(&mut events);
        let mut plan = fit(&raw(&events, true), reads);
        plan.retain(&keep);
        let table = plan.code_events(&raw(&events, true), N_LEADS);
        let mut state = Engagement::from_events(&plan, table.lead(1));
        let as_of = START + 230 * DAY;
        state.advance(&plan, as_of).unwrap();
        let mut row = vec![0.0; plan.features().len()];
        state.row(&plan, prepared(&plan).row(1), leads().created(1), as_of, &mut Scratch::default(), &mut row).unwrap();
        assert_same(&plan, &batch(&plan, &History::default(), table.lead(1), as_of), &row)?;
    }
}

#[test]
fn a_used_scratch_leaves_no_trace() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let call = |day: i64| plan.code_event(START + day * DAY, None, "call", Some("web"), Some(2.0));
    let mut state = Engagement::new(&plan);
    state.push(&plan, call(1)).unwrap();
    let (mut scratch, mut first, mut again) = (Scratch::default(), vec![0.0; plan.features().len()], vec![0.0; plan.features().len()]);
    state.row(&plan, &[], None, START + 3 * DAY, &mut scratch, &mut first).unwrap();
    plan.row(&[], None, &History::default(), Events::default(), START, &mut scratch, &mut again);
    state.row(&plan, &[], None, START + 3 * DAY, &mut scratch, &mut again).unwrap();
    assert!(first.iter().zip(&again).all(|(a, b)| same(*a, *b)));
}

#[test]
fn what_is_folded_is_out_of_reach_and_the_error_says_how_to_rebuild() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let call = |day: i64| plan.code_event(START + day * DAY, None, "call", None, None);
    let mut state = Engagement::new(&plan);
    for day in [0, 10, 95, 95, 95] {
        state.push(&plan, call(day)).unwrap();
    }
    assert_eq!(state.kept_events(), 4);
    let late = state.push(&plan, call(-1)).unwrap_err();
    assert_eq!(
        late.to_string(),
        "the event at 2019-04-13T00:00:00Z comes before events already folded, the last at 2019-04-14T00:00:00Z; \
         rebuild the state from all of the lead's events (Engagement::from_events)"
    );
    let mut row = vec![0.0; plan.features().len()];
    let early = state.row(&plan, &[], None, START + 89 * DAY, &mut Scratch::default(), &mut row).unwrap_err();
    assert_eq!(early, EngagementError::TooEarly { as_of: START + 89 * DAY, answers_from: START + 90 * DAY });
    assert!(state.row(&plan, &[], None, START + 90 * DAY, &mut Scratch::default(), &mut row).is_ok());
    state.advance(&plan, START + 400 * DAY).unwrap();
    assert_eq!(state.kept_events(), 0);
}

#[test]
fn an_event_is_folded_when_the_longest_window_has_just_left_it() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let mut state = Engagement::new(&plan);
    state.push(&plan, plan.code_event(START, None, "call", None, None)).unwrap();
    state.advance(&plan, START + 90 * DAY - 1).unwrap();
    assert_eq!(state.kept_events(), 1);
    state.advance(&plan, START + 90 * DAY).unwrap();
    assert_eq!((state.kept_events(), state.answers_from(&plan)), (0, START + 90 * DAY));
}

/// Ninety years ahead: a wrong clock.
const FAR: i64 = START + 33_000 * DAY;

/// The state's row as of a moment, which must be that of all events.
fn assert_answers_as_all(plan: &FeaturePlan, state: &Engagement, taken: &[SourceEvent], as_of: i64) -> Result<(), TestCaseError> {
    let mut row = vec![0.0; plan.features().len()];
    state.row(plan, prepared(plan).row(1), leads().created(1), as_of, &mut Scratch::default(), &mut row).unwrap();
    let table = plan.code_events(&raw(taken, true), N_LEADS);
    assert_same(plan, &batch(plan, &History::default(), table.lead(1), as_of), &row)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_event_far_ahead_keeps_no_true_event_out_and_changes_no_bit(
        mut events in events(50), reads in reads(), place in 0_usize..50, twice in any::<bool>(), happened in any::<bool>(),
    ) {
        all_of_one_lead(&mut events);
        events.sort_by_key(|event| (event.at, event.recorded_at));
        let plan = fit(&raw(&events, true), reads);
        let mut wrong = Engagement::new(&plan);
        let mut taken = Vec::new();
        for (i, event) in events.iter().enumerate() {
            if i == place.min(events.len() - 1) {
                // Said to happen, or only to become known, in ninety years.
                let ahead = SourceEvent { at: if happened { FAR } else { event.at }, recorded_at: FAR, ..*event };
                for _ in 0..=usize::from(twice) {
                    wrong.push(&plan, coded(&plan, &ahead)).unwrap();
                    taken.push(ahead);
                }
            }
            prop_assert!(wrong.push(&plan, coded(&plan, event)).is_ok(), "in order of time nothing is too late");
            taken.push(*event);
            prop_assert!(wrong.answers_from(&plan) <= event.at, "the present can always be asked for");
            assert_answers_as_all(&plan, &wrong, &taken, event.at)?;
            assert_answers_as_all(&plan, &wrong, &taken, event.recorded_at + DAY)?;
        }
        let came_first = wrong.clone();
        wrong = rmp_serde::from_slice(&rmp_serde::to_vec(&wrong).unwrap()).unwrap();
        prop_assert_eq!(&came_first, &wrong);
        assert_answers_as_all(&plan, &wrong, &taken, FAR + DAY)?;
    }

    #[test]
    fn by_a_clock_no_number_of_events_ahead_of_it_folds_another(
        mut events in events(40), reads in reads(), ahead in prop::collection::vec(prop::option::weighted(0.6, 0_i64..400), 40),
    ) {
        all_of_one_lead(&mut events);
        events.sort_by_key(|event| (event.recorded_at, event.at));
        let plan = fit(&raw(&events, true), reads);
        let (mut right, mut wrong) = (Engagement::new(&plan), Engagement::new(&plan));
        let mut taken = Vec::new();
        for (event, ahead) in events.iter().zip(&ahead) {
            let now = event.recorded_at.max(event.at);
            if let Some(days) = ahead {
                let ahead = SourceEvent { at: FAR + days * DAY, recorded_at: FAR + days * DAY, ..*event };
                wrong.push_by(&plan, coded(&plan, &ahead), now).unwrap();
                taken.push(ahead);
            }
            let pushed = wrong.push_by(&plan, coded(&plan, event), now);
            prop_assert_eq!(&pushed, &right.push_by(&plan, coded(&plan, event), now));
            taken.extend(pushed.is_ok().then_some(*event));
            prop_assert_eq!(wrong.answers_from(&plan), right.answers_from(&plan));
            if now >= wrong.answers_from(&plan) {
                assert_answers_as_all(&plan, &wrong, &taken, now)?;
            }
        }
        let table = plan.code_events(&raw(&taken, true), N_LEADS);
        let rebuilt = Engagement::from_events_by(&plan, table.lead(1), START + 240 * DAY);
        assert_answers_as_all(&plan, &rebuilt, &taken, START + 240 * DAY)?;
        assert_answers_as_all(&plan, &rebuilt, &taken, FAR + 500 * DAY)?;
    }
}

#[test]
fn a_state_is_the_same_made_of_all_events_at_once_in_any_order() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let events: Vec<SourceEvent> = (0..60_u32)
        .map(|i| SourceEvent {
            lead: 1,
            at: START + i64::from(i) * 5 * DAY,
            recorded_at: 0,
            kind: (i % 3) as usize,
            channel: None,
            value: 1.0,
        })
        .collect();
    let mut state = Engagement::new(&plan);
    events.iter().for_each(|event| state.push(&plan, coded(&plan, event)).unwrap());
    let table = plan.code_events(&raw(&events, true), N_LEADS);
    assert_eq!(Engagement::from_events(&plan, table.lead(1)), state);
    let backwards: Vec<usize> = (0..table.len()).rev().collect();
    let turned = |column: &[i64]| backwards.iter().map(|&i| column[i]).collect::<Vec<i64>>();
    let (at, recorded_at) = (turned(&table.at), turned(&table.recorded_at));
    let kind: Vec<u16> = backwards.iter().map(|&i| table.kind[i]).collect();
    let channel: Vec<u16> = backwards.iter().map(|&i| table.channel[i]).collect();
    let value: Vec<f32> = backwards.iter().map(|&i| table.value[i]).collect();
    let events = Events { at: &at, recorded_at: &recorded_at, kind: &kind, channel: &channel, value: &value };
    assert_eq!(Engagement::from_events(&plan, events), state);
}

#[test]
fn by_a_clock_memory_stays_flat_whatever_comes_from_ahead_of_it() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let mut state = Engagement::new(&plan);
    let mut taken = Vec::new();
    let mut largest = 0;
    for i in 0..6_000_i64 {
        // Every two hours: 90 days hold 1,080. Each third is said to happen, each sixth to become known, far in the future.
        let now = START + i * DAY / 12;
        let (at, recorded_at) = match i % 6 {
            0 | 3 => (FAR + (i * 7919 % 1000) * DAY, None),
            1 => (now, Some(FAR - DAY + i)),
            _ => (now, None),
        };
        let recorded_at = recorded_at.unwrap_or(at);
        let event = SourceEvent { lead: 1, at, recorded_at, kind: (i % 3) as usize, channel: None, value: 1.0 };
        state.push_by(&plan, coded(&plan, &event), now).unwrap();
        taken.push(event);
        largest = largest.max(state.kept_events());
        if i % 500 == 499 {
            assert_answers_as_all(&plan, &state, &taken, now).unwrap();
        }
    }
    // A window's true events, a thousand ahead, and those that wait for a thousand to be given up.
    assert!(largest < 1_080 + 2 * 1_024 + 10, "{largest}");
    assert!(state.answers_from(&plan) > START + 300 * DAY, "true events are folded all the time");
    assert_eq!(state.answers_before(), FAR - DAY + 1);
    let as_of = state.answers_before();
    let mut row = vec![0.0; plan.features().len()];
    let refused = state.row(&plan, &[], None, as_of, &mut Scratch::default(), &mut row).unwrap_err();
    assert_eq!(refused, EngagementError::TooFar { as_of, answers_before: as_of });
    assert!(refused.to_string().contains("has not kept all of the many events recorded ahead of the clock"), "{refused}");
    assert_answers_as_all(&plan, &state, &taken, as_of - 1).unwrap();
    // When the clock has come so far, all events anew are no trouble.
    let table = plan.code_events(&raw(&taken, true), N_LEADS);
    let rebuilt = Engagement::from_events_by(&plan, table.lead(1), FAR + 1000 * DAY);
    assert_answers_as_all(&plan, &rebuilt, &taken, FAR + 1000 * DAY).unwrap();
}

#[test]
fn a_state_stored_before_there_was_a_clock_opens() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let mut state = Engagement::new(&plan);
    for day in [0, 50, 200, 201, 202] {
        state.push(&plan, plan.code_event(START + day * DAY, None, "call", None, None)).unwrap();
    }
    let serde_json::Value::Object(mut fields) = serde_json::to_value(&state).unwrap() else { panic!("a map") };
    assert!(fields.remove("answers_before").is_some());
    assert_eq!(serde_json::from_value::<Engagement>(fields.into()).unwrap(), state);
    // Before there was a checksum either.
    let mut bytes = rmp_serde::to_vec(&state).unwrap();
    // MessagePack: an array of six fields, the last i64::MAX as 0xcf and eight bytes.
    assert_eq!((bytes[0], bytes[bytes.len() - 9]), (0x96, 0xcf));
    bytes.truncate(bytes.len() - 9);
    bytes[0] = 0x95;
    assert_eq!(Engagement::from_bytes(&plan, &bytes).unwrap(), state);
}

#[test]
fn an_event_pushed_twice_counts_twice_as_in_a_table() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let event = SourceEvent { lead: 1, at: START + 95 * DAY, recorded_at: START + 95 * DAY, kind: 0, channel: None, value: f32::NAN };
    let mut state = Engagement::new(&plan);
    state.push(&plan, coded(&plan, &event)).unwrap();
    state.push(&plan, coded(&plan, &event)).unwrap();
    let mut row = vec![0.0; plan.features().len()];
    state.row(&plan, prepared(&plan).row(1), leads().created(1), event.at, &mut Scratch::default(), &mut row).unwrap();
    let table = plan.code_events(&raw(&[event, event], true), N_LEADS);
    assert!(row.iter().zip(batch(&plan, &History::default(), table.lead(1), event.at)).all(|(a, b)| same(*a, b)));
    let count = plan.features().iter().position(|feature| feature.name == "demo_request.count.1d").unwrap();
    assert_eq!(row[count], 2.0);
}

#[test]
fn a_state_survives_its_bytes_and_other_bytes_are_refused() {
    let (plan, other) = (fit(&raw(&[], true), Reads::All), fit(&raw(&[], true), Reads::Pinned));
    let mut state = Engagement::new(&plan);
    for day in [0, 50, 200] {
        state.push(&plan, plan.code_event(START + day * DAY, None, "call", Some("web"), (day > 0).then_some(2.5))).unwrap();
    }
    let bytes = state.to_bytes().unwrap();
    assert_eq!(Engagement::from_bytes(&plan, &bytes).unwrap(), state);
    assert_eq!(Engagement::from_bytes(&other, &bytes), Err(EngagementError::OtherPlan));
    for bad in [&bytes[..bytes.len() / 2], b"", b"not a state"] {
        assert!(matches!(Engagement::from_bytes(&plan, bad), Err(EngagementError::Malformed { .. })));
    }
}

#[test]
fn a_state_of_another_plan_is_refused() {
    let (plan, other) = (fit(&raw(&[], true), Reads::Pinned), fit(&raw(&[], true), Reads::All));
    let mut state = Engagement::new(&plan);
    let event = other.code_event(START, None, "call", None, None);
    assert_eq!(state.push(&other, event), Err(EngagementError::OtherPlan));
    let mut row = vec![0.0; other.features().len()];
    assert_eq!(state.row(&other, &[], None, START, &mut Scratch::default(), &mut row), Err(EngagementError::OtherPlan));
}

#[test]
fn memory_stays_flat_over_a_million_pushes() {
    let plan = fit(&raw(&[], true), Reads::Parties);
    let mut state = Engagement::new(&plan);
    let mut largest = 0;
    for i in 0..1_000_000_i64 {
        // Every ten minutes, a few out of order: 90 days hold 12,960.
        let at = START + i * 600_000_000 - if i % 97 == 0 { 3 * DAY } else { 0 };
        let kind = ["call", "demo request", "web visit"][(i % 3) as usize];
        match state.push(&plan, plan.code_event(at, None, kind, Some("web"), Some(1.0))) {
            Ok(()) => {}
            Err(error) => assert!(matches!(error, EngagementError::TooLate { .. })),
        }
        largest = largest.max(state.kept_events());
    }
    assert!(largest < 14_000, "{largest}");
    assert!(rmp_serde::to_vec(&state).unwrap().len() < 1_000_000);
}
