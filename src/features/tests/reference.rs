//! Every feature computed on its own, by its definition, from the words of the source. Shares no code with the kernel but `exp`.

use std::collections::BTreeSet;

use super::world::{DAY, KINDS, PINNED, Reads, SourceEvent};
use crate::features::{Cell, FeaturePlan, LeadTable};
use crate::math::exp;
use crate::time::Span;

/// The value of feature `name` for lead `lead` at `as_of`.
pub(super) fn feature(
    plan: &FeaturePlan,
    leads: &LeadTable,
    events: &[SourceEvent],
    reads: Reads,
    recorded: bool,
    (lead, as_of): (u32, i64),
    name: &str,
) -> f32 {
    let created = leads.created(lead as usize);
    let exists = created.is_none_or(|created| created <= as_of);
    if let Some(value) = attribute(leads, lead as usize, as_of, name) {
        return value;
    }
    let known_creation = created.filter(|_| exists);
    match (name, known_creation) {
        ("age", Some(created)) => return days(as_of - created),
        // 2017-04-12 (day 17,268) was a Wednesday.
        ("created.weekday", Some(created)) => return ((created / DAY - 17_268 + 2).rem_euclid(7)) as f32,
        ("created.hour", Some(created)) => return (created % DAY / (DAY / 24)) as f32,
        ("age" | "created.weekday" | "created.hour", None) => return f32::NAN,
        _ => {}
    }

    let known_at = |event: &SourceEvent| if recorded { event.recorded_at } else { event.at };
    let mut seen: Vec<SourceEvent> = events
        .iter()
        .filter(|event| event.lead == lead && event.at <= as_of && known_at(event) <= as_of && exists && is_read(reads, event))
        .copied()
        .collect();
    seen.sort_by_key(|event| {
        let kind = plan.kinds().position(|known| known == word(event)).unwrap_or(usize::MAX);
        let channel = match event.channel_word() {
            None => (1, 0),
            Some(channel) => (0, plan.channels().iter().position(|known| *known == channel.to_lowercase()).unwrap_or(usize::MAX)),
        };
        (event.at, known_at(event), kind, channel, if event.value.is_finite() { event.value.to_bits() } else { f32::NAN.to_bits() })
    });

    let levels = plan.features().iter().find(|feature| feature.name == name).map(|feature| &feature.kind);
    let level = |word: &str| match levels {
        Some(crate::features::FeatureKind::Categorical { levels }) => levels.iter().position(|l| l == word).unwrap_or(levels.len()) as f32,
        _ => panic!("{name} is not categorical"),
    };
    match name {
        "events.first_kind" => return seen.first().map_or(f32::NAN, |event| level(&word(event))),
        "events.last_kind" => return seen.last().map_or(f32::NAN, |event| level(&word(event))),
        "events.first_channel" => return seen.first().and_then(SourceEvent::channel_word).map_or(f32::NAN, |c| level(&c.to_lowercase())),
        "events.last_channel" => return seen.last().and_then(SourceEvent::channel_word).map_or(f32::NAN, |c| level(&c.to_lowercase())),
        "events.first_delay" => {
            return seen.first().zip(known_creation).map_or(f32::NAN, |(event, created)| days(event.at - created));
        }
        _ => {}
    }

    let (track, measure) = name.split_once('.').unwrap();
    let seen: Vec<SourceEvent> = seen.into_iter().filter(|event| in_track(track, event)).collect();
    if measure == "recency" {
        return seen.last().map_or(f32::NAN, |event| days(as_of - event.at));
    }
    let (measure, span) = measure.split_once('.').unwrap();
    let span = if span == "ever" { i64::MAX } else { span.parse::<Span>().unwrap().micros() };
    let in_window = || seen.iter().filter(|event| span == i64::MAX || event.at > as_of - span);
    match measure {
        "count" => in_window().count() as f32,
        "active_days" => in_window().map(|event| event.at / DAY).collect::<BTreeSet<_>>().len() as f32,
        "sum" => in_window().filter(|event| event.value.is_finite()).fold(0.0, |sum, event| sum + f64::from(event.value)) as f32,
        "decayed" => decayed(&seen, span, as_of, |_| 1.0),
        "decayed_sum" => decayed(&seen, span, as_of, |event| if event.value.is_finite() { f64::from(event.value) } else { 0.0 }),
        _ => panic!("no definition of {name}"),
    }
}

fn decayed(events: &[SourceEvent], half_life: i64, as_of: i64, weight: impl Fn(&SourceEvent) -> f64) -> f32 {
    let rate = std::f64::consts::LN_2 / half_life as f64;
    let fade = |from: i64, to: i64| exp(-(rate * (to - from) as f64));
    let mut state = 0.0;
    for (i, event) in events.iter().enumerate() {
        if i > 0 {
            state *= fade(events[i - 1].at, event.at);
        }
        state += weight(event);
    }
    events.last().map_or(0.0, |last| state * fade(last.at, as_of)) as f32
}

fn word(event: &SourceEvent) -> String {
    event.kind_word().to_lowercase()
}

fn is_read(reads: Reads, event: &SourceEvent) -> bool {
    match reads {
        Reads::All => true,
        // "contact" is the group of calls and demo requests.
        Reads::Pinned => PINNED.contains(&word(event).as_str()) || event.kind_word() == "call",
    }
}

fn in_track(track: &str, event: &SourceEvent) -> bool {
    match track {
        "events" => true,
        "contact" => ["call", "Demo Request"].contains(&event.kind_word()),
        kind => {
            assert!(KINDS.iter().any(|k| k.to_lowercase().replace(' ', "_") == kind), "no track {kind}");
            word(event).replace(' ', "_") == kind
        }
    }
}

fn attribute(leads: &LeadTable, lead: usize, as_of: i64, name: &str) -> Option<f32> {
    let cell = |name: &str| leads.attribute(name).cell(lead);
    let flag = |is: bool| if is { 1.0 } else { 0.0 };
    let value = match (name, cell(name)) {
        ("employees", Cell::Number(x)) => x as f32,
        // Only software is on two of the four leads; all others share code 1.
        ("industry", Cell::Text(word)) => flag(word.trim().to_lowercase() != "software"),
        ("newsletter", Cell::Bool(is)) => flag(is),
        ("comment", Cell::Text(text)) => text.len() as f32,
        ("email" | "phone", cell) => flag(cell != Cell::Missing),
        ("comment.filled", _) => flag(cell("comment") != Cell::Missing),
        ("founded", Cell::Time(t)) if t > as_of => f32::NAN,
        ("founded" | "renewal", Cell::Time(t)) => days(as_of - t),
        ("employees" | "industry" | "newsletter" | "comment" | "founded" | "renewal", Cell::Missing) => f32::NAN,
        _ => return None,
    };
    Some(value)
}

fn days(micros: i64) -> f32 {
    (micros as f64 / DAY as f64) as f32
}
