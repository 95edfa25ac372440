//! `leadscore resolve` and `leadscore route`: who leads are, and whose events are.

use std::io::Write;

use polars::prelude::DataFrame;

use super::args::{Leads, ResolveArgs, RouteArgs, RouteRule};
use super::failure::{Failure, USAGE};
use super::tables::options;
use crate::frame::{EventKeyColumns, ResolvedLeads, read_table, write_table};
use crate::identity::{Country, IdentityRules, RouteTo};
use crate::schema::Schema;

/// How many orphans are printed.
const SHOWN: usize = 5;

pub(super) fn resolve(args: &ResolveArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let (_, resolved) = read(&args.leads)?;
    writeln!(out, "{}", resolved.identity.report)?;
    if let Some(path) = &args.out {
        write_table(&resolved.table()?, path)?;
        writeln!(out, "written: {}", path.display())?;
    }
    Ok(())
}

pub(super) fn route(args: &RouteArgs, out: &mut dyn Write) -> Result<(), Failure> {
    let (leads, resolved) = read(&args.leads)?;
    let events = read_table(&args.events, &options(&args.leads.text))?;
    let columns = EventKeyColumns::new(args.lead_id.clone(), args.at.clone(), args.email.clone(), args.phone.clone());
    let scores = match (&args.scores, args.to) {
        (Some(name), _) => resolved.scores(&leads, name)?,
        (None, RouteRule::HighestScored) => {
            return Err(Failure::new(USAGE, "--to highest-scored needs --scores, the column of leads with the scores"));
        }
        (None, RouteRule::MostRecent) => Vec::new(),
    };
    let to = match args.to {
        RouteRule::MostRecent => RouteTo::MostRecent,
        RouteRule::HighestScored => RouteTo::HighestScored(&scores),
    };
    let routed = resolved.route(&events, &columns, to)?;
    writeln!(out, "{routed}")?;
    for row in routed.orphans().take(SHOWN) {
        writeln!(out, "  row {row}: {}", routed.route[row].as_str())?;
    }
    if let Some(path) = &args.out {
        write_table(&resolved.routed_table(&routed)?, path)?;
        writeln!(out, "written: {}", path.display())?;
    }
    Ok(())
}

fn read(args: &Leads) -> Result<(DataFrame, ResolvedLeads), Failure> {
    let text = options(&args.text);
    let leads = read_table(&args.leads, &text)?;
    let outcomes = args.ends.outcomes.as_deref().map(|path| read_table(path, &text)).transpose()?;
    let schema = match &args.schema {
        Some(path) => Schema::load(path)?,
        None => Schema::infer(&leads, None, outcomes.as_ref(), None, &[])?.schema,
    };
    let mut rules = IdentityRules::default().max_leads(args.max_leads).max_emails_per_phone(args.max_emails_per_phone);
    if let Some(iso) = &args.country {
        let advice =
            || Failure::new(USAGE, format!("--country \"{iso}\" is no country with a calling code; write it as DE or US (ISO 3166)"));
        rules = rules.country(Country::from_iso(iso).ok_or_else(advice)?);
    }
    let resolved = ResolvedLeads::new(&leads, outcomes.as_ref(), &schema, &rules)?;
    Ok((leads, resolved))
}
