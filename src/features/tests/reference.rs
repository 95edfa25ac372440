//! Every feature computed on its own, by its definition, from the words of the source. Shares no code with the kernel but `exp`
//! and `ln`.

use std::collections::BTreeSet;

use super::world::{BY_LEAD, DAY, KINDS, PINNED, Reads, SourceEvent, by_the_plans_clock, local};
use crate::features::{Cell, FeaturePlan, LeadTable};
use crate::math::{exp, ln};
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
    if let Some(value) = attribute(leads, lead as usize, as_of, reads, name) {
        return value;
    }
    let known_creation = created.filter(|_| exists);
    let on_the_clock = |at: i64| if reads == Reads::Parties { local(reads, lead, at) } else { at };
    match (name, known_creation) {
        ("age", Some(created)) => return days(as_of - created),
        // 2017-04-12 (day 17,268) was a Wednesday.
        ("created.weekday", Some(created)) => return ((on_the_clock(created) / DAY - 17_268 + 2).rem_euclid(7)) as f32,
        ("created.hour", Some(created)) => return (on_the_clock(created) % DAY / (DAY / 24)) as f32,
        ("age" | "created.weekday" | "created.hour", None) => return f32::NAN,
        _ => {}
    }

    let known_at = |event: &SourceEvent| if recorded { event.recorded_at } else { event.at };
    let visible = |event: &&SourceEvent| event.lead == lead && event.at <= as_of && known_at(event) <= as_of && exists;
    let mut visible: Vec<SourceEvent> = events.iter().filter(visible).copied().collect();
    visible.sort_by_key(|event| {
        let kind = plan.kinds().position(|known| known == word(event)).unwrap_or(usize::MAX);
        let channel = match event.channel_word() {
            None => (1, 0),
            Some(channel) => (0, plan.channels().iter().position(|known| *known == channel.to_lowercase()).unwrap_or(usize::MAX)),
        };
        (event.at, known_at(event), kind, channel, if event.value.is_finite() { event.value.to_bits() } else { f32::NAN.to_bits() })
    });

    // The lead is looked at without its account; with one, see the test of agreement.
    if name.starts_with("account.") {
        return f32::NAN;
    }
    if let Some(measure) = name.strip_prefix("response.") {
        return response(&visible, known_creation, measure);
    }
    let seen: Vec<SourceEvent> = visible.into_iter().filter(|event| is_read(reads, event)).collect();

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

    if let Some(value) = of_all(plan, &seen, (lead, as_of), reads, name) {
        return value;
    }

    let signal = name.strip_prefix("intent.").and_then(|rest| rest.split_once('.'));
    let (track, measure) = signal.or_else(|| name.split_once('.')).unwrap();
    let seen: Vec<SourceEvent> = seen.into_iter().filter(|event| in_track(track, event)).collect();
    let in_last = |span: i64| seen.iter().filter(move |event| span == i64::MAX || event.at > as_of - span);
    let last_of = |span: i64| in_last(span).count() as f64;
    let values: Vec<f64> = seen.iter().filter(|event| event.value.is_finite()).map(|event| f64::from(event.value)).collect();
    let gaps: Vec<f64> = seen.windows(2).map(|pair| (pair[1].at - pair[0].at) as f64 / DAY as f64).collect();
    let sum = |values: &[f64]| values.iter().fold(0.0, |sum, value| sum + value);
    match measure {
        "recency" => return seen.last().map_or(f32::NAN, |event| days(as_of - event.at)),
        "since_first" => return seen.first().map_or(f32::NAN, |event| days(as_of - event.at)),
        "trend.28d" => {
            let week = |n: i64| last_of(n * 7 * DAY) - last_of((n - 1) * 7 * DAY);
            return ((3.0 * week(1) + week(2) - week(3) - 3.0 * week(4)) / 10.0) as f32;
        }
        "gap.mean" => return welford(&gaps).map_or(f32::NAN, |(mean, _)| mean as f32),
        "gap.last" => return gaps.last().map_or(f32::NAN, |gap| *gap as f32),
        "gap.std" if gaps.len() < 2 => return f32::NAN,
        "gap.std" => return welford(&gaps).map_or(f32::NAN, |(_, variance)| variance.sqrt() as f32),
        "streak" | "streak.longest" => {
            let active: BTreeSet<i64> = seen.iter().map(|event| event.at / DAY).collect();
            let up_to = |day: i64| (0..).take_while(|back| active.contains(&(day - back))).count();
            return if measure == "streak.longest" {
                active.iter().map(|&day| up_to(day)).max().unwrap_or(0) as f32
            } else {
                let today = as_of / DAY;
                (if active.contains(&today) { up_to(today) } else { up_to(today - 1) }) as f32
            };
        }
        "value.mean" if !values.is_empty() => return ((sum(&values) / values.len() as f64) as f32).clamp(f32::MIN, f32::MAX),
        "value.max" if !values.is_empty() => return values.iter().copied().fold(f64::NEG_INFINITY, f64::max) as f32,
        "value.last" if !values.is_empty() => return values[values.len() - 1] as f32,
        "value.mean" | "value.max" | "value.last" => return f32::NAN,
        _ => {}
    }
    let (measure, span) = measure.split_once('.').unwrap();
    let span = if span == "ever" { i64::MAX } else { span.parse::<Span>().unwrap().micros() };
    let in_window = || in_last(span);
    match measure {
        "count" => in_window().count() as f32,
        "active_days" => in_window().map(|event| event.at / DAY).collect::<BTreeSet<_>>().len() as f32,
        "sum" => in_window().filter(|event| event.value.is_finite()).fold(0.0, |sum, event| sum + f64::from(event.value)) as f32,
        "decayed" => decayed(&seen, span, as_of, |_| 1.0),
        "decayed_sum" => decayed(&seen, span, as_of, |event| if event.value.is_finite() { f64::from(event.value) } else { 0.0 }),
        "momentum" => {
            let (now, before) = (last_of(span), last_of(2 * span) - last_of(span));
            if now + before == 0.0 { f32::NAN } else { ((now - before) / (now + before)) as f32 }
        }
        "pace" => seen.first().map_or(f32::NAN, |first| {
            let life = (as_of - first.at).max(span) as f64 / DAY as f64;
            (last_of(span) * life / (seen.len() as f64 * (span as f64 / DAY as f64))) as f32
        }),
        _ => panic!("no definition of {name}"),
    }
}

