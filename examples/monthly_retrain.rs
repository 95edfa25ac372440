//! Retrain every month on the outcomes so far, and let the new model take over only when it is not worse.
//!
//! `cargo build --release --workspace --features leadscore/cli --examples && target/release/examples/monthly_retrain`

use leadscore::datasets::MakeLeads;
use leadscore::{Gate, Retrainer, Span, Timestamp, Trainer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let made = MakeLeads::new(6000).seed(1).make().frames()?;
    let end = leadscore::datasets::LeadsDataset::end().micros();
    let months_ago = |months: i64| Timestamp::from_micros(end - months * 30 * Span::days(1).micros());

    // The first model knows what was known eleven months ago.
    let mut champion = Trainer::new().as_of(months_ago(11)?).train(&made.leads, Some(&made.events), Some(&made.outcomes))?;
    println!("first model {}", champion.version());

    for month in [6, 3, 0] {
        let result = Retrainer::new().as_of(months_ago(month)?).gate(Gate::default().min_positives(50)).retrain(
            &champion,
            &made.leads,
            Some(&made.events),
            Some(&made.outcomes),
        )?;
        println!("{}: {}", months_ago(month)?, result.reason);
        champion = result.model;
    }
    println!("in use: {}", champion.version());
    Ok(())
}
