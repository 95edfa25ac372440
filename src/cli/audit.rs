//! `leadscore audit`: which columns know the future.

use std::io::Write;

use super::args::AuditArgs;
use super::failure::Failure;
use super::tables::{Sources, read_history, told};
use crate::Trainer;

pub(super) fn run(args: &AuditArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let sources = Sources::read(&args.tables, Some(&args.ends))?;
    let trainer = told(Trainer::new().ordered(args.ordered), args.schema.as_deref(), args.as_of.as_ref(), &args.meaning)?;
    let trainer = match read_history(&args.known, &args.tables.text)? {
        Some(history) => trainer.history(history),
        None => trainer,
    };
    let report = trainer.leakage(&sources.leads, sources.events.as_ref(), sources.outcomes.as_ref())?;
    write!(out, "{report}")?;
    let names = report.exclude();
    if !names.is_empty() {
        // Names with commas or blanks are quoted for the shell.
        writeln!(out, "--exclude '{}'", names.join(",").replace('\'', "'\\''"))?;
    }
    Ok(())
}
