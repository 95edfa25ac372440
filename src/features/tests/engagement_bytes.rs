//! The stored form of the incremental state: what was written comes back, and nothing else does.

use sha2::{Digest, Sha256};

use super::world::{DAY, Reads, START, fit, raw};
use crate::features::engagement_bytes::{FORMAT, HEADER, MAGIC, checksum};
use crate::features::{Engagement, EngagementError, FeaturePlan, Scratch};

/// A state with events folded and events kept, one of them ahead of the clock.
fn state(plan: &FeaturePlan) -> Engagement {
    let mut state = Engagement::new(plan);
    for (day, kind) in
        [(0, "call"), (3, "web visit"), (50, "demo request"), (200, "call"), (201, "call"), (202, "web visit"), (9_000, "call")]
    {
        let event = plan.code_event(START + day * DAY, None, kind, Some("web"), (day > 0).then_some(2.5));
        state.push_by(plan, event, START + 202 * DAY).unwrap();
    }
    assert!(state.answers_from(plan) > START && state.kept_events() > 1);
    state
}

/// The content put into a frame whose length and checksum are right.
fn framed(content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    [&MAGIC[..], &FORMAT.to_le_bytes(), &length, &checksum(content), content].concat()
}

#[test]
fn the_frame_is_as_documented() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let bytes = state(&plan).to_bytes().unwrap();
    assert_eq!(bytes[..8], *b"\x89LSE\x02\0\0\0");
    assert_eq!(u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize, bytes.len() - 20);
    assert_eq!(bytes[12..20], Sha256::digest(&bytes[20..])[..8]);
    assert_eq!(bytes[20..], rmp_serde::to_vec(&state(&plan)).unwrap());
}

#[test]
fn every_flipped_bit_is_an_error() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let mut bytes = state(&plan).to_bytes().unwrap();
    for bit in 0..8 * bytes.len() {
        bytes[bit / 8] ^= 1 << (bit % 8);
        let error = Engagement::from_bytes(&plan, &bytes).unwrap_err();
        let place = bit / 8;
        let told = match error {
            EngagementError::Damaged => place >= 12,
            EngagementError::FutureVersion { .. } => (4..8).contains(&place),
            EngagementError::Malformed { .. } => place < 12,
            _ => false,
        };
        assert!(told, "bit {bit}: {error}");
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(Engagement::from_bytes(&plan, &bytes).unwrap(), state(&plan));
}

#[test]
fn bytes_cut_off_anywhere_or_made_longer_are_an_error() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let bytes = state(&plan).to_bytes().unwrap();
    for end in 0..bytes.len() {
        let error = Engagement::from_bytes(&plan, &bytes[..end]).unwrap_err();
        assert!(matches!(error, EngagementError::Malformed { .. }), "cut at {end}: {error}");
    }
    let longer = [&bytes[..], &[0xc0]].concat();
    assert!(matches!(Engagement::from_bytes(&plan, &longer), Err(EngagementError::Malformed { .. })));
    let inside = framed(&[&bytes[HEADER..], &[0xc0]].concat());
    assert!(matches!(Engagement::from_bytes(&plan, &inside), Err(EngagementError::Malformed { .. })));
}

#[test]
fn every_flipped_bit_under_a_right_checksum_is_an_error_or_a_state_that_answers_without_panic() {
    let plan = fit(&raw(&[], true), Reads::All);
    let mut content = rmp_serde::to_vec(&state(&plan)).unwrap();
    let (mut scratch, mut row) = (Scratch::default(), vec![0.0; plan.features().len()]);
    let mut read = 0;
    for bit in 0..8 * content.len() {
        content[bit / 8] ^= 1 << (bit % 8);
        if let Ok(mut state) = Engagement::from_bytes(&plan, &framed(&content)) {
            let _ = state.row(&plan, &[], None, START + 203 * DAY, &mut scratch, &mut row);
            let _ = state.push(&plan, plan.code_event(START + 204 * DAY, None, "call", None, None));
            let _ = state.advance(&plan, START + 400 * DAY);
            let _ = state.row(&plan, &[], None, START + 401 * DAY, &mut scratch, &mut row);
            read += 1;
        }
        content[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(read > 0, "flips of numbers are not found by structure");
}

#[test]
fn a_state_without_a_checksum_opens_and_gets_one() {
    let plan = fit(&raw(&[], true), Reads::All);
    let state = state(&plan);
    let old = rmp_serde::to_vec(&state).unwrap();
    let read = Engagement::from_bytes(&plan, &old).unwrap();
    assert_eq!(read, state);
    assert_eq!(read.to_bytes().unwrap(), framed(&old));
    assert!(matches!(Engagement::from_bytes(&plan, &[&old[..], &[0xc0]].concat()), Err(EngagementError::Malformed { .. })));
}

#[test]
fn other_bytes_and_later_formats_are_told_apart() {
    let plan = fit(&raw(&[], true), Reads::Pinned);
    let told = |bytes: &[u8]| Engagement::from_bytes(&plan, bytes).unwrap_err().to_string();
    let mut bytes = state(&plan).to_bytes().unwrap();
    bytes[4] = 7;
    assert_eq!(
        told(&bytes),
        "the stored engagement is of format 7, and this version of leadscore reads formats up to 2; upgrade leadscore, or rebuild the state \
         from all of the lead's events (Engagement::from_events)"
    );
    bytes[4] = 2;
    *bytes.last_mut().unwrap() ^= 1;
    assert_eq!(
        told(&bytes),
        "the stored engagement is damaged: its content does not match its checksum; read it again from where it is stored, or rebuild the state \
         from all of the lead's events (Engagement::from_events)"
    );
    assert!(told(b"lead_id,won\n").starts_with("this is not a stored engagement: it does not start as one"));
    assert_eq!(told(&bytes[..30]), format!("this is not a stored engagement: it ends after 30 bytes of {}; it was cut off", bytes.len()));
}
