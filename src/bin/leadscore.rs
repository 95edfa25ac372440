//! The command line; all of it is [`leadscore::cli::run`].

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    ExitCode::from(leadscore::cli::run(std::env::args_os(), &mut stdout, &mut stderr))
}
