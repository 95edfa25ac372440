//! An HTTP service that scores leads inline and keeps the engagement of each, and a load test of it.
//!
//! ```text
//! cargo run --release --manifest-path examples/service/Cargo.toml -- MODEL [ADDRESS]
//! cargo run --release --manifest-path examples/service/Cargo.toml -- MODEL --load SECONDS [--connections N]
//! ```
//!
//! The first serves the model file on an address, by default 127.0.0.1:8080, until it is interrupted. The second serves it on a free port, loads it for as long
//! from as many connections (8 by default), holds every score against the library's own to the bit, and states requests per second and latencies.

mod load;
mod reading;
mod service;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use leadscore::Model;
use tokio::net::TcpListener;

use service::Service;

const USAGE: &str = "usage: service MODEL [ADDRESS] | service MODEL --load SECONDS [--connections N]

MODEL           the model file
ADDRESS         where to serve it, by default 127.0.0.1:8080
--load          serve it on a free port, load it for so many seconds, hold every score against the library's own, state latencies
--connections   from how many connections, by default 8";

/// What to do.
enum Task {
    Serve { address: String },
    Load { duration: Duration, connections: usize },
}

fn task(mut arguments: impl Iterator<Item = String>) -> Result<Task, Box<dyn Error>> {
    let mut task = Task::Serve { address: "127.0.0.1:8080".to_owned() };
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value\n{USAGE}"));
        match (argument.as_str(), &mut task) {
            ("--load", _) => task = Task::Load { duration: Duration::try_from_secs_f64(value()?.parse()?)?, connections: 8 },
            ("--connections", Task::Load { connections, .. }) => *connections = value()?.parse::<usize>()?.max(1),
            (other, Task::Serve { address }) if !other.starts_with('-') => *address = argument,
            _ => return Err(format!("\"{argument}\" is not known here\n{USAGE}").into()),
        }
    }
    Ok(task)
}

async fn run() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    if arguments.peek().is_some_and(|first| first == "--help" || first == "-h") {
        println!("{USAGE}");
        return Ok(());
    }
    let path = arguments.next().ok_or(USAGE)?;
    let task = task(arguments)?;
    let model = Model::open(path)?;
    // The golden rows in the file score to the same bits here as where the model was made.
    model.verify()?;
    let service = Arc::new(Service::new(model));
    match task {
        Task::Serve { address } => {
            let listener = TcpListener::bind(&address).await?;
            println!("model {} on http://{}", service.model().version(), listener.local_addr()?);
            let interrupted = async {
                if tokio::signal::ctrl_c().await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            axum::serve(listener, service::routes(service)).with_graceful_shutdown(interrupted).await?;
        }
        Task::Load { duration, connections } => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let address = listener.local_addr()?;
            let routes = service::routes(Arc::clone(&service));
            tokio::spawn(async move { axum::serve(listener, routes).await });
            print!("{}", load::run(service, address, duration, connections).await?);
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
