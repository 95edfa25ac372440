//! `leadscore inspect`: what is in a model file.

use std::io::Write;

use super::args::InspectArgs;
use super::failure::Failure;
use super::tables::open_model;
use crate::counted::counted;

pub(super) fn run(args: &InspectArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let model = open_model(&args.model)?;
    writeln!(out, "version {}", model.version())?;
    write!(out, "{}", model.card())?;
    let features = model.plan().features();
    writeln!(out, "features: {} of {}", features.len(), counted(model.plan().columns().count(), "attribute"))?;
    if args.features {
        for (place, feature) in features.iter().enumerate() {
            writeln!(out, "  {} [{}]: {}", feature.name, model.plan().unit(place), model.plan().meaning(place))?;
        }
    }
    if args.verify {
        model.verify().map_err(|error| Failure::model(&args.model, &error))?;
        writeln!(out, "verified: every golden row has the bits that it had when the model was made")?;
    }
    Ok(())
}
