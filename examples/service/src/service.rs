//! The service: one model, and the engagement of every lead that it has been told of.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use leadscore::{Engagement, EngagementError, Error, Event, Model, Score, ScoringError, Status};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::reading::{EventBody, EventsBody, ScoreBody};

/// Leads are spread over so many locks, so that requests about different leads seldom wait for each other.
const SHARDS: usize = 64;

/// One model and the state of every lead.
///
/// A real service would store the states ([`Engagement::to_bytes`]) and drop those of closed leads.
pub(crate) struct Service {
    model: Model,
    hasher: RandomState,
    leads: Vec<Mutex<HashMap<String, Engagement>>>,
}

impl Service {
    pub(crate) fn new(model: Model) -> Self {
        Self { model, hasher: RandomState::new(), leads: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    pub(crate) fn model(&self) -> &Model {
        &self.model
    }

    /// The states among which that of a lead is. A thread that panicked left them whole: the library changes a state wholly or not at all.
    fn shard(&self, lead: &str) -> MutexGuard<'_, HashMap<String, Engagement>> {
        let shard = self.hasher.hash_one(lead) as usize % SHARDS;
        self.leads[shard].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many leads it knows.
    fn n_leads(&self) -> usize {
        self.leads.iter().map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// Takes events of a lead, all or none.
    fn take(&self, body: &EventsBody) -> Result<usize, Refusal> {
        let events = read_events(&body.events)?;
        let push = |state: &mut Engagement| {
            events
                .iter()
                .enumerate()
                .try_for_each(|(position, event)| self.model.push(state, event).map_err(|error| Refusal::of(&error).at(position)))
        };
        let mut leads = self.shard(&body.lead_id);
        match leads.get_mut(&body.lead_id) {
            // One that is refused leaves the state as it was.
            Some(state) if events.len() == 1 => push(state)?,
            // Several are pushed to a copy, so that one that is refused keeps the others out.
            Some(state) => {
                let mut copy = state.clone();
                push(&mut copy)?;
                *state = copy;
            }
            None => {
                let mut state = self.model.engagement(&[])?;
                push(&mut state)?;
                leads.insert(body.lead_id.clone(), state);
            }
        }
        Ok(leads.get(&body.lead_id).map_or(0, Engagement::kept_events))
    }

    /// Scores a lead by the events of the request, or else by its state.
    fn score(&self, body: &ScoreBody) -> Result<Score, Refusal> {
        let lead = body.lead(self.model.schema()).map_err(|column| {
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "data", format!("lead.{column} must be a number, a word, true, false or null"))
        })?;
        let query = self.model.query(&lead).explain(body.explain);
        let query = match body.as_of().map_err(Error::from)? {
            Some(as_of) => query.as_of(as_of),
            None => query,
        };
        let score = match &body.events {
            Some(events) => query.events(&read_events(events)?).score()?,
            None => match self.shard(&body.lead_id).get(&body.lead_id) {
                Some(state) => query.engagement(state).score()?,
                None => query.score()?,
            },
        };
        if score.status == Status::SchemaMismatch {
            let message = format!("lead lacks {}, which the model reads; give a value or null", score.missing_columns.join(", "));
            return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "schema", message));
        }
        Ok(score)
    }
}

/// What a caller is told who knocks at a wrong door.
const PLACES: &str = "there are POST /events, POST /score and GET /health";

/// Where requests go.
pub(crate) fn routes(service: Arc<Service>) -> Router {
    Router::new()
        .route("/events", post(events))
        .route("/score", post(score))
        .route("/health", get(health))
        .fallback(|| async { Refusal::new(StatusCode::NOT_FOUND, "request", PLACES.to_owned()) })
        .method_not_allowed_fallback(|| async { Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "request", PLACES.to_owned()) })
        .with_state(service)
}

async fn health(State(service): State<Arc<Service>>) -> Response {
    answer(&json!({"status": "ok", "model_version": service.model.version(), "leads": service.n_leads()}))
}

async fn events(State(service): State<Arc<Service>>, body: Received) -> Result<Response, Refusal> {
    let body: EventsBody = parsed(body)?;
    let kept = service.take(&body)?;
    Ok(answer(&json!({"lead_id": body.lead_id, "taken": body.events.len(), "kept": kept})))
}

async fn score(State(service): State<Arc<Service>>, body: Received) -> Result<Response, Refusal> {
    let score = service.score(&parsed(body)?)?;
    Ok(answer(&json!({
        "lead_id": score.lead_id,
        "probability": score.probability,
        "log_odds": score.log_odds,
        "score": score.score,
        "grade": &*score.grade,
        "status": score.status.as_str(),
        "reasons": score.reasons.iter().map(|reason| json!({"text": reason.text, "contribution": reason.contribution})).collect::<Vec<_>>(),
        "model_version": &*score.model_version,
        "as_of": score.as_of.micros(),
    })))
}

/// A body, or why there is none: too large (axum's limit is 2 MB), or cut off.
type Received = Result<Bytes, BytesRejection>;

fn parsed<T: DeserializeOwned>(body: Received) -> Result<T, Refusal> {
    let body = body.map_err(|rejection| {
        let message = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than 2 MB; send the events in several requests".to_owned(),
            _ => format!("the body cannot be read: {}", rejection.body_text()),
        };
        Refusal::new(rejection.status(), "request", message)
    })?;
    serde_json::from_slice(&body)
        .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, "request", format!("the body is not as asked: {error}")))
}

fn read_events(bodies: &[EventBody]) -> Result<Vec<Event>, Refusal> {
    let read = |(position, body): (usize, &EventBody)| body.event().map_err(|error| Refusal::of(&error.into()).at(position));
    bodies.iter().enumerate().map(read).collect()
}

fn answer(body: &serde_json::Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// Why a request was refused: a code for programs, a message for people.
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(status: StatusCode, code: &'static str, message: String) -> Self {
        Self { status, code, message }
    }

    /// The library says what was found, where, and what to do.
    fn of(error: &Error) -> Self {
        let status = match error {
            // The sender may put it right by sending all events anew.
            Error::Scoring(ScoringError::Engagement(
                EngagementError::TooLate { .. } | EngagementError::TooEarly { .. } | EngagementError::TooFar { .. },
            )) => StatusCode::CONFLICT,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        Self::new(status, error.code(), error.to_string())
    }

    /// The same, of the event at a position.
    fn at(mut self, position: usize) -> Self {
        self.message = format!("events[{position}]: {}", self.message);
        self
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::of(&error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.status, answer(&json!({"error": {"code": self.code, "message": self.message}}))).into_response()
    }
}
