//! `leadscore score` and `leadscore explain`.

use std::io::Write;

use polars::prelude::DataFrame;

use super::args::{ExplainArgs, ScoreArgs, Tables};
use super::failure::{DATA, Failure, USAGE};
use super::tables::{Sources, open_model, read_history};
use crate::counted::counted;
use crate::features::LeadTable;
use crate::frame::{EventFile, write_table};
use crate::model::Model;
use crate::scoring::{AsOf, Reasons, ScoreTable};

/// How many of the best leads are printed.
pub(super) const BEST: usize = 10;

pub(super) fn run(args: &ScoreArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let model = open_model(&args.model)?;
    // Parquet need not fit into memory.
    let file = args.tables.events.as_deref().filter(|path| EventFile::reads(path)).map(EventFile::open).transpose()?;
    let sources = match &file {
        Some(_) => Sources::read(&Tables { events: None, ..args.tables.clone() }, None)?,
        None => Sources::read(&args.tables, None)?,
    };
    let shown = if args.out.is_none() { args.explain.max(3) } else { args.explain };
    let history = read_history(&args.known, &args.tables.text)?;
    let as_of = moments(&model, &sources.leads, args.as_of.as_deref())?;
    let (leads, scores) = match &file {
        Some(events) => model.score_leads_of_file(&sources.leads, events, history.as_ref(), &as_of, shown, args.threads)?,
        None => model.score_leads(&sources.leads, sources.events.as_ref(), history.as_ref(), &as_of, shown, args.threads)?,
    };
    match &args.out {
        Some(path) => {
            write_table(&table(&model, &sources.leads, &scores, args.explain > 0)?, path)?;
            writeln!(out, "{} scored by model {}: {}", counted(scores.len(), "lead"), scores.model_version, path.display())?;
        }
        None => best(out, &leads, &scores, |_| true)?,
    }
    tell_notes(&scores, err)?;
    if scores.missing_columns.is_empty() { Ok(()) } else { Err(lacking(&scores)) }
}

/// What is odd about the tables that were scored.
fn tell_notes(scores: &ScoreTable, err: &mut dyn Write) -> Result<(), Failure> {
    for unseen in scores.unseen.iter().filter(|unseen| unseen.is_unusual()) {
        writeln!(err, "note: {unseen}")?;
    }
    for note in &scores.notes {
        writeln!(err, "note: {note}")?;
    }
    Ok(())
}

/// Leads or events lack columns that the model reads.
fn lacking(scores: &ScoreTable) -> Failure {
    let missing = scores.missing_columns.join(", ");
    let of_events = scores.missing_columns.iter().any(|column| column.starts_with("events."));
    let (tables, hint) = if of_events {
        ("the tables", "give the columns that the model was trained with")
    } else {
        ("leads", "give the columns that the model was trained with; an empty column means that nothing is known")
    };
    Failure::new(DATA, format!("{tables} lack columns that the model needs, so no lead has a probability: {missing}")).hint(hint)
}

pub(super) fn explain(args: &ExplainArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let model = open_model(&args.model)?;
    let sources = Sources::read(&args.tables, None)?;
    let history = read_history(&args.known, &args.tables.text)?;
    let as_of = moments(&model, &sources.leads, args.as_of.as_deref())?;
    let (leads, scores) = model.score_leads(&sources.leads, sources.events.as_ref(), history.as_ref(), &as_of, args.reasons, None)?;
    let row = leads.ids.iter().position(|id| *id == args.lead);
    let Some(score) = row.and_then(|row| scores.row(row, &args.lead)) else {
        let examples = leads.ids.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(", ");
        return Err(Failure::new(
            DATA,
            format!("no lead \"{}\"; leads hold {}, for example {examples}", args.lead, counted(leads.len(), "identifier")),
        ));
    };
    if !scores.missing_columns.is_empty() {
        return Err(lacking(&scores));
    }
    writeln!(out, "{} as of {}", score.lead_id, score.as_of)?;
    writeln!(
        out,
        "probability {:.1} %, score {:.0}, grade {}, rank {} of {}, {}",
        100.0 * score.probability,
        score.score,
        score.grade,
        score.rank.unwrap_or_default(),
        scores.len(),
        score.status
    )?;
    for reason in &score.reasons {
        writeln!(out, "  {:+.3}  {}", reason.contribution, reason.text)?;
    }
    tell_notes(&scores, err)
}

/// Scores every lead as of a moment or column (the clock when `None`).
pub(super) fn score(
    model: &Model,
    leads: &DataFrame,
    events: Option<&DataFrame>,
    as_of: Option<&str>,
    explain: usize,
    threads: Option<usize>,
) -> Result<(LeadTable, ScoreTable), Failure> {
    Ok(model.score_leads(leads, events, None, &moments(model, leads, as_of)?, explain, threads)?)
}

/// As of when: a column of leads, or a moment, by the zone of the model's schema.
fn moments(model: &Model, leads: &DataFrame, as_of: Option<&str>) -> Result<AsOf, Failure> {
    let Some(text) = as_of else { return Ok(AsOf::Now) };
    if leads.column(text).is_ok() {
        return Ok(AsOf::Column(text.to_owned()));
    }
    let moment = model.schema().instant(text);
    moment.map(AsOf::At).map_err(|error| Failure::new(USAGE, format!("--as-of names no column of leads: {error}")))
}

/// The scores as a table; reasons are one text, heaviest first.
pub(super) fn table(model: &Model, leads: &DataFrame, scores: &ScoreTable, reasons: bool) -> Result<DataFrame, Failure> {
    Ok(model.score_frame(leads, scores, if reasons { Reasons::Text } else { Reasons::Absent })?)
}

/// Prints the ten best leads of those `wanted`, with their reasons.
pub(super) fn best(out: &mut dyn Write, leads: &LeadTable, scores: &ScoreTable, wanted: impl Fn(usize) -> bool) -> Result<(), Failure> {
    let mut rows: Vec<usize> = (0..scores.len()).filter(|&row| wanted(row)).collect();
    rows.sort_by_key(|&row| scores.rank[row]);
    for (place, &row) in rows.iter().take(BEST).enumerate() {
        writeln!(
            out,
            "{:>3}. {:<12} {:>5.1} %  score {:>3.0}  {}",
            place + 1,
            leads.ids[row],
            100.0 * scores.probability[row],
            scores.score[row],
            scores.grade(row).unwrap_or("-")
        )?;
        for reason in scores.reasons.get(row).into_iter().flatten() {
            writeln!(out, "       {}", reason.text)?;
        }
    }
    Ok(())
}
