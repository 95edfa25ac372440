//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::calibration::CalibrationMethod;
use crate::error::Error;
use crate::schema::Schema;
use crate::time::{Span, Timestamp};

const CODES: &str = "Exit codes: 0 done; 2 the command line or a setting is wrong; 3 the data or the schema are wrong; 4 the model file is wrong; \
5 retrain --fail-if-kept kept the champion; 130 interrupted; 1 anything else.";

/// Learns from closed-won and closed-lost history which open sales leads will convert, and says so as an honest probability with its reasons.
#[derive(Debug, Parser)]
#[command(name = "leadscore", version, about, after_help = CODES, max_term_width = 110, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Train, evaluate and score on a small made data set, and compare with its known truth
    #[command(after_help = CODES)]
    Demo(DemoArgs),
    /// Guess what the columns mean, say why, and write it to a file to edit
    #[command(after_help = CODES)]
    Schema(SchemaArgs),
    /// Tell which columns know the future, before a model is trained
    #[command(after_help = CODES)]
    Audit(AuditArgs),
    /// Learn a model from leads, their events and how they ended
    #[command(after_help = CODES)]
    Train(TrainArgs),
    /// Score leads
    #[command(after_help = CODES)]
    Score(ScoreArgs),
    /// Measure a model on leads whose end is known
    #[command(after_help = CODES)]
    Evaluate(EvaluateArgs),
    /// Say why one lead has its score
    #[command(after_help = CODES)]
    Explain(ExplainArgs),
    /// Say why the scores of leads changed between two moments
    #[command(after_help = CODES)]
    Compare(CompareArgs),
    /// Say what is in a model file
    #[command(after_help = CODES)]
    Inspect(InspectArgs),
    /// Train a challenger, measure it against the champion, and keep the better
    #[command(after_help = CODES)]
    Retrain(RetrainArgs),
    /// Tell which leads are of one person and of one account, and which are there twice
    #[command(after_help = CODES)]
    Resolve(ResolveArgs),
    /// Find the lead of every event by lead, e-mail address or telephone number
    #[command(after_help = CODES)]
    Route(RouteArgs),
    /// Make leads whose true probability is known
    #[command(after_help = CODES)]
    Generate(GenerateArgs),
}

/// The tables.
#[derive(Debug, Clone, Args)]
pub(super) struct Tables {
    /// Table of leads: .csv, .tsv (each also .gz), .parquet, .arrow
    #[arg(long, value_name = "FILE")]
    pub(super) leads: PathBuf,
    /// Table of their events
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    #[command(flatten)]
    pub(super) text: TextOptions,
}

/// How text files are written.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct TextOptions {
    /// What separates the fields; found by itself among , ; tab and |
    #[arg(long, value_name = "CHAR", help_heading = "Text files")]
    pub(super) separator: Option<char>,
    /// Numbers are written 1,5
    #[arg(long, help_heading = "Text files")]
    pub(super) decimal_comma: bool,
}

/// The end of leads.
#[derive(Debug, Args)]
pub(super) struct Ends {
    /// Table of how leads ended; without it the columns stand on leads, or leads have a label
    #[arg(long, value_name = "FILE")]
    pub(super) outcomes: Option<PathBuf>,
}

/// What was known of attributes, and when.
#[derive(Debug, Args)]
pub(super) struct Known {
    /// Table with the attributes' history (lead_id, column, value, valid_from): values count from when they were known
    #[arg(long, value_name = "FILE")]
    pub(super) history: Option<PathBuf>,
}

