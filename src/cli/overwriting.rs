//! No command writes its result over a file that it reads: the tables are mostly the only copy.

use std::fs;
use std::path::Path;

use super::args::{Command, Ends, Known, Leads, Tables};
use super::failure::{Failure, USAGE};

/// Refuses a result that would replace a table, a schema, or a model that is read.
pub(super) fn refuse(command: &Command) -> Result<(), Failure> {
    let (out, read) = files(command);
    let Some(out) = out else { return Ok(()) };
    let Ok(place) = fs::canonicalize(out) else { return Ok(()) };
    match read.into_iter().flatten().find(|path| fs::canonicalize(path).is_ok_and(|read| read == place)) {
        Some(path) => {
            Err(Failure::new(USAGE, format!("--out would replace {}, which the command reads; name another file", path.display())))
        }
        None => Ok(()),
    }
}

/// The file that a command writes, and those that it reads. Retraining may put the new model in the old one's place.
fn files(command: &Command) -> (Option<&Path>, Vec<Option<&Path>>) {
    match command {
        Command::Schema(args) => (args.out.as_deref(), [&tables(&args.tables)[..], &[ends(&args.ends)]].concat()),
        Command::Train(args) => (
            Some(args.out.as_path()),
            [&tables(&args.tables)[..], &[ends(&args.ends), known(&args.known), args.schema.as_deref()]].concat(),
        ),
        Command::Score(args) => {
            (args.out.as_deref(), [&tables(&args.tables)[..], &[known(&args.known), Some(args.model.as_path())]].concat())
        }
        Command::Compare(args) => {
            let further = [known(&args.known), args.leads_before.as_deref(), Some(args.model.as_path()), args.previous.as_deref()];
            (args.out.as_deref(), [&tables(&args.tables)[..], &further].concat())
        }
        Command::Retrain(args) => (Some(args.out.as_path()), [&tables(&args.tables)[..], &[ends(&args.ends), known(&args.known)]].concat()),
        Command::Resolve(args) => (args.out.as_deref(), leads(&args.leads).to_vec()),
        Command::Route(args) => (args.out.as_deref(), [&leads(&args.leads)[..], &[Some(args.events.as_path())]].concat()),
        Command::Demo(_) | Command::Audit(_) | Command::Evaluate(_) | Command::Explain(_) | Command::Inspect(_) | Command::Generate(_) => {
            (None, Vec::new())
        }
    }
}

fn tables(tables: &Tables) -> [Option<&Path>; 2] {
    [Some(tables.leads.as_path()), tables.events.as_deref()]
}

fn ends(ends: &Ends) -> Option<&Path> {
    ends.outcomes.as_deref()
}

fn known(known: &Known) -> Option<&Path> {
    known.history.as_deref()
}

fn leads(leads: &Leads) -> [Option<&Path>; 3] {
    [Some(leads.leads.as_path()), ends(&leads.ends), leads.schema.as_deref()]
}