/// Features of all events together.
fn of_all(plan: &FeaturePlan, seen: &[SourceEvent], (lead, as_of): (u32, i64), reads: Reads, name: &str) -> Option<f32> {
    let measure = name.strip_prefix("events.")?;
    let kind = |event: &SourceEvent| plan.kinds().position(|known| known == word(event));
    // The place of a channel, one for all others; none for an event without.
    let others = plan.channels().len();
    let channel = |event: &SourceEvent| {
        let word = event.channel_word()?.to_lowercase();
        Some(plan.channels().iter().position(|known| *known == word).unwrap_or(others))
    };
    let share = |is: fn(i64, i64) -> bool| {
        let clock = |event: &&SourceEvent| local(reads, lead, event.at);
        let n = seen.iter().filter(|event| is(clock(event) % DAY * 24 / DAY, clock(event) / DAY)).count();
        (n as f64 / seen.len() as f64) as f32
    };
    match measure {
        "night_share" => return Some(share(|hour, _| !(6..22).contains(&hour))),
        // Day 17,268 was a Wednesday.
        "weekend_share" => return Some(share(|_, day| [3, 4].contains(&(day - 17_268).rem_euclid(7)))),
        "channel_entropy" => {
            let channels: Vec<usize> = seen.iter().filter_map(channel).collect();
            let counts = (0..=others).map(|c| channels.iter().filter(|&&other| other == c).count()).filter(|&count| count > 0);
            let shares = counts.map(|count| count as f64 / channels.len() as f64);
            let bits = shares.fold(0.0, |bits, share| bits - share * ln(share)) / std::f64::consts::LN_2;
            return Some(if channels.is_empty() { f32::NAN } else { bits as f32 });
        }
        _ => {}
    }
    let (measure, span) = measure.split_once('.')?;
    let within = |event: &&SourceEvent| span == "ever" || event.at > as_of - span.parse::<Span>().unwrap().micros();
    let recent = || seen.iter().filter(within);
    match measure {
        "kinds" => Some(recent().map(kind).collect::<BTreeSet<_>>().len() as f32),
        "channels" => Some(recent().filter_map(channel).collect::<BTreeSet<_>>().len() as f32),
        "signals" => {
            let tracked = |signal: &&&str| plan.features().iter().any(|f| f.name == format!("intent.{signal}.count.ever"));
            Some(["buying", "asking"].iter().filter(tracked).filter(|signal| recent().any(|event| in_track(signal, event))).count() as f32)
        }
        _ => None,
    }
}

