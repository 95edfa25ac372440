//! Asks every column, and judges.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::confidence::standard_errors;
use super::questions::{Answer, Asked, Auc};
use super::report::{ColumnReport, LeakageReport, Verdict};
use super::rows::Rows;
use super::states::States;
use super::together::together;
use crate::schema::Attribute;
use crate::training::{TrainingData, TrainingError};
use crate::{Error, Timestamp};

/// From so many points on a column leaks, or is suspicious.
const LEAK: u8 = 4;
const SUSPICIOUS: u8 = 3;

/// What is known besides the data.
#[derive(Debug, Clone, Default)]
pub(crate) struct Audit {
    /// The rows are in order of time, the oldest first.
    pub(crate) ordered: bool,
    /// The moment up to which the history is believed.
    pub(crate) as_of: Option<Timestamp>,
    /// Columns that by their name may change after creation, with the reason.
    pub(crate) known: BTreeMap<String, String>,
    /// Columns that name rows, with what they do.
    pub(crate) identifiers: Vec<(String, String)>,
}

/// Which columns of `data` know the future, told from how they go with the end and the age of leads.
///
/// Looks at the attributes of the schema as a model would see them: categories, numbers, lengths of texts, whether there is an address.
///
/// # Errors
/// [`TrainingError::NoLeads`] for an empty table, [`TrainingError::OneClass`] when all leads whose end is known ended alike.
pub fn leakage_report(data: &TrainingData) -> Result<LeakageReport, Error> {
    Ok(examine(data, &Audit::default())?)
}

/// A column that has been asked everything that concerns it alone.
struct Interviewed {
    report: ColumnReport,
    answers: Vec<Answer>,
    auc: Option<(Auc, Vec<f32>)>,
    /// Whether its name alone makes it suspicious.
    known: bool,
}

pub(crate) fn examine(data: &TrainingData, audit: &Audit) -> Result<LeakageReport, TrainingError> {
    if data.leads.is_empty() {
        return Err(TrainingError::NoLeads);
    }
    let rows = Rows::of(data, audit.ordered, audit.as_of);
    let (leads, won) = rows.judged_and_won();
    if won == 0 || won == leads {
        let class = if won == 0 { "lost" } else { "won" };
        return Err(TrainingError::OneClass { n: leads, unit: "leads", class, detail: String::new() });
    }
    let asked = Asked::new(&rows, standard_errors(data.schema.attributes.len()));
    let attributes: Vec<(&String, &Attribute)> = data.schema.attributes.iter().collect();
    let mut columns: Vec<Interviewed> = attributes.par_iter().map(|(name, attribute)| interview(&asked, name, attribute, audit)).collect();
    compare_with_the_others(&asked, &mut columns);
    let mut columns: Vec<ColumnReport> = columns.into_iter().map(Interviewed::judged).collect();
    for (name, what) in &audit.identifiers {
        let mut identifier = untold(name);
        identifier.verdict = Verdict::Identifier;
        identifier.evidence.clone_from(what);
        columns.push(identifier);
    }
    columns.sort_by(|a, b| a.verdict.cmp(&b.verdict).then(b.points.cmp(&a.points)).then_with(|| a.name.cmp(&b.name)));
    Ok(LeakageReport {
        columns,
        leads,
        won,
        in_time_by: rows.in_time.as_ref().map(|(_, source)| source.clone()),
        notes: rows.notes.clone(),
    })
}

fn untold(name: &str) -> ColumnReport {
    ColumnReport {
        name: name.to_owned(),
        verdict: Verdict::Fine,
        evidence: String::new(),
        points: 0,
        auc: None,
        decides: 0.0,
        filled_won: None,
        filled_others: None,
    }
}

fn interview(asked: &Asked<'_>, name: &str, attribute: &Attribute, audit: &Audit) -> Interviewed {
    let mut report = untold(name);
    let Some(states) = States::of(name, attribute, asked.rows).filter(|states| states.occurring() > 1) else {
        "every lead has the same".clone_into(&mut report.evidence);
        return Interviewed { report, answers: Vec::new(), auc: None, known: false };
    };
    let statistic = asked.statistic(&states);
    let auc = asked.auc(&statistic);
    let (decides, decided) = asked.decides(&states);
    let (filled_won, filled_others, filled) = asked.filled(&states);
    report.auc = auc.map(|auc| auc.value);
    report.decides = decides;
    report.filled_won = Some(filled_won).filter(|share| !share.is_nan());
    report.filled_others = Some(filled_others).filter(|share| !share.is_nan());
    let planned = matches!(attribute, Attribute::Date { future: true });
    let mut answers: Vec<Answer> =
        [asked.after_close(name, planned), auc.and_then(|auc| asked.knows(auc)), decided, filled, asked.comes_with_age(&states)]
            .into_iter()
            .flatten()
            .collect();
    let known = audit.known.get(name);
    answers.extend(known.map(|reason| Answer::new(1, format!("known by its name: {reason}"))));
    Interviewed { report, answers, auc: auc.map(|auc| (auc, statistic)), known: known.is_some() }
}

impl Interviewed {
    fn points(&self) -> u8 {
        self.answers.iter().fold(0, |sum, answer| sum.saturating_add(answer.points))
    }

    fn judged(mut self) -> ColumnReport {
        self.report.points = self.points();
        self.report.verdict = match self.report.points {
            LEAK.. => Verdict::Leak,
            SUSPICIOUS => Verdict::Suspicious,
            _ if self.known => Verdict::Suspicious,
            _ => Verdict::Fine,
        };
        if self.report.evidence.is_empty() {
            // The answer that weighs most first; of equals, in the order in which they were asked.
            self.answers.sort_by_key(|answer| std::cmp::Reverse(answer.points));
            let told: Vec<&str> = self.answers.iter().map(|answer| answer.words.as_str()).collect();
            self.report.evidence = match (told.is_empty(), self.report.auc) {
                (false, _) => told.join("; "),
                (true, Some(auc)) => format!("nothing speaks against it; alone AUC {auc:.2}"),
                (true, None) => "nothing speaks against it".to_owned(),
            };
        }
        self.report
    }
}

/// Asks the columns that stand out, and are not yet found to leak, whether they tell more than all columns that do neither.
fn compare_with_the_others(asked: &Asked<'_>, columns: &mut [Interviewed]) {
    let outstanding: Vec<usize> = (0..columns.len())
        .filter(|&i| columns[i].points() < LEAK && columns[i].auc.as_ref().is_some_and(|(auc, _)| asked.stands_out(*auc)))
        .collect();
    let mut more = Vec::new();
    for &i in &outstanding {
        let others: Vec<(Auc, Vec<f32>)> = (columns.iter().enumerate())
            .filter(|(other, column)| *other != i && column.points() < LEAK)
            .filter_map(|(_, column)| column.auc.clone())
            .collect();
        if let (Some(together), Some((alone, _))) = (together(asked, &others), &columns[i].auc)
            && alone.value - asked.z * alone.error > together.value
        {
            let words = format!("that is more than the {} other columns together ({:.2})", others.len(), together.value);
            more.push((i, Answer::new(1, words)));
        }
    }
    for (i, answer) in more {
        columns[i].answers.push(answer);
    }
}
