//! `leadscore compare`: why scores changed between two moments.

use std::io::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::args::CompareArgs;
use super::failure::Failure;
use super::score::BEST;
use super::tables::{Sources, open_model, options, read_history};
use crate::counted::counted;
use crate::explain::Comparison;
use crate::frame::{read_table, write_table, write_whole};
use crate::scoring::comparison_frame;
use crate::time::Timestamp;

pub(super) fn run(args: &CompareArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let model = open_model(&args.model)?;
    let previous = args.previous.as_deref().map(open_model).transpose()?;
    let sources = Sources::read(&args.tables, None)?;
    let text = options(&args.tables.text);
    let before = args.leads_before.as_deref().map(|path| read_table(path, &text)).transpose()?;
    let history = read_history(&args.known, &args.tables.text)?;
    let from = args.from.of(Some(model.schema()))?;
    let to = args.to.as_ref().map_or_else(|| Ok(Timestamp::now()), |to| to.of(Some(model.schema())))?;
    let mut question = model.compare_tables(&sources.leads, sources.events.as_ref(), (from, to)).only(&args.lead).explain(args.concepts);
    if let Some(before) = &before {
        question = question.before(before);
    }
    if let Some(history) = &history {
        question = question.history(history);
    }
    if let Some(previous) = &previous {
        question = question.previous(previous);
    }
    let (comparisons, notes) = question.compare_and_notes()?;
    for note in notes {
        writeln!(err, "note: {note}")?;
    }
    if let Some(path) = &args.out {
        write(&comparisons, path)?;
        writeln!(out, "{} compared, {from} with {to}: {}", counted(comparisons.len(), "lead"), path.display())?;
        return Ok(());
    }
    let mut shown: Vec<&Comparison> = comparisons.iter().collect();
    if args.lead.is_empty() {
        shown.sort_by(|a, b| b.change().abs().total_cmp(&a.change().abs()));
        shown.truncate(BEST);
    }
    writeln!(out, "{from} to {to}")?;
    for comparison in shown {
        write!(out, "\n{} {comparison}", comparison.lead_id)?;
    }
    Ok(())
}

/// Writes comparisons by the extension of the path: all of each as JSON, or a row of each.
fn write(comparisons: &[Comparison], path: &Path) -> Result<(), Failure> {
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json")) {
        return Ok(write_table(&comparison_frame(comparisons)?, path)?);
    }
    let all: Vec<Value> = comparisons.iter().map(in_json).collect();
    write_whole(path, |file| {
        serde_json::to_writer_pretty(&mut *file, &all)?;
        writeln!(file)
    })
    .map_err(|error| Failure::writing(path, &error))
}

/// A comparison by the names that Python gives its parts.
fn in_json(comparison: &Comparison) -> Value {
    let parts: serde_json::Map<String, Value> = comparison
        .parts()
        .iter()
        .map(|(name, part)| {
            let concepts = part.concepts.iter().map(|moved| {
                json!({
                    "concept": moved.concept,
                    "feature": moved.feature,
                    "before": moved.before,
                    "after": moved.after,
                    "change": moved.change,
                    "text": moved.text,
                })
            });
            ((*name).to_owned(), json!({"change": part.change, "text": part.text, "concepts": concepts.collect::<Vec<_>>()}))
        })
        .collect();
    let events = comparison.events.iter().map(|moved| json!({"kind": moved.kind, "new": moved.new, "gone": moved.gone}));
    let attributes = comparison.attributes.iter().map(|moved| (moved.name.clone(), json!([moved.before, moved.after])));
    json!({
        "lead_id": comparison.lead_id,
        "as_of": [comparison.as_of.0.to_string(), comparison.as_of.1.to_string()],
        "probability": [comparison.probability.0, comparison.probability.1],
        "log_odds": [comparison.log_odds.0, comparison.log_odds.1],
        "model_version": [&*comparison.model_version.0, &*comparison.model_version.1],
        "change": comparison.change(),
        "parts": parts,
        "events": events.collect::<Vec<_>>(),
        "attributes": attributes.collect::<serde_json::Map<String, Value>>(),
    })
}
