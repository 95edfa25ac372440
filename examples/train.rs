//! Train on tables, look at the model's card, save it, and score the open leads.
//!
//! `cargo build --release --workspace --features leadscore/cli --examples && target/release/examples/train`

use leadscore::datasets::MakeLeads;
use leadscore::{AsOf, Model, Trainer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Yours come from files: `leadscore::frame::read_table("leads.parquet".as_ref(), &Default::default())?`
    let made = MakeLeads::new(3000).seed(1).make().frames()?;

    let model = Trainer::new().train(&made.leads, Some(&made.events), Some(&made.outcomes))?;
    println!("{}", model.card());

    let path = std::env::temp_dir().join("example.leadscore");
    model.save(&path)?;
    let model = Model::open(&path)?;

    let scores = model.score(&made.leads, Some(&made.events), &AsOf::At(leadscore::datasets::LeadsDataset::end()), 3)?;
    println!("{scores:?}");
    Ok(())
}
