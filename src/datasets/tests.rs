#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::OnceLock;

use sha2::{Digest, Sha256};

use super::calendar::DAY;
use super::generate::Close;
use super::tables::seconds;
use super::*;
use crate::time::Span;

/// One large data set for all tests of the truth.
fn large() -> &'static (LeadsDataset, Vec<Option<Close>>) {
    static LARGE: OnceLock<(LeadsDataset, Vec<Option<Close>>)> = OnceLock::new();
    LARGE.get_or_init(|| MakeLeads::new(100_000).seed(20_260_630).lives())
}

/// (true probability, won within 90 days) of the open leads at a snapshot.
fn pairs(snapshot: &str) -> Vec<(f64, bool)> {
    let (data, ends) = large();
    data.truth
        .iter()
        .filter(|row| row.snapshot == snapshot)
        .filter_map(|row| {
            let as_of = seconds(row.as_of);
            let won = ends[row.lead as usize].is_some_and(|c| c.won && c.at > as_of && c.at <= as_of + 90 * DAY);
            row.probability.map(|p| (p, won))
        })
        .collect()
}

/// Area under the ROC curve by ranks (Mann and Whitney 1947).
fn auc(pairs: &[(f64, bool)]) -> f64 {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut ranks, mut won) = (0.0, 0.0);
    for (i, pair) in sorted.iter().enumerate() {
        if pair.1 {
            ranks += i as f64 + 1.0;
            won += 1.0;
        }
    }
    (ranks - won * (won + 1.0) / 2.0) / (won * (sorted.len() as f64 - won))
}

/// Sum over ten groups of equal size by true probability of (won - expected)^2 / variance.
fn chi_square(pairs: &[(f64, bool)]) -> f64 {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    sorted
        .chunks(sorted.len().div_ceil(10))
        .map(|group| {
            let won = group.iter().filter(|p| p.1).count() as f64;
            let expected: f64 = group.iter().map(|p| p.0).sum();
            let variance: f64 = group.iter().map(|p| p.0 * (1.0 - p.0)).sum();
            (won - expected) * (won - expected) / variance
        })
        .sum()
}

/// The 0.999 quantile of chi-square with ten degrees of freedom.
const LIMIT: f64 = 29.59;

#[test]
fn realised_win_rates_match_the_true_probabilities_at_every_snapshot() {
    for snapshot in ["0d", "7d", "30d", "end"] {
        let statistic = chi_square(&pairs(snapshot));
        assert!(statistic < LIMIT, "{snapshot}: chi-square {statistic:.1}");
    }
}

#[test]
fn realised_win_rates_match_the_truth_in_groups_that_the_process_treats_apart() {
    // By what can be seen: events that came late, leads without events, each product in each half.
    let (data, ends) = large();
    let mut late = vec![false; data.leads.len()];
    let mut silent = vec![true; data.leads.len()];
    for event in &data.events {
        late[event.lead as usize] |= event.recorded_at.is_some();
        silent[event.lead as usize] = false;
    }
    let mut groups: HashMap<String, Vec<(f64, bool)>> = HashMap::new();
    for row in &data.truth {
        let Some(p) = row.probability else { continue };
        let lead = row.lead as usize;
        let as_of = seconds(row.as_of);
        let won = ends[lead].is_some_and(|c| c.won && c.at > as_of && c.at <= as_of + 90 * DAY);
        groups.entry(format!("{} {}", row.snapshot, data.leads[lead].source)).or_default().push((p, won));
        groups.entry(format!("{} {} {}", row.snapshot, data.leads[lead].product, lead * 4 / data.leads.len())).or_default().push((p, won));
        if row.snapshot == "end" {
            groups.entry(format!("late {}, silent {}", late[lead], silent[lead])).or_default().push((p, won));
        }
    }
    for (name, group) in groups {
        let expected: f64 = group.iter().map(|p| p.0).sum();
        let variance: f64 = group.iter().map(|p| p.0 * (1.0 - p.0)).sum();
        let won = group.iter().filter(|p| p.1).count() as f64;
        let z = (won - expected) / variance.sqrt();
        assert!(z.abs() < 4.0, "{name}: {} leads, {won} won, {expected:.1} expected, z {z:.2}", group.len());
    }
}

#[test]
fn the_truth_orders_leads_as_well_as_it_should() {
    for snapshot in ["0d", "7d", "30d", "end"] {
        let pairs = pairs(snapshot);
        let auc = auc(&pairs);
        assert!((0.75..0.85).contains(&auc), "{snapshot}: AUC {auc}");
        let rate = pairs.iter().filter(|p| p.1).count() as f64 / pairs.len() as f64;
        assert!((0.10..0.18).contains(&rate), "{snapshot}: rate {rate}");
    }
}

