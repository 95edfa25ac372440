//! One lead at one moment: THE path from what is known to a score. A batch and a single query both end here.

use super::score::Status;
use crate::explain::{self, Explanation, Reason, Stand, Terms};
use crate::features::{AccountEvents, Events, History, Scratch};
use crate::math::sigmoid;
use crate::model::Model;

/// What is known of one lead, coded by the model's plan, and the moment as of which it is scored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment<'a> {
    /// The attributes, prepared by the plan.
    pub prepared: &'a [f64],
    pub created_at: Option<i64>,
    /// The fold of events older than `events`.
    pub history: &'a History,
    pub events: Events<'a>,
    /// The events of the account's other leads, if they are known.
    pub account: Option<AccountEvents<'a>>,
    pub as_of: i64,
}

/// A score, without the words.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scored {
    pub probability: f64,
    pub log_odds: f64,
    pub score: f64,
    /// Code of the grade; [`NO_GRADE`] when there is none.
    pub grade: u8,
    pub status: Status,
}

/// The grade of a lead that could not be scored.
pub(crate) const NO_GRADE: u8 = u8::MAX;

impl Scored {
    /// What a lead gets that lacks a column.
    pub(crate) const MISMATCH: Self =
        Self { probability: f64::NAN, log_odds: f64::NAN, score: f64::NAN, grade: NO_GRADE, status: Status::SchemaMismatch };
}

/// Buffers of one thread, used again from lead to lead so that a score allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    row: Vec<f32>,
    scratch: Scratch,
    terms: Terms,
    log_odds: Vec<f64>,
}

impl Buffers {
    fn fill_row(&mut self, model: &Model, moment: &Moment<'_>) {
        self.row.clear();
        self.row.resize(model.plan().features().len(), 0.0);
        moment.write(model, &mut self.scratch, &mut self.row);
    }
}

impl Moment<'_> {
    /// Writes the features.
    fn write(&self, model: &Model, scratch: &mut Scratch, out: &mut [f32]) {
        let Self { prepared, created_at, history, events, account, as_of } = *self;
        model.plan().row_with_account(prepared, created_at, history, events, account, as_of, scratch, out);
    }
}

/// Scores `moment`, with at most `explain` reasons.
pub(crate) fn score(model: &Model, moment: &Moment<'_>, explain: usize, buffers: &mut Buffers) -> (Scored, Vec<Reason>) {
    buffers.fill_row(model, moment);
    let log_odds = model.log_odds(&buffers.row);
    finish(model, moment, &buffers.row, log_odds, explain, &mut buffers.terms)
}

/// Scores many moments, each to the bit as [`score`] does, and hands the scores to `take` in their order.
pub(crate) fn score_many<'a>(
    model: &Model,
    moments: impl Iterator<Item = Moment<'a>> + Clone,
    explain: usize,
    buffers: &mut Buffers,
    mut take: impl FnMut((Scored, Vec<Reason>)),
) {
    let width = model.plan().features().len();
    let n = moments.clone().count();
    let Buffers { row: rows, scratch, terms, log_odds } = buffers;
    rows.clear();
    rows.resize(n * width, 0.0);
    let row = |i: usize| i * width..(i + 1) * width;
    for (i, moment) in moments.clone().enumerate() {
        moment.write(model, scratch, &mut rows[row(i)]);
    }
    log_odds.clear();
    log_odds.resize(n, 0.0);
    model.log_odds_batch(rows, width, log_odds);
    for ((i, moment), &log_odds) in moments.enumerate().zip(log_odds.iter()) {
        take(finish(model, &moment, &rows[row(i)], log_odds, explain, terms));
    }
}

/// What the log-odds of a moment with features `row` mean.
fn finish(model: &Model, moment: &Moment<'_>, row: &[f32], log_odds: f64, explain: usize, terms: &mut Terms) -> (Scored, Vec<Reason>) {
    let probability = sigmoid(log_odds);
    let scored = Scored {
        probability,
        log_odds,
        score: model.grades().score(log_odds),
        grade: model.grades().code(probability),
        status: status(model, moment),
    };
    (scored, explain::reasons(model, row, explain, terms))
}

/// Everything that the log-odds of `moment` are made of.
pub(crate) fn explain(model: &Model, moment: &Moment<'_>, buffers: &mut Buffers) -> Explanation {
    buffers.fill_row(model, moment);
    let log_odds = model.log_odds(&buffers.row);
    explain::explanation(model, &buffers.row, log_odds, &mut buffers.terms)
}

/// The state of `moment`: what it scores and why.
pub(crate) fn stand<'m>(model: &'m Model, moment: &Moment<'_>, buffers: &mut Buffers) -> Stand<'m> {
    buffers.fill_row(model, moment);
    let log_odds = model.log_odds(&buffers.row);
    Stand::new(model, &buffers.row, log_odds, &mut buffers.terms)
}

fn status(model: &Model, moment: &Moment<'_>) -> Status {
    let Moment { prepared, created_at, history, events, account, as_of } = *moment;
    let plan = model.plan();
    let newest = plan.last_seen(created_at, history, events, as_of);
    let unknown = |(value, nothing): (&f64, &f64)| value == nothing || (value.is_nan() && nothing.is_nan());
    let nothing_known = newest.is_none() && prepared.iter().zip(model.nothing_known()).all(unknown);
    if nothing_known && !plan.sees_account(created_at, account, as_of) {
        return Status::InsufficientData;
    }
    let reads_time = plan.needs_created_at() || plan.needs_events();
    let sign_of_life = newest.max(created_at.filter(|&created| created <= as_of));
    match (sign_of_life, plan.longest_silence()) {
        (Some(last), Some(longest)) if reads_time && as_of.saturating_sub(last) > longest => Status::Stale,
        _ => Status::Scored,
    }
}
