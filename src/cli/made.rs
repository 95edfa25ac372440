//! `leadscore generate`: made leads to files.

use std::fs;
use std::io::Write;
use std::path::Path;

use polars::prelude::DataFrame;

use super::args::{GenerateArgs, TableFormat};
use super::failure::Failure;
use crate::datasets::MakeLeads;
use crate::frame::{write_table, write_whole};

pub(super) fn run(args: &GenerateArgs, out: &mut dyn Write) -> Result<(), Failure> {
    fs::create_dir_all(&args.out).map_err(|e| Failure::writing(&args.out, &e))?;
    let data = MakeLeads::new(args.leads).seed(args.seed).make();
    let extension = match args.format {
        TableFormat::Csv => "csv",
        TableFormat::Parquet => "parquet",
        TableFormat::Arrow => "arrow",
    };
    let path = |name: &str| args.out.join(format!("{name}.{extension}"));
    if args.format == TableFormat::Csv {
        text(&path("leads"), &data.leads_csv())?;
        text(&path("events"), &data.events_csv())?;
        text(&path("outcomes"), &data.outcomes_csv())?;
        text(&path("truth"), &data.truth_csv())?;
    } else {
        let frames = data.frames()?;
        let tables: [(&str, &DataFrame); 4] =
            [("leads", &frames.leads), ("events", &frames.events), ("outcomes", &frames.outcomes), ("truth", &frames.truth)];
        for (name, table) in tables {
            write_table(table, path(name))?;
        }
    }
    writeln!(
        out,
        "{} leads, {} events, {} outcomes, {} true probabilities in {}",
        data.leads.len(),
        data.events.len(),
        data.outcomes.len(),
        data.truth.len(),
        args.out.display()
    )?;
    Ok(())
}

/// Writes a text file, whole or not at all.
pub(super) fn text(path: &Path, content: &str) -> Result<(), Failure> {
    write_whole(path, |file| file.write_all(content.as_bytes())).map_err(|e| Failure::writing(path, &e))
}