#[test]
fn the_tables_hold_what_the_documentation_promises() {
    let (data, _) = large();
    let n = data.leads.len() as f64;
    let end = LeadsDataset::end();
    let events = data.events.len() as f64;
    assert!(data.leads.windows(2).all(|w| w[0].created_at <= w[1].created_at && w[0].lead_id < w[1].lead_id));
    assert!(data.leads.iter().all(|l| l.created_at < end));
    assert!(data.events.iter().all(|e| e.recorded_at.unwrap_or(e.at) <= end && e.recorded_at.is_none_or(|r| r > e.at)));
    assert!(data.outcomes.iter().all(|o| o.recorded_at <= end && o.closed_at <= o.recorded_at && o.value.is_some() == o.won));
    assert!(data.outcomes.iter().all(|o| o.closed_at > data.leads[o.lead as usize].created_at));
    let share = |count: usize, of: f64| count as f64 / of;
    let late = share(data.events.iter().filter(|e| e.recorded_at.is_some()).count(), events);
    assert!((0.01..0.05).contains(&late), "late {late}");
    let copies = share(data.events.windows(2).filter(|w| w[0] == w[1]).count(), events);
    assert!((0.008..0.012).contains(&copies), "copies {copies}");
    let before = share(data.events.iter().filter(|e| e.at < data.leads[e.lead as usize].created_at).count(), events);
    assert!((0.01..0.15).contains(&before), "before creation {before}");
    let closed: HashMap<u32, crate::Timestamp> = data.outcomes.iter().map(|o| (o.lead, o.closed_at)).collect();
    let after = share(data.events.iter().filter(|e| closed.get(&e.lead).is_some_and(|&c| e.at > c)).count(), events);
    assert!((0.005..0.1).contains(&after), "after closing {after}");
    let with: std::collections::HashSet<u32> = data.events.iter().map(|e| e.lead).collect();
    let silent = 1.0 - share(with.len(), n);
    assert!((0.05..0.3).contains(&silent), "without events {silent}");
    let open = 1.0 - share(data.outcomes.len(), n);
    assert!((0.05..0.2).contains(&open), "open {open}");
    let unknown = share(data.leads.iter().filter(|l| l.employees.is_none()).count(), n);
    assert!((0.05..0.3).contains(&unknown), "employees missing {unknown}");
}

#[test]
fn any_moment_has_a_truth_and_it_is_the_tables_own() {
    let data = MakeLeads::new(400).seed(3).make();
    for row in &data.truth {
        // A lead that closed without anybody having recorded it still has a truth for those who do not know.
        if row.open {
            assert_eq!(data.probability(row.lead as usize, row.as_of, Span::days(90)), row.probability, "{row:?}");
        }
    }
    let lead = data.leads.iter().position(|l| l.source == "referral").unwrap();
    let created = data.leads[lead].created_at;
    let of = |days| data.probability(lead, created, Span::days(days)).unwrap();
    assert_eq!(of(0), 0.0);
    assert!(of(1) > 0.0 && of(1) < of(30) && of(30) < of(90) && of(90) < of(365) && of(365) < 1.0);
    assert_eq!(data.probability(400, created, Span::days(90)), None);
    assert_eq!(data.probability(lead, crate::Timestamp::MIN, Span::days(90)), None);
    assert_eq!(data.probability(lead, crate::Timestamp::MAX, Span::days(90)), None);
}

#[test]
fn the_filter_agrees_with_the_sum_over_all_paths_of_intent() {
    // Brute force: a lead of three days; every path of intents, weighed by prior, moves, survival and the day's events, is followed for one more day.
    let data = MakeLeads::new(300).seed(11).make();
    for lead in 0..data.leads.len() {
        let as_of = crate::Timestamp::from_micros(data.leads[lead].created_at.micros() + 2 * DAY * 1_000_000).unwrap();
        let Some(p) = data.probability(lead, as_of, Span::days(1)) else { continue };
        let expected = super::truth::brute_force(&data, lead, 2);
        assert!((p - expected).abs() < 1e-12, "lead {lead}: {p} {expected}");
    }
}

fn sha256(texts: [String; 4]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update(text);
    }
    hash.finalize().iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[test]
fn the_same_size_and_seed_give_the_same_bits_everywhere() {
    let texts = |d: &LeadsDataset| [d.leads_csv(), d.events_csv(), d.outcomes_csv(), d.truth_csv()];
    let data = MakeLeads::new(500).seed(1).make();
    let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(|| MakeLeads::new(500).seed(1).make());
    assert_eq!(data, alone);
    assert_ne!(texts(&data), texts(&MakeLeads::new(500).seed(2).make()));
    assert_eq!(sha256(texts(&data)), "b42104768ba9b4508c08c8afa048c070292b339deff522311a1a03d471145ec9");
}

/// The small set under `data/`.
fn small() -> [(&'static str, String); 4] {
    let data = MakeLeads::new(3000).seed(1).make();
    [
        ("leads.csv", data.leads_csv()),
        ("events.csv", data.events_csv()),
        ("outcomes.csv", data.outcomes_csv()),
        ("truth.csv", data.truth_csv()),
    ]
}

#[test]
fn the_small_set_in_data_is_what_the_generator_makes() {
    for (name, made) in small() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name);
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        if std::env::var_os("LEADSCORE_WRITE_DATA").is_some() {
            std::fs::write(&path, &made).unwrap();
            continue;
        }
        assert!(kept == made, "data/{name} differs; make it anew with the command in data/README.md");
    }
}

#[test]
fn no_leads_make_empty_tables() {
    let data = MakeLeads::new(0).make();
    assert!(data.leads.is_empty() && data.events.is_empty() && data.outcomes.is_empty() && data.truth.is_empty());
    assert_eq!(data.leads_csv().lines().count(), 1);
}
