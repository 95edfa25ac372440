//! `leadscore demo`: the whole of it, on made leads whose truth is known.

use std::collections::HashMap;
use std::fs;
use std::io::Write;

use super::args::DemoArgs;
use super::assess::Nearness;
use super::failure::Failure;
use super::learning::save;
use super::made::text;
use super::progress::Progress;
use super::score::{best, score, table};
use crate::Trainer;
use crate::datasets::{LeadsDataset, MakeLeads};
use crate::frame::write_table;
use crate::schema::{Initiator, Schema};

/// The size and seed of the set in `data/`; a test of the generator holds the two equal.
const LEADS: usize = 3000;
const SEED: u64 = 1;

pub(super) fn run(args: &DemoArgs, out: &mut dyn Write) -> Result<(), Failure> {
    fs::create_dir_all(&args.out).map_err(|e| Failure::writing(&args.out, &e))?;
    let data = MakeLeads::new(LEADS).seed(SEED).make();
    for (name, content) in [
        ("leads.csv", data.leads_csv()),
        ("events.csv", data.events_csv()),
        ("outcomes.csv", data.outcomes_csv()),
        ("truth.csv", data.truth_csv()),
    ] {
        text(&args.out.join(name), &content)?;
    }
    let end = LeadsDataset::end();
    let (n, events, closed) = (data.leads.len(), data.events.len(), data.outcomes.len());
    writeln!(out, "{n} made leads with {events} events, {closed} of them closed, as of {end}\n")?;

    let frames = data.frames()?;
    let mut schema = Schema::infer(&frames.leads, Some(&frames.events), Some(&frames.outcomes), None, &[])?.schema;
    if let Some(columns) = &mut schema.events {
        // Sales calls those whom it believes in, so calls would teach the model what sales believes.
        let who = |kind: &str| if kind == "call" { Initiator::Sales } else { Initiator::Lead };
        columns.initiator = data.events.iter().map(|e| (e.kind.to_owned(), who(e.kind))).collect();
    }
    let progress = Progress::start()?;
    let mut trainer = Trainer::new().schema(schema).as_of(end).seed(SEED).observer(&progress);
    if let Some(threads) = args.threads {
        trainer = trainer.threads(threads);
    }
    let model = trainer.train(&frames.leads, Some(&frames.events), Some(&frames.outcomes))?;
    drop(progress);
    writeln!(out, "The model\n{}", indented(&model.card().to_string()))?;

    let (leads, scores) = score(&model, &frames.leads, Some(&frames.events), Some(&end.to_string()), 3, args.threads)?;
    // What nobody can know in practice: the true probabilities of the leads that are open at the end.
    let truth: HashMap<u32, f64> =
        data.truth.iter().filter(|row| row.snapshot == "end").filter_map(|row| Some((row.lead, row.probability?))).collect();
    let open = |row: usize| truth.contains_key(&(row as u32));
    let pairs: Vec<(f64, f64)> =
        scores.probability.iter().enumerate().filter_map(|(row, p)| Some((*p, *truth.get(&(row as u32))?))).collect();
    writeln!(out, "The {} open leads against their true probabilities\n{}", pairs.len(), Nearness::of(&pairs))?;
    writeln!(out, "The ten best open leads")?;
    best(out, &leads, &scores, open)?;

    let (model_path, scores_path) = (args.out.join("model.leadscore"), args.out.join("scores.csv"));
    save(&model, &model_path)?;
    write_table(&table(&model, &frames.leads, &scores, true)?, &scores_path)?;
    writeln!(out, "\nwritten: {}, {}, and the tables beside them", model_path.display(), scores_path.display())?;
    writeln!(out, "next: leadscore inspect {}", model_path.display())?;
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}
