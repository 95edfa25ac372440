//! `leadscore schema`: guesses what the columns mean.

use std::io::Write;

use super::args::SchemaArgs;
use super::failure::Failure;
use super::tables::Sources;
use crate::schema::Schema;

pub(super) fn run(args: &SchemaArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let sources = Sources::read(&args.tables, Some(&args.ends))?;
    let (label, exclude) = (args.meaning.label.as_deref(), &args.meaning.exclude);
    let inference = Schema::infer(&sources.leads, sources.events.as_ref(), sources.outcomes.as_ref(), label, exclude)?;
    write!(out, "{inference}")?;
    if let Some(path) = &args.out {
        inference.schema.save(path)?;
        writeln!(out, "\nwritten to {}; edit it, then: leadscore train --schema {0} ...", path.display())?;
    }
    Ok(())
}