/// Which columns mean what.
#[derive(Debug, Args)]
pub(super) struct Meaning {
    /// Column of leads with the 0/1 label of a flat table
    #[arg(long, value_name = "COLUMN")]
    pub(super) label: Option<String>,
    /// Columns that the model must not read
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub(super) exclude: Vec<String>,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Folder for the tables, the model and the scores
    #[arg(long, value_name = "FOLDER", default_value = "leadscore-demo")]
    pub(super) out: PathBuf,
    /// Threads; as many as the machine runs at once by default
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(super) threads: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    #[command(flatten)]
    pub(super) tables: Tables,
    #[command(flatten)]
    pub(super) ends: Ends,
    #[command(flatten)]
    pub(super) meaning: Meaning,
    /// Where to write it (TOML); printed only, without
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct AuditArgs {
    #[command(flatten)]
    pub(super) tables: Tables,
    #[command(flatten)]
    pub(super) ends: Ends,
    #[command(flatten)]
    pub(super) known: Known,
    #[command(flatten)]
    pub(super) meaning: Meaning,
    /// What the columns mean, as `leadscore schema` writes it; guessed without
    #[arg(long, value_name = "FILE", conflicts_with_all = ["label", "exclude"])]
    pub(super) schema: Option<PathBuf>,
    /// The moment up to which the history is believed (ISO 8601); the newest moment of the data without
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(super) as_of: Option<Moment>,
    /// A flat table is in order of time
    #[arg(long)]
    pub(super) ordered: bool,
}

#[derive(Debug, Args)]
pub(super) struct TrainArgs {
    #[command(flatten)]
    pub(super) tables: Tables,
    #[command(flatten)]
    pub(super) ends: Ends,
    #[command(flatten)]
    pub(super) known: Known,
    #[command(flatten)]
    pub(super) meaning: Meaning,
    /// What the columns mean, as `leadscore schema` writes it; guessed without
    #[arg(long, value_name = "FILE", conflicts_with_all = ["label", "exclude"])]
    pub(super) schema: Option<PathBuf>,
    /// Where to write the model
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: PathBuf,
    #[command(flatten)]
    pub(super) settings: Settings,
}

/// How to train.
#[derive(Debug, Args)]
#[command(next_help_heading = "Training")]
pub(super) struct Settings {
    /// Which model to fit; auto takes the better of the two on rows not seen in fitting
    #[arg(long, value_enum, default_value_t = AlgorithmName::Auto)]
    pub(super) algorithm: AlgorithmName,
    /// How long after a snapshot a win counts
    #[arg(long, value_name = "SPAN", default_value = "90d")]
    pub(super) horizon: Span,
    /// Ages at which leads are observed, for example 0d,7d,30d; chosen by itself without
    #[arg(long, value_name = "SPANS", value_delimiter = ',')]
    pub(super) snapshots: Vec<Span>,
    /// The moment as of which to train (ISO 8601); the newest moment of the data without
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(super) as_of: Option<Moment>,
    /// A flat table is in order of time
    #[arg(long)]
    pub(super) ordered: bool,
    /// How probabilities are calibrated: auto, none, platt, isotonic, beta, temperature
    #[arg(long, value_name = "METHOD", default_value = "auto")]
    pub(super) calibration: CalibrationMethod,
    #[command(flatten)]
    pub(super) constraints: ConstraintOptions,
    #[command(flatten)]
    pub(super) run: RunOptions,
}

/// What is known beforehand of features. They go by the names that `leadscore inspect --features` lists, or by the attribute or kind of events that they are of.
#[derive(Debug, Args)]
pub(super) struct ConstraintOptions {
    /// A number and 1 where the probability must never fall as it rises, -1 where it must never rise: employees=1. Trees keep to it; auto then fits trees alone
    #[arg(long, value_name = "FEATURE=DIRECTION", value_delimiter = ',', value_parser = direction)]
    pub(super) monotone: Vec<(String, i8)>,
    /// A group of features (or attributes, or kinds of events) that trees may ask together, with commas; once for each group. One in no group is asked with no other
    #[arg(long, value_name = "FEATURES", value_parser = group)]
    pub(super) interaction: Vec<Group>,
    /// Features (or attributes, or kinds of events) that the model must not read
    #[arg(long, value_name = "FEATURES", value_delimiter = ',')]
    pub(super) exclude_feature: Vec<String>,
}

/// Features that trees may ask together.
#[derive(Debug, Clone)]
pub(super) struct Group(pub(super) Vec<String>);

/// Chance and threads.
#[derive(Debug, Args)]
pub(super) struct RunOptions {
    /// Seed of everything random
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// Threads; as many as the machine runs at once by default. They do not change the model
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(super) threads: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AlgorithmName {
    Auto,
    Logistic,
    Boosting,
}

#[derive(Debug, Args)]
pub(super) struct ScoreArgs {
    /// The model file
    #[arg(long, short, value_name = "FILE")]
    pub(super) model: PathBuf,
    #[command(flatten)]
    pub(super) tables: Tables,
    #[command(flatten)]
    pub(super) known: Known,
    /// The moment of scoring: ISO 8601, or the name of a column of leads; the clock without
    #[arg(long, value_name = "MOMENT")]
    pub(super) as_of: Option<String>,
    /// How many reasons to give for each lead
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) explain: usize,
    /// Where to write the scores: .csv, .tsv, .parquet, .arrow; the ten best are printed without
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
    /// Threads; as many as the machine runs at once by default
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(super) threads: Option<usize>,
}

#[derive(Debug, Args)]
pub(super) struct EvaluateArgs {
    /// The model file
    #[arg(long, short, value_name = "FILE")]
    pub(super) model: PathBuf,
    #[command(flatten)]
    pub(super) tables: Tables,
    #[command(flatten)]
    pub(super) ends: Ends,
    #[command(flatten)]
    pub(super) known: Known,
    /// The moment up to which ends are known (ISO 8601); the newest moment of the data without
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(super) as_of: Option<Moment>,
}

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The model file
    #[arg(long, short, value_name = "FILE")]
    pub(super) model: PathBuf,
    #[command(flatten)]
    pub(super) tables: Tables,
    #[command(flatten)]
    pub(super) known: Known,
    /// The lead's identifier
    #[arg(long, value_name = "ID")]
    pub(super) lead: String,
    /// The moment of scoring: ISO 8601, or the name of a column of leads; the clock without
    #[arg(long, value_name = "MOMENT")]
    pub(super) as_of: Option<String>,
    /// How many reasons to give
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(super) reasons: usize,
}

