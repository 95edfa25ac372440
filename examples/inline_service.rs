//! Score inside a service: one model shared by threads, one query per request, no tables.
//!
//! `cargo build --release --workspace --features leadscore/cli --examples && target/release/examples/inline_service`. A service needs only the scorer: `cargo add leadscore --no-default-features`.

use std::sync::Arc;
use std::thread;

use leadscore::datasets::MakeLeads;
use leadscore::{Event, Lead, Model, Timestamp, Trainer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Once, somewhere else: train, save. The service opens the file.
    let made = MakeLeads::new(3000).seed(1).make().frames()?;
    let path = std::env::temp_dir().join("service.leadscore");
    Trainer::new().train(&made.leads, Some(&made.events), Some(&made.outcomes))?.save(&path)?;

    let model = Arc::new(Model::open(&path)?);
    model.verify()?; // The golden rows in the file score to the same bits here as where the model was made.

    let requests: Vec<thread::JoinHandle<Result<(), leadscore::Error>>> = (0..2)
        .map(|worker| {
            let model = Arc::clone(&model);
            thread::spawn(move || (0..3).try_for_each(|request| answer(&model, worker, request)))
        })
        .collect();
    for request in requests {
        request.join().map_err(|_| "a worker panicked")??;
    }
    Ok(())
}

/// One request: a lead as the CRM has it, its events so far, and the moment.
fn answer(model: &Model, worker: i64, request: i64) -> Result<(), leadscore::Error> {
    const HOUR: i64 = 3_600_000_000;
    let created = Timestamp::from_micros(1_781_000_000_000_000 + worker * 5 * HOUR)?;
    let after = |hours: i64| Timestamp::from_micros(created.micros() + hours * HOUR);

    // Every column that the model reads is mentioned: a value, or "missing". Forgetting one is told, not guessed.
    let mut lead = Lead::new(format!("request-{worker}-{request}")).created_at(created);
    for attribute in model.plan().attributes() {
        lead = lead.missing(attribute.name());
    }
    let lead = lead.text("product", "cloud").text("source", "webinar").number("employees", 120.0).boolean("opt_in", true);
    let events: Vec<Event> = (0..=request)
        .map(|i| Ok(Event::new(if i == 2 { "demo_request" } else { "pricing_page_view" }, after(i * 20)?).channel("web")))
        .collect::<Result<_, leadscore::TimeError>>()?;

    let score = model.query(&lead).events(&events).as_of(after(72)?).explain(3).score()?;
    println!("{}: {:.1} %, grade {}", score.lead_id, 100.0 * score.probability, score.grade);
    for reason in &score.reasons {
        println!("    {}", reason.text);
    }
    Ok(())
}
