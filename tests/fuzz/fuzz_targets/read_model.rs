//! Reads any bytes as a model file. What can be read must score, verify and be written again without a panic.

#![no_main]

use leadscore::{Event, Lead, LeadTable, Model, Timestamp};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

/// Magic, format and length of the body stand before the checksum, the body after it.
const CHECKSUM: std::ops::Range<usize> = 20..52;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(model) = Model::from_bytes(bytes) {
        exercise(&model);
    }
    // Mutations seldom meet a checksum; with it and the length mended they reach what lies behind.
    if bytes.len() >= CHECKSUM.end {
        let mut mended = bytes.to_vec();
        let length = (mended.len() - CHECKSUM.end) as u64;
        mended[12..CHECKSUM.start].copy_from_slice(&length.to_le_bytes());
        let checksum: [u8; 32] = Sha256::digest(&mended[CHECKSUM.end..]).into();
        mended[CHECKSUM].copy_from_slice(&checksum);
        if let Ok(model) = Model::from_bytes(&mended) {
            exercise(&model);
        }
    }
});

fn exercise(model: &Model) {
    let _ = model.verify();
    let _ = model.card().to_string();
    let at = |micros| Timestamp::from_micros(micros).expect("a moment of 2023");
    let now = at(1_700_000_000_000_000);
    let lead = model.plan().attributes().iter().fold(Lead::new("fuzz").created_at(now), |lead, attribute| lead.missing(attribute.name()));
    let events: Vec<Event> =
        model.plan().kinds().take(8).map(|kind| Event::new(kind, at(1_699_999_000_000_000)).channel("web").value(2.0)).collect();
    if let Ok(score) = model.query(&lead).events(&events).as_of(now).explain(3).score() {
        assert!(score.probability.is_finite() || score.probability.is_nan());
    }
    let leads = LeadTable { ids: vec!["fuzz".into()], ..LeadTable::default() };
    let _ = model.score_rows(&leads, &Default::default(), &[now.micros()], 1, Some(1));
    let again = model.to_bytes().expect("what was read can be written");
    assert_eq!(Model::from_bytes(&again).expect("what was written can be read").version(), model.version());
}
