//! Trained models, both kinds: the same bits from a batch, a query, an engagement, and after the file; reasons that sum up.
#![cfg(feature = "fit")]
#![allow(clippy::unwrap_used, clippy::panic, unreachable_pub, missing_docs, missing_debug_implementations)]

#[path = "world/kept.rs"]
mod kept;
#[path = "world/train.rs"]
mod train;
mod world;

use kept::kept_up_to_date;
use leadscore::{Engagement, Model};
use world::{World, time};

#[test]
fn a_batch_a_query_an_engagement_and_a_reopened_model_give_the_same_bits() {
    let training = World::new(600, 12, 1);
    let open = World::new(300, 12, 2);
    for kind in [train::Kind::Logistic, train::Kind::Boosting, train::Kind::Blend, train::Kind::Pairs] {
        let model = train::train_kind(&training, kind, 20);
        // All families that are made by default.
        for name in [
            "events.count.7d",
            "events.active_days.30d",
            "events.recency",
            "events.decayed.7d",
            "events.sum.90d",
            "events.value.mean",
            "events.momentum.7d",
            "events.pace.30d",
            "events.trend.28d",
            "events.gap.std",
            "events.streak",
            "events.first_kind",
            "events.channel_entropy",
            "events.night_share",
            "call.decayed_sum.30d",
        ] {
            assert!(model.plan().features().iter().any(|feature| feature.name == name), "{name}");
        }
        let reopened = Model::from_bytes(&model.to_bytes().unwrap()).unwrap();
        assert_eq!(reopened, model);
        reopened.verify().unwrap();
        let events = open.events(model.plan());
        let batch = model.score_rows(&open.leads, &events, &open.as_of, 3, Some(1)).unwrap();
        assert_eq!(reopened.score_rows(&open.leads, &events, &open.as_of, 3, Some(2)).unwrap(), batch);
        for row in 0..open.leads.len() {
            let (lead, known) = (open.lead(row), open.events_of(row));
            let state = Engagement::from_events(model.plan(), events.lead(row));
            let query = reopened.query(&lead).as_of(time(open.as_of[row])).explain(3);
            let expected = batch.row(row, lead.id()).unwrap();
            let mut score = query.events(&known).score().unwrap();
            score.rank = expected.rank;
            assert_eq!(score, expected);
            for state in [state, kept_up_to_date(&model, &known, |_| true).0] {
                if open.as_of[row] >= state.answers_from(model.plan()) {
                    assert_eq!(query.engagement(&state).score().unwrap().log_odds.to_bits(), expected.log_odds.to_bits());
                }
            }
            let explanation = query.events(&known).explanation().unwrap();
            let sum = explanation.base + explanation.contributions.iter().map(|(_, term)| term).sum::<f64>();
            assert!((sum - expected.log_odds).abs() < 1e-9, "{sum} is not {}", expected.log_odds);
        }
    }
}
