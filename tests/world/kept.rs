//! The state of a lead as a service keeps it.

use leadscore::{Engagement, EngagementError, Error, Event, Model, ScoringError};

/// The state after events that came as they became known, and how often one came too late, so that a new state of all so far had to be made. It is stored and
/// read again after each of `stored`, by the place of the event.
pub fn kept_up_to_date(model: &Model, events: &[Event], stored: impl Fn(usize) -> bool) -> (Engagement, u64) {
    let mut coming: Vec<&Event> = events.iter().collect();
    coming.sort_by_key(|event| event.known_at());
    let (mut state, mut made_anew) = (model.engagement(&[]).unwrap(), 0);
    for (i, event) in coming.iter().enumerate() {
        match model.push(&mut state, event) {
            Ok(()) => {}
            Err(Error::Scoring(ScoringError::Engagement(EngagementError::TooLate { .. }))) => {
                made_anew += 1;
                let all: Vec<Event> = coming[..=i].iter().map(|&event| event.clone()).collect();
                state = model.engagement(&all).unwrap();
            }
            Err(error) => panic!("{error}"),
        }
        if stored(i) {
            state = Engagement::from_bytes(model.plan(), &state.to_bytes().unwrap()).unwrap();
        }
    }
    (state, made_anew)
}