/// Mean and variance, number by number (Welford 1962).
fn welford(numbers: &[f64]) -> Option<(f64, f64)> {
    let (mut mean, mut squares) = (0.0, 0.0);
    for (i, x) in numbers.iter().enumerate() {
        let before = mean;
        mean += (x - before) / (i + 1) as f64;
        squares += (x - before) * (x - mean);
    }
    (!numbers.is_empty()).then(|| (mean, squares / numbers.len() as f64))
}

/// Who answers whom; calls are by sales.
fn response(visible: &[SourceEvent], created: Option<i64>, measure: &str) -> f32 {
    let by_sales = |event: &&SourceEvent| word(event) == "call";
    let by_lead = |event: &&SourceEvent| BY_LEAD.contains(&word(event).as_str());
    if measure == "first_contact" {
        return visible.iter().find(by_sales).zip(created).map_or(f32::NAN, |(event, created)| days(event.at - created));
    }
    let (who, measure) = measure.split_once('.').unwrap();
    let own = |event: &&SourceEvent| if who == "lead" { by_lead(event) } else { by_sales(event) };
    let other = |event: &&SourceEvent| if who == "lead" { by_sales(event) } else { by_lead(event) };
    let mut lags = Vec::new();
    let mut after = 0;
    for (i, event) in visible.iter().enumerate().filter(|(_, event)| own(event)) {
        // The first event of the other party since the last own one.
        lags.extend(visible[after..i].iter().find(other).map(|first| (event.at - first.at) as f64 / DAY as f64));
        after = i + 1;
    }
    match measure {
        "mean" if !lags.is_empty() => (lags.iter().fold(0.0, |sum, lag| sum + lag) / lags.len() as f64) as f32,
        _ => lags.last().map_or(f32::NAN, |lag| *lag as f32),
    }
}

/// What the events of the other leads of an account say of delays and answers, for a lead as of a moment. `others` are these leads, with their creation.
pub(super) fn of_account(
    plan: &FeaturePlan,
    events: &[SourceEvent],
    reads: Reads,
    recorded: bool,
    others: &[(u32, Option<i64>)],
    (created, as_of): (Option<i64>, i64),
    measure: &str,
) -> f32 {
    if created.is_some_and(|created| created > as_of) {
        return f32::NAN;
    }
    let since_creation = |at: Option<i64>| at.zip(created).map_or(f32::NAN, |(at, created)| days(at - created));
    let by_sales = |event: &SourceEvent| word(event) == "call";
    let by_lead = |event: &SourceEvent| BY_LEAD.contains(&word(event).as_str());
    // Each other lead's own stream.
    let streams: Vec<Vec<SourceEvent>> = others
        .iter()
        .map(|&(other, its_creation)| {
            let known_at = |event: &SourceEvent| if recorded { event.recorded_at } else { event.at }.max(its_creation.unwrap_or(i64::MIN));
            let is_visible = |event: &&SourceEvent| event.lead == other && event.at <= as_of && known_at(event) <= as_of;
            let mut visible: Vec<SourceEvent> = events.iter().filter(is_visible).copied().collect();
            let kind = |event: &SourceEvent| plan.kinds().position(|known| known == word(event)).unwrap_or(usize::MAX);
            visible.sort_by_key(|event| (event.at, known_at(event), kind(event)));
            visible
        })
        .collect();
    let all = || streams.iter().flatten();
    match measure {
        "first_delay" => return since_creation(all().filter(|event| is_read(reads, event)).map(|event| event.at).min()),
        "response.first_contact" => return since_creation(all().filter(|event| by_sales(event)).map(|event| event.at).min()),
        _ => {}
    }
    let (who, measure) = measure.strip_prefix("response.").and_then(|rest| rest.split_once('.')).unwrap();
    let mut lags: Vec<(i64, i64)> = Vec::new();
    for stream in &streams {
        // What the other party did since the last own event waits for an answer.
        let mut waits: Option<i64> = None;
        for event in stream {
            let (own, other) = if who == "lead" { (by_lead(event), by_sales(event)) } else { (by_sales(event), by_lead(event)) };
            if own {
                lags.extend(waits.take().map(|since| (event.at, event.at - since)));
            } else if other && waits.is_none() {
                waits = Some(event.at);
            }
        }
    }
    // By the moment of the answer; of the same moment the longest first.
    lags.sort_by_key(|&(at, lag)| (at, -lag));
    match measure {
        "mean" if lags.is_empty() => f32::NAN,
        "mean" => (lags.iter().fold(0.0, |sum, &(_, lag)| sum + lag as f64 / DAY as f64) / lags.len() as f64) as f32,
        _ => lags.last().map_or(f32::NAN, |&(_, lag)| days(lag)),
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
        Reads::Parties => BY_LEAD.contains(&word(event).as_str()),
    }
}

