//! `leadscore train`, `evaluate` and `retrain`.

use std::io::Write;
use std::path::Path;

use super::args::{AlgorithmName, ConstraintOptions, EvaluateArgs, RetrainArgs, TrainArgs};
use super::failure::{Failure, KEPT, USAGE};
use super::progress::Progress;
use super::tables::{Sources, open_model, read_history, told};
use crate::card::Figures;
use crate::lifecycle::Snapshots;
use crate::model::Model;
use crate::models::boosting::BoostingParams;
use crate::models::logistic::LogisticParams;
use crate::{Algorithm, Constraints, Retrainer, Trainer};

pub(super) fn train_files(args: &TrainArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let sources = Sources::read(&args.tables, Some(&args.ends))?;
    let settings = &args.settings;
    let progress = Progress::start()?;
    let mut trainer = Trainer::new()
        .algorithm(match settings.algorithm {
            AlgorithmName::Auto => Algorithm::Auto,
            AlgorithmName::Logistic => Algorithm::Logistic(LogisticParams::default()),
            AlgorithmName::Boosting => Algorithm::Boosting(BoostingParams::default()),
        })
        .snapshots(if settings.snapshots.is_empty() { Snapshots::Auto } else { Snapshots::Ages(settings.snapshots.clone()) })
        .horizon(settings.horizon)
        .ordered(settings.ordered)
        .calibration(settings.calibration)
        .seed(settings.run.seed)
        .constraints(constraints(&settings.constraints)?)
        .observer(&progress);
    trainer = told(trainer, args.schema.as_deref(), settings.as_of.as_ref(), &args.meaning)?;
    if let Some(threads) = settings.run.threads {
        trainer = trainer.threads(threads);
    }
    if let Some(history) = read_history(&args.known, &args.tables.text)? {
        trainer = trainer.history(history);
    }
    let model = trainer.train(&sources.leads, sources.events.as_ref(), sources.outcomes.as_ref())?;
    drop(progress);
    save(&model, &args.out)?;
    write!(out, "{}", model.card())?;
    writeln!(out, "written to {}: version {}", args.out.display(), model.version())?;
    Ok(())
}

/// How features must act. A name said twice with two directions is a slip that would otherwise end in silence.
fn constraints(asked: &ConstraintOptions) -> Result<Constraints, Failure> {
    let mut constraints = Constraints::default();
    for (name, direction) in &asked.monotone {
        match constraints.monotone.insert(name.clone(), *direction) {
            Some(before) if before != *direction => {
                return Err(Failure::new(USAGE, format!("--monotone names \"{name}\" twice, with {before} and {direction}; say it once")));
            }
            _ => {}
        }
    }
    constraints.interactions = asked.interaction.iter().map(|group| group.0.clone()).collect();
    constraints.excluded.clone_from(&asked.exclude_feature);
    Ok(constraints)
}

pub(super) fn evaluate_files(args: &EvaluateArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let model = open_model(&args.model)?;
    let sources = Sources::read(&args.tables, Some(&args.ends))?;
    let history = read_history(&args.known, &args.tables.text)?;
    let as_of = args.as_of.as_ref().map(|as_of| as_of.of(Some(model.schema()))).transpose()?;
    let (evaluation, notes) =
        model.evaluate_and_notes(&sources.leads, sources.events.as_ref(), sources.outcomes.as_ref(), history.as_ref(), as_of)?;
    writeln!(out, "{evaluation}")?;
    for note in notes {
        writeln!(err, "note: {note}")?;
    }
    Ok(())
}

pub(super) fn retrain_files(args: &RetrainArgs, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let champion = open_model(&args.champion)?;
    let sources = Sources::read(&args.tables, Some(&args.ends))?;
    let history = read_history(&args.known, &args.tables.text)?;
    let progress = Progress::start()?;
    let mut retrainer = Retrainer::new().observer(&progress);
    if let Some(as_of) = &args.as_of {
        retrainer = retrainer.as_of(as_of.of(Some(champion.schema()))?);
    }
    if let Some(threads) = args.threads {
        retrainer = retrainer.threads(threads);
    }
    let (result, notes) =
        retrainer.retrain_and_notes(&champion, &sources.leads, sources.events.as_ref(), sources.outcomes.as_ref(), history.as_ref())?;
    drop(progress);
    for note in notes {
        writeln!(err, "note: {note}")?;
    }
    writeln!(out, "{}", result.reason)?;
    for (name, figures) in [("champion", &result.champion), ("challenger", &result.challenger)] {
        if let Some(figures) = figures {
            writeln!(out, "{name}: {}", Figures::of(figures))?;
        }
    }
    if result.promoted {
        save(&result.model, &args.out)?;
        writeln!(out, "written to {}: version {}", args.out.display(), result.model.version())?;
    } else if args.fail_if_kept {
        out.flush()?;
        return Err(Failure::new(KEPT, format!("the champion is kept; {} was not written", args.out.display())));
    }
    Ok(())
}

/// Writes a model file.
pub(super) fn save(model: &Model, path: &Path) -> Result<(), Failure> {
    model.save(path).map_err(|error| Failure::new(super::failure::OTHER, error.to_string()))
}
