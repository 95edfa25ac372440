//! A small synthetic world for tests and benches: leads with attributes, their events, and whether they were won.

use leadscore::{
    AttributeColumn, Cell, Event, EventTable, FeaturePlan, FeatureSettings, Lead, LeadTable, RawEvents, Schema, TextColumn, Timestamp,
};

pub const DAY: i64 = 86_400_000_000;
const START: i64 = 1_704_067_200_000_000;
const INDUSTRIES: [&str; 6] = ["software", "retail", "banking", "health", "farming", "media"];
const KINDS: [&str; 5] = ["email_open", "web_visit", "content_download", "demo_request", "call"];
const CHANNELS: [&str; 3] = ["web", "mail", "phone"];

pub struct World {
    pub leads: LeadTable,
    pub raw: RawEvents,
    pub as_of: Vec<i64>,
    pub won: Vec<bool>,
}

pub fn schema() -> Schema {
    serde_json::from_value(serde_json::json!({
        "lead_id": "id",
        "created_at": "created",
        "attributes": {
            "employees": {"type": "numeric"},
            "industry": {"type": "categorical"},
            "newsletter": {"type": "boolean"},
            "email": {"type": "email"},
        },
        "events": {"lead_id": "lead", "at": "at", "kind": "kind", "channel": "channel", "value": "value", "recorded_at": "recorded"},
    }))
    .unwrap()
}

/// xorshift64* (Vigna 2016): variety is all that is needed.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

impl World {
    /// `n` leads of about `events` events each; every fourth lead has none.
    pub fn new(n: usize, events: u64, seed: u64) -> Self {
        let r = &mut Random(seed + 1);
        let (mut industry, mut newsletter, mut email) = (vec![], vec![], vec![]);
        let (mut employees, mut created_at, mut as_of, mut won) = (vec![], vec![], vec![], vec![]);
        let mut raw = RawEvents {
            kind: TextColumn { words: KINDS.map(str::to_owned).to_vec(), codes: vec![] },
            channel: Some(TextColumn { words: CHANNELS.map(str::to_owned).to_vec(), codes: vec![] }),
            ..RawEvents::default()
        };
        for lead in 0..n {
            industry.push(if r.below(8) == 0 { u32::MAX } else { r.below(INDUSTRIES.len() as u64) as u32 });
            employees.push(if r.below(6) == 0 { f64::NAN } else { (r.below(9000) + 1) as f64 });
            newsletter.push(r.below(3) as u8);
            email.push(if r.below(3) == 0 { u32::MAX } else { 0 });
            let now = START + r.below(300 * DAY as u64) as i64;
            created_at.push(now - r.below(120 * DAY as u64) as i64);
            as_of.push(now);
            let mut demos = 0;
            for _ in 0..if lead % 4 == 0 { 0 } else { r.below(2 * events) } {
                let kind = r.below(KINDS.len() as u64);
                let at = now - r.below(150 * DAY as u64) as i64 + 5 * DAY;
                demos += u64::from(kind == 3 && at <= now);
                raw.lead.push(lead as u32);
                raw.at.push(at);
                raw.recorded_at.push(at + if r.below(10) == 0 { r.below(10) as i64 * DAY } else { 0 });
                raw.kind.codes.push(kind as u32);
                raw.channel.as_mut().unwrap().codes.push(if r.below(4) == 0 { u32::MAX } else { r.below(3) as u32 });
                raw.value.push(if r.below(2) == 0 { f32::NAN } else { r.below(1000) as f32 / 8.0 });
            }
            won.push(r.below(10) < 1 + (demos * 8 / events).min(6) + u64::from(industry[lead] == 0) * 2);
        }
        let text =
            |words: &[&str], codes| AttributeColumn::Text(TextColumn { words: words.iter().map(|w| (*w).to_owned()).collect(), codes });
        let attributes = vec![
            ("email".to_owned(), text(&["someone@example.com"], email)),
            ("employees".to_owned(), AttributeColumn::Number(employees)),
            ("industry".to_owned(), text(&INDUSTRIES, industry)),
            ("newsletter".to_owned(), AttributeColumn::Bool(newsletter)),
        ];
        let leads = LeadTable { ids: (0..n).map(|i| format!("L{i}")).collect(), created_at, attributes, ..LeadTable::default() };
        Self { leads, raw, as_of, won }
    }

    pub fn plan(&self) -> FeaturePlan {
        FeaturePlan::fit(&schema(), &self.leads, &self.raw, &FeatureSettings::default()).unwrap()
    }

    pub fn events(&self, plan: &FeaturePlan) -> EventTable {
        plan.code_events(&self.raw, self.leads.len())
    }

    /// Lead `row` as a caller would describe it by itself.
    pub fn lead(&self, row: usize) -> Lead {
        let lead = Lead::new(&self.leads.ids[row]).created_at(time(self.leads.created_at[row]));
        self.leads.attributes.iter().fold(lead, |lead, (name, column)| match column.cell(row) {
            Cell::Text(word) => lead.text(name, word),
            Cell::Number(x) => lead.number(name, x),
            Cell::Bool(b) => lead.boolean(name, b),
            _ => lead.missing(name),
        })
    }

    /// The events of lead `row`, in the order of the source.
    pub fn events_of(&self, row: usize) -> Vec<Event> {
        let raw = &self.raw;
        let event = |i: usize| {
            let event = Event::new(raw.kind.word(i).unwrap(), time(raw.at[i])).recorded_at(time(raw.recorded_at[i]));
            let event = event.value(f64::from(raw.value[i]));
            match raw.channel.as_ref().unwrap().word(i) {
                Some(channel) => event.channel(channel),
                None => event,
            }
        };
        (0..raw.len()).filter(|&i| raw.lead[i] as usize == row).map(event).collect()
    }
}

pub fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}
