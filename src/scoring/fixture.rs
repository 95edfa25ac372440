//! A small world for the tests of scoring and of the model file: a model, and random leads both as tables and one by one.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Event, Grades, Lead};
use crate::calibration::Calibrator;
use crate::card::Card;
use crate::features::{AttributeColumn, Cell, FeatureKind, FeaturePlan, FeatureSettings, LeadTable, RawEvents, TextColumn};
use crate::model::{Model, ModelParts};
use crate::models::Classifier;
use crate::models::boosting::BoostingModel;
use crate::schema::{Attribute, EventColumns, Schema};
use crate::time::{Span, Timestamp};

pub(crate) const DAY: i64 = 86_400_000_000;
pub(crate) const NOW: i64 = 1_710_000_000_000_000;

const INDUSTRIES: [&str; 4] = ["software", "retail", "banking", "never seen"];
const KINDS: [&str; 3] = ["demo_request", "email_open", "fax"];

/// Leads, their events and the moments as of which they are scored.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) leads: LeadTable,
    pub(crate) events: RawEvents,
    pub(crate) as_of: Vec<i64>,
}

pub(crate) fn schema() -> Schema {
    let attributes = [("employees", Attribute::Numeric {}), ("industry", Attribute::Categorical { aliases: Default::default() })];
    Schema {
        lead_id: Some("id".into()),
        created_at: Some("created".into()),
        attributes: attributes.map(|(name, attribute)| (name.to_owned(), attribute)).into(),
        events: Some(EventColumns {
            lead_id: "lead".into(),
            at: "at".into(),
            kind: "kind".into(),
            channel: Some("channel".into()),
            value: Some("value".into()),
            recorded_at: Some("known".into()),
            groups: Default::default(),
            intents: Default::default(),
            initiator: Default::default(),
        }),
        ..Schema::default()
    }
}

/// A linear congruential generator (Knuth's MMIX): the tests need variety, not quality.
fn random(state: &mut u64, below: u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) % below
}

impl World {
    pub(crate) fn new(n: usize, seed: u64) -> Self {
        let s = &mut (seed + 1);
        let code = |s: &mut u64| if random(s, 5) == 0 { u32::MAX } else { random(s, 4) as u32 };
        let industry = TextColumn { words: INDUSTRIES.map(str::to_owned).to_vec(), codes: (0..n).map(|_| code(s)).collect() };
        let employees = (0..n).map(|_| if random(s, 6) == 0 { f64::NAN } else { random(s, 5000) as f64 / 3.0 }).collect();
        let as_of: Vec<i64> = (0..n).map(|_| NOW + random(s, 100 * DAY as u64) as i64).collect();
        let created_at = as_of.iter().map(|t| if random(s, 9) == 0 { i64::MIN } else { t - random(s, 300) as i64 * DAY }).collect();
        let leads = LeadTable {
            ids: (0..n).map(|i| format!("L{i}")).collect(),
            created_at,
            attributes: vec![
                ("employees".into(), AttributeColumn::Number(employees)),
                ("industry".into(), AttributeColumn::Text(industry)),
            ],
            ..LeadTable::default()
        };
        let mut events = RawEvents {
            kind: TextColumn { words: KINDS.map(str::to_owned).to_vec(), codes: vec![] },
            channel: Some(TextColumn { words: vec!["web".into(), "mail".into()], codes: vec![] }),
            ..RawEvents::default()
        };
        for _ in 0..n * 6 {
            let lead = random(s, n as u64) as usize;
            // Every third lead has none.
            if lead.is_multiple_of(3) {
                continue;
            }
            let at = as_of[lead] + (5 - random(s, 200) as i64) * DAY + random(s, 3) as i64;
            events.lead.push(lead as u32);
            events.at.push(at);
            events.recorded_at.push(at + random(s, 2) as i64 * random(s, 10) as i64 * DAY);
            events.kind.codes.push(random(s, 3) as u32);
            events.channel.as_mut().unwrap().codes.push([0, 1, u32::MAX][random(s, 3) as usize]);
            events.value.push(if random(s, 2) == 0 { f32::NAN } else { random(s, 100) as f32 });
        }
        Self { leads, events, as_of }
    }