#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The model file
    #[arg(long, short, value_name = "FILE")]
    pub(super) model: PathBuf,
    /// The model file that scored at the earlier moment, if it was another one
    #[arg(long, value_name = "FILE")]
    pub(super) previous: Option<PathBuf>,
    #[command(flatten)]
    pub(super) tables: Tables,
    /// Table of leads as they were at the earlier moment; without it their attributes have not changed, or --history says how
    #[arg(long, value_name = "FILE", conflicts_with = "history")]
    pub(super) leads_before: Option<PathBuf>,
    #[command(flatten)]
    pub(super) known: Known,
    /// The earlier moment (ISO 8601)
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(super) from: Moment,
    /// The later moment (ISO 8601); the clock without
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(super) to: Option<Moment>,
    /// The leads' identifiers; all leads without, and then the ten whose scores changed most are printed
    #[arg(long, value_name = "IDS", value_delimiter = ',')]
    pub(super) lead: Vec<String>,
    /// How many concepts to name in each part of a change
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(super) concepts: usize,
    /// Where to write a row a lead: .csv, .tsv, .parquet, .arrow; or all of it: .json
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct InspectArgs {
    /// The model file
    #[arg(value_name = "MODEL")]
    pub(super) model: PathBuf,
    /// Score the synthetic rows in the file again and compare every bit
    #[arg(long)]
    pub(super) verify: bool,
    /// List every feature: name, unit, what it says
    #[arg(long)]
    pub(super) features: bool,
}

#[derive(Debug, Args)]
pub(super) struct RetrainArgs {
    /// The model file in use
    #[arg(long, value_name = "FILE")]
    pub(super) champion: PathBuf,
    #[command(flatten)]
    pub(super) tables: Tables,
    #[command(flatten)]
    pub(super) ends: Ends,
    #[command(flatten)]
    pub(super) known: Known,
    /// Where to write the new model, when it is promoted
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: PathBuf,
    /// The moment as of which to retrain (ISO 8601); the newest moment of the data without
    #[arg(long, value_name = "MOMENT", value_parser = moment)]
    pub(super) as_of: Option<Moment>,
    /// End with exit code 5 when the champion is kept
    #[arg(long)]
    pub(super) fail_if_kept: bool,
    /// Threads; as many as the machine runs at once by default. They do not change the answer
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(super) threads: Option<usize>,
}

