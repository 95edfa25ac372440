//! The command line: files in, files out.
//!
//! [`run`] is the whole program; `src/bin/leadscore.rs` and the Python package's console script call it.
//!
//! | exit code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | anything else went wrong |
//! | 2 | the command line or a setting is wrong |
//! | 3 | the data or the schema are wrong |
//! | 4 | the model file is wrong |
//! | 5 | `retrain --fail-if-kept` kept the champion |
//! | 130 | interrupted |
//!
//! Results go to standard output; progress (only when it is a terminal) and errors (`error: ...`, one line, then perhaps `hint: ...`) to standard error.

mod args;
mod assess;
mod audit;
mod compare;
mod demo;
mod failure;
mod identity;
mod inspect;
mod learning;
mod listener;
mod made;
mod overwriting;
mod progress;
mod schema;
mod score;
mod tables;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;

use args::{Arguments, Command};
use failure::Failure;
use listener::Listener;

/// Runs the command line `arguments`, the program's name first, and returns the exit code.
///
/// ```
/// let code = leadscore::cli::run(["leadscore", "--version"].map(Into::into), &mut std::io::sink(), &mut std::io::sink());
/// assert_eq!(code, 0);
/// ```
pub fn run(arguments: impl IntoIterator<Item = OsString>, stdout: &mut dyn Write, stderr: &mut dyn Write) -> u8 {
    let (stdout, stderr) = (&mut Listener::new(stdout), &mut Listener::new(stderr));
    let parsed = match Arguments::try_parse_from(arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            // Help and version are no errors, and go to standard output.
            let told = if error.use_stderr() { write!(stderr, "{error}") } else { write!(stdout, "{error}") };
            return if error.use_stderr() || told.is_err() { failure::USAGE } else { failure::DONE };
        }
    };
    let result = overwriting::refuse(&parsed.command).and_then(|()| match parsed.command {
        Command::Demo(args) => demo::run(&args, stdout),
        Command::Schema(args) => schema::run(&args, stdout),
        Command::Audit(args) => audit::run(&args, stdout),
        Command::Train(args) => learning::train_files(&args, stdout),
        Command::Score(args) => score::run(&args, stdout, stderr),
        Command::Evaluate(args) => learning::evaluate_files(&args, stdout, stderr),
        Command::Explain(args) => score::explain(&args, stdout, stderr),
        Command::Compare(args) => compare::run(&args, stdout, stderr),
        Command::Inspect(args) => inspect::run(&args, stdout),
        Command::Retrain(args) => learning::retrain_files(&args, stdout, stderr),
        Command::Resolve(args) => identity::resolve(&args, stdout),
        Command::Route(args) => identity::route(&args, stdout),
        Command::Generate(args) => made::run(&args, stdout),
    });
    match result.and_then(|()| stdout.flush().map_err(Failure::from)) {
        Ok(()) => failure::DONE,
        Err(failure) => {
            // Nothing can be done when even this cannot be told.
            let _ = write!(stderr, "{failure}");
            failure.code
        }
    }
}