fn in_track(track: &str, event: &SourceEvent) -> bool {
    match track {
        "events" => true,
        "contact" => ["call", "Demo Request"].contains(&event.kind_word()),
        "buying" => ["web visit", "Demo Request"].contains(&event.kind_word()),
        "asking" => event.kind_word() == "call",
        kind => {
            assert!(KINDS.iter().any(|k| k.to_lowercase().replace(' ', "_") == kind), "no track {kind}");
            word(event).replace(' ', "_") == kind
        }
    }
}

fn attribute(leads: &LeadTable, lead: usize, as_of: i64, reads: Reads, name: &str) -> Option<f32> {
    let cell = |name: &str| leads.attribute(name).cell(lead);
    let flag = |is: bool| if is { 1.0 } else { 0.0 };
    let value = match (name, cell(name)) {
        ("employees", Cell::Number(x)) => x as f32,
        // Only software is on two of the four leads; all others share code 1.
        ("industry", Cell::Text(word)) => flag(word.trim().to_lowercase() != "software"),
        ("newsletter", Cell::Bool(is)) => flag(is),
        ("comment", Cell::Text(text)) => text.len() as f32,
        ("email" | "phone", cell) => flag(cell != Cell::Missing),
        ("email.valid" | "email.provider" | "email.generic" | "email.domain", _) => match cell("email") {
            // Business comes first of the providers and free fourth; each domain is on one lead only, so that none has a place of its own.
            Cell::Text("a@b.org") => flag(name == "email.valid"),
            Cell::Text("Info@GMAIL.com") => {
                [1.0, 3.0, 1.0, 0.0][["email.valid", "email.provider", "email.generic", "email.domain"].iter().position(|&n| n == name)?]
            }
            Cell::Text(_) if name == "email.valid" => 0.0,
            _ => f32::NAN,
        },
        ("phone.valid" | "phone.country", _) => match cell("phone") {
            Cell::Text("+1 416 555 2671") => flag(name == "phone.valid"),
            Cell::Text("030 1234567") if name == "phone.valid" => 1.0,
            Cell::Text("none") if name == "phone.valid" => 0.0,
            _ => f32::NAN,
        },
        ("title" | "title.seniority" | "title.department", _) => match (cell("title"), name) {
            (Cell::Missing, _) => f32::NAN,
            // Two leads of four are vice presidents of sales, which stands twelfth of the departments; engineering stands first.
            (Cell::Text("Engineer"), "title") => 1.0,
            (Cell::Text("Engineer"), "title.seniority") => 3.0,
            (Cell::Text("Engineer"), _) => 0.0,
            (_, "title") => 0.0,
            (_, "title.seniority") => 9.0,
            _ => 11.0,
        },
        _ if name.starts_with("founded.") || name.starts_with("renewal.") => {
            let (column, part) = name.split_once('.')?;
            let on_the_clock = |at: i64| if reads == Reads::Parties { by_the_plans_clock(at) } else { at };
            match cell(column) {
                Cell::Time(t) if column == "renewal" || t <= as_of => match part {
                    "month" => month(on_the_clock(t)),
                    "weekday" => ((on_the_clock(t).div_euclid(DAY) + 3).rem_euclid(7)) as f32,
                    _ => leads.created(lead).filter(|&created| created <= as_of).map_or(f32::NAN, |created| days(t - created)),
                },
                _ => f32::NAN,
            }
        }
        ("comment.filled", _) => flag(cell("comment") != Cell::Missing),
        ("founded", Cell::Time(t)) if t > as_of => f32::NAN,
        ("founded" | "renewal", Cell::Time(t)) => days(as_of - t),
        ("employees" | "industry" | "newsletter" | "comment" | "founded" | "renewal", Cell::Missing) => f32::NAN,
        _ => return None,
    };
    Some(value)
}

/// The month of an instant, by walking there from 1970-01-01 month by month.
fn month(at: i64) -> f32 {
    let leap = |year: i64| (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = |year: i64, month: i64| match month {
        2 => 28 + i64::from(leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let (mut day, mut year, mut month) = (at.div_euclid(DAY), 1970, 1);
    while day < 0 {
        (year, month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
        day += length(year, month);
    }
    while day >= length(year, month) {
        day -= length(year, month);
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    month as f32
}

fn days(micros: i64) -> f32 {
    (micros as f64 / DAY as f64) as f32
}