    /// Lead `row` as a caller would describe it by itself.
    pub(crate) fn lead(&self, row: usize) -> Lead {
        let lead = Lead::new(&self.leads.ids[row]);
        let lead = match self.leads.created(row) {
            Some(at) => lead.created_at(Timestamp::from_micros(at).unwrap()),
            None => lead.missing("created"),
        };
        self.leads.attributes.iter().fold(lead, |lead, (name, column)| match column.cell(row) {
            Cell::Text(word) => lead.text(name, word),
            Cell::Number(x) => lead.number(name, x),
            _ => lead.missing(name),
        })
    }

    /// The events of lead `row`, in the order of the source.
    pub(crate) fn events_of(&self, row: usize) -> Vec<Event> {
        self.events_known_from(row, i64::MIN)
    }

    /// The same, none of them known before `from`.
    pub(crate) fn events_known_from(&self, row: usize, from: i64) -> Vec<Event> {
        let raw = &self.events;
        let of_lead = (0..raw.len()).filter(|&i| raw.lead[i] as usize == row);
        of_lead
            .map(|i| {
                let time = |t| Timestamp::from_micros(t).unwrap();
                let event = Event::new(raw.kind.word(i).unwrap(), time(raw.at[i])).recorded_at(time(raw.recorded_at[i].max(from)));
                let event = event.value(f64::from(raw.value[i]));
                match raw.channel.as_ref().unwrap().word(i) {
                    Some(channel) => event.channel(channel),
                    None => event,
                }
            })
            .collect()
    }

    pub(crate) fn as_of(&self, row: usize) -> Timestamp {
        Timestamp::from_micros(self.as_of[row]).unwrap()
    }
}

/// A plan small enough for tests that read it a hundred thousand times.
pub(crate) fn plan() -> FeaturePlan {
    let mut world = World::new(300, 99);
    // The last industry and the last kind stay unknown.
    if let AttributeColumn::Text(industry) = &mut world.leads.attributes[1].1 {
        industry.codes.iter_mut().filter(|code| **code == 3).for_each(|code| *code = u32::MAX);
    }
    world.events.kind.codes.iter_mut().filter(|code| **code == 2).for_each(|code| *code = 0);
    let settings = FeatureSettings::default().windows([Span::days(7)]).half_lives([Span::days(7)]);
    let mut plan = FeaturePlan::fit(&schema(), &world.leads, &world.events, &settings).unwrap();
    plan.set_longest_silence(Some(180 * DAY));
    plan
}

/// Trees written by hand: one for every feature, of one split each.
pub(crate) fn classifier(plan: &FeaturePlan) -> Classifier {
    let mut model = BoostingModel::empty(-1.5, Vec::new());
    model.max_depth = 1;
    for (i, feature) in (0..).zip(plan.features()) {
        let root = model.left.len() as u32;
        let payload = match &feature.kind {
            FeatureKind::Numeric => [0.5_f32, 3.0, 0.0][i % 3].to_bits(),
            FeatureKind::Categorical { levels } => {
                model.set_words.extend((0..=levels.len() / 32).map(|_| 0b101));
                model.set_starts.push(model.set_words.len() as u32);
                model.set_starts.len() as u32 - 2
            }
        };
        model.codes.push(if let FeatureKind::Categorical { levels } = &feature.kind { levels.len() as u32 + 1 } else { 0 });
        let leaf = model.leaves.len() as u32;
        model.roots.push(root);
        model.left.extend([root + 1, 0, 0]);
        model.feature.extend([i as u32 | if i % 2 == 0 { 1 << 31 } else { 0 }, 0, 0]);
        model.payload.extend([payload, leaf, leaf + 1]);
        model.cover.extend([10.0, 6.0, 4.0]);
        model.share.extend([1.0, 0.5, 0.5]);
        model.gain.extend([1.0, 0.0, 0.0]);
        let step = f64::from(i as u32 % 5) * 0.1 - 0.22;
        model.leaves.extend([-step * 0.7, step]);
    }
    Classifier::Boosting(model)
}

pub(crate) fn parts(calibrator: Calibrator) -> ModelParts {
    let plan = plan();
    let classifier = classifier(&plan);
    let reference: Vec<f64> = (0..200).map(|i| f64::from(i) / 30.0 - 4.0).collect();
    let card = Card { library_version: "0.1.0".into(), importance: vec![("industry".into(), 0.5)], ..Card::default() };
    ModelParts::new(schema(), plan, classifier, calibrator, Grades::from_reference(&reference).unwrap(), card)
}

pub(crate) fn model() -> Model {
    Model::assemble(parts(Calibrator::Platt { slope: 0.9, intercept: -0.2 })).unwrap()
}
