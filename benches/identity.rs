//! Who a million leads are, and whose two million events: e-mail addresses and telephone numbers in many spellings, several leads a person,
//! mailboxes of functions, switchboards.
//!
//! `cargo bench --no-default-features --bench identity`
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

#[path = "made/random.rs"]
mod random;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use leadscore::TextColumn;
use leadscore::identity::{Country, EventKeys, IdentityRules, LeadKeys, RouteTo, resolve, route};
use random::Random;

const DAY: i64 = 86_400_000_000;
const N_LEADS: usize = 1_000_000;
const N_EVENTS: usize = 2_000_000;
/// People have so many leads on average.
const LEADS_PER_PERSON: u64 = 2;

/// An address of a person, spelled in one of several ways; now and then none, a mailbox of a function, or what is no address.
fn email(random: &mut Random, person: u64) -> Option<String> {
    let domain = if person.is_multiple_of(3) { "gmail.com".to_owned() } else { format!("corp{}.example", person / 4) };
    Some(match random.below(20) {
        0 => return None,
        1 => format!("info@corp{}.example", person / 4),
        2 => format!("person {person} at home"),
        3 => format!("Person.{person}@{}", domain.to_uppercase()),
        4 => format!("Person {person} <person.{person}+fair@{domain}>"),
        _ => format!("person.{person}@{domain}"),
    })
}

fn phone(random: &mut Random, person: u64) -> Option<String> {
    let number = 10_000_000 + person;
    Some(match random.below(10) {
        0..3 => return None,
        // The switchboard of the company.
        3 => format!("+49 30 {}", 20_000_000 + person / 4),
        4 => format!("0049 (0)30 {number}"),
        5 => format!("030/{number}"),
        _ => format!("+4930{number}"),
    })
}

/// Each distinct word once, as the tables of a source are read.
fn column(cells: impl Iterator<Item = Option<String>>) -> TextColumn {
    let mut places = std::collections::HashMap::new();
    let mut words = Vec::new();
    let codes = cells
        .map(|cell| {
            cell.map_or(u32::MAX, |word| {
                *places.entry(word).or_insert_with_key(|word: &String| {
                    words.push(word.clone());
                    words.len() as u32 - 1
                })
            })
        })
        .collect();
    TextColumn { words, codes }
}

fn identity(c: &mut Criterion) {
    let mut random = Random(1);
    let people: Vec<u64> = (0..N_LEADS).map(|_| random.below(N_LEADS as u64 / LEADS_PER_PERSON)).collect();
    let created: Vec<i64> = (0..N_LEADS).map(|_| 19_000 * DAY + random.below(700) as i64 * DAY).collect();
    let closed = created.iter().map(|&at| if random.below(2) == 0 { i64::MIN } else { at + random.below(90) as i64 * DAY }).collect();
    let leads = LeadKeys::new(N_LEADS)
        .email(column(people.iter().map(|&person| email(&mut random, person))))
        .phone(column(people.iter().map(|&person| phone(&mut random, person))))
        .created_at(created)
        .closed_at(closed);
    let visitors: Vec<u64> = (0..N_EVENTS).map(|_| random.below(N_LEADS as u64 * 11 / 20)).collect();
    let events = EventKeys::new((0..N_EVENTS).map(|_| 19_000 * DAY + random.below(800) as i64 * DAY).collect())
        .email(column(visitors.iter().map(|&person| email(&mut random, person))))
        .phone(column(visitors.iter().map(|&person| phone(&mut random, person))));
    let rules = IdentityRules::default().country(Country::from_iso("DE").unwrap());
    let known = resolve(&leads, &rules);
    println!("{}", known.report);
    println!("{}", route(&events, &leads, &known, &rules, RouteTo::MostRecent));

    let mut group = c.benchmark_group("identity");
    group.sample_size(10).throughput(Throughput::Elements(N_LEADS as u64));
    group.bench_function("resolve a million leads", |b| b.iter(|| resolve(black_box(&leads), &rules)));
    group.throughput(Throughput::Elements(N_EVENTS as u64));
    group.bench_function("route two million events", |b| {
        b.iter(|| route(black_box(&events), &leads, &known, &rules, RouteTo::MostRecent));
    });
    group.finish();
}

criterion_group!(benches, identity);
criterion_main!(benches);
