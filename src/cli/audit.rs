//! `leadscore audit`: which columns know the future.

use std::io::Write;

use super::args::AuditArgs;
use super::failure::Failure;
use super::tables::{Sources, read_history};
use crate::Trainer;
use crate::schema::Schema;

pub(super) fn run(args: &AuditArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let sources = Sources::read(&args.tables, Some(&args.ends))?;
    let mut trainer = Trainer::new().exclude(args.meaning.exclude.iter().cloned()).ordered(args.ordered);
    let schema = args.schema.as_deref().map(Schema::load).transpose()?;
    if let Some(as_of) = &args.as_of {
        trainer = trainer.as_of(as_of.of(schema.as_ref())?);
    }
    if let Some(schema) = schema {
        trainer = trainer.schema(schema);
    }
    if let Some(label) = &args.meaning.label {
        trainer = trainer.label(label);
    }
    if let Some(history) = read_history(&args.known, &args.tables.text)? {
        trainer = trainer.history(history);
    }
    let report = trainer.leakage(&sources.leads, sources.events.as_ref(), sources.outcomes.as_ref())?;
    write!(out, "{report}")?;
    let names = report.exclude();
    if !names.is_empty() {
        // Names with commas or blanks are quoted for the shell.
        writeln!(out, "--exclude '{}'", names.join(",").replace('\'', "'\\''"))?;
    }
    Ok(())
}