/// The leads whose identity is asked.
#[derive(Debug, Args)]
pub(super) struct Leads {
    /// Table of leads: .csv, .tsv (each also .gz), .parquet, .arrow
    #[arg(long, value_name = "FILE")]
    pub(super) leads: PathBuf,
    #[command(flatten)]
    pub(super) ends: Ends,
    #[command(flatten)]
    pub(super) text: TextOptions,
    /// What the columns mean, as `leadscore schema` writes it; guessed without
    #[arg(long, value_name = "FILE")]
    pub(super) schema: Option<PathBuf>,
    /// Country (ISO 3166: DE, US) of telephone numbers without a calling code
    #[arg(long, value_name = "COUNTRY")]
    pub(super) country: Option<String>,
    /// A key on more leads than this is nobody's own
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(super) max_leads: usize,
    /// A telephone number with more e-mail addresses than this is a switchboard's
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(super) max_emails_per_phone: usize,
}

#[derive(Debug, Args)]
pub(super) struct ResolveArgs {
    #[command(flatten)]
    pub(super) leads: Leads,
    /// Where to write a row a lead: person, account, keys in normal form, duplicates
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct RouteArgs {
    /// Table of events: .csv, .tsv (each also .gz), .parquet, .arrow
    #[arg(long, value_name = "FILE")]
    pub(super) events: PathBuf,
    #[command(flatten)]
    pub(super) leads: Leads,
    /// To which of a person's open leads
    #[arg(long, value_enum, default_value_t = RouteRule::MostRecent)]
    pub(super) to: RouteRule,
    /// Column of leads with their scores, for --to highest-scored
    #[arg(long, value_name = "COLUMN")]
    pub(super) scores: Option<String>,
    /// Column of events with the lead
    #[arg(long, value_name = "COLUMN", help_heading = "Columns of events (found by their names)")]
    pub(super) lead_id: Option<String>,
    /// Column of events with the moment
    #[arg(long, value_name = "COLUMN", help_heading = "Columns of events (found by their names)")]
    pub(super) at: Option<String>,
    /// Column of events with the e-mail address
    #[arg(long, value_name = "COLUMN", help_heading = "Columns of events (found by their names)")]
    pub(super) email: Option<String>,
    /// Column of events with the telephone number
    #[arg(long, value_name = "COLUMN", help_heading = "Columns of events (found by their names)")]
    pub(super) phone: Option<String>,
    /// Where to write a row an event: the lead, how it was found
    #[arg(long, short, value_name = "FILE")]
    pub(super) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RouteRule {
    MostRecent,
    HighestScored,
}

#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// How many leads
    #[arg(long, value_name = "N", default_value_t = 3000)]
    pub(super) leads: usize,
    /// Seed; the same size and seed give the same bytes everywhere
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) seed: u64,
    /// Folder for leads, events, outcomes and truth
    #[arg(long, short, value_name = "FOLDER")]
    pub(super) out: PathBuf,
    /// How to write them
    #[arg(long, value_enum, default_value_t = TableFormat::Csv)]
    pub(super) format: TableFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    Csv,
    Parquet,
    Arrow,
}

/// A moment in ISO 8601, as it is written: when that is depends on the zone of the schema, where it says no offset.
#[derive(Debug, Clone)]
pub(super) struct Moment(String);

impl Moment {
    /// The moment, by the zone of a schema; UTC without one, for a schema that is inferred names no zone.
    pub(super) fn of(&self, schema: Option<&Schema>) -> Result<Timestamp, Error> {
        schema.unwrap_or(&Schema::default()).instant(&self.0)
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    let understood = Schema::default().instant(text).is_ok();
    understood.then(|| Moment(text.to_owned())).ok_or_else(|| "write a moment as 2026-03-01 or 2026-03-01T09:30:00Z".to_owned())
}

/// A feature and the direction in which it may move the probability.
fn direction(text: &str) -> Result<(String, i8), String> {
    let advice = || "write a feature and 1 (never falls) or -1 (never rises), such as employees=1".to_owned();
    let (name, direction) = text.rsplit_once('=').ok_or_else(advice)?;
    match direction.trim().parse() {
        Ok(direction @ -1..=1) if !name.trim().is_empty() => Ok((name.trim().to_owned(), direction)),
        _ => Err(advice()),
    }
}

/// Names with commas between them.
fn group(text: &str) -> Result<Group, String> {
    let names: Vec<String> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.is_empty() { Err("write a group of features as industry,employees".to_owned()) } else { Ok(Group(names)) }
}

fn threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "write a whole number from 1 on".to_owned())
}
