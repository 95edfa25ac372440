//! Who the leads are: companies, persons, and what is missing about them.

use super::random::Stream;
use super::tables::{LeadRow, instant};
use crate::math::{libm_exp as exp, ln};

const INDUSTRIES: [(&str, f64); 9] = [
    ("software", 0.2),
    ("manufacturing", 0.17),
    ("retail", 0.14),
    ("healthcare", 0.11),
    ("finance", 0.11),
    ("education", 0.09),
    ("logistics", 0.08),
    ("government", 0.06),
    ("hospitality", 0.04),
];
const COUNTRIES: [(&str, f64); 9] =
    [("US", 0.3), ("DE", 0.16), ("GB", 0.13), ("FR", 0.1), ("IN", 0.1), ("BR", 0.07), ("NL", 0.06), ("SE", 0.05), ("ES", 0.03)];
pub(super) const SOURCES: [(&str, f64); 8] = [
    ("website", 0.28),
    ("paid_search", 0.18),
    ("social", 0.13),
    ("referral", 0.09),
    ("partner", 0.07),
    ("trade_fair", 0.08),
    ("webinar", 0.07),
    ("purchased_list", 0.1),
];
const TITLES: [(&str, f64); 12] = [
    ("CEO", 0.05),
    ("CTO", 0.06),
    ("VP Sales", 0.06),
    ("Head of Operations", 0.09),
    ("IT Manager", 0.14),
    ("Marketing Manager", 0.12),
    ("Project Manager", 0.1),
    ("Analyst", 0.12),
    ("Engineer", 0.12),
    ("Consultant", 0.05),
    ("Assistant", 0.05),
    ("Student", 0.04),
];
/// How messages begin, what they ask for, and how they end.
const OPENINGS: [&str; 6] = ["Hello,", "Good morning,", "Hi team,", "Guten Tag,", "Dear sales,", "Bonjour,"];
const WISHES: [&str; 8] = [
    "please send me a quote",
    "we are comparing three vendors",
    "does it work with our CRM",
    "could somebody call me about prices",
    "I would like to see a demo",
    "just looking around",
    "our contract with another supplier ends soon",
    "what would moving over take",
];
const ENDS: [&str; 6] =
    ["Thanks!", "Mornings are best.", "We want to start next quarter.", "No hurry.", "Merci, à bientôt.", "Please write, do not call."];

/// Draws the lead number `index` of `n` in order of creation, created at `created` (seconds).
pub(super) fn lead(seed: u64, index: u64, n: u64, created: i64) -> LeadRow {
    let mut draw = Stream::new(seed, 1, index);
    // Squaring makes some companies send many leads.
    let spread = draw.uniform();
    let accounts = (n * 7).div_ceil(10);
    let account = ((spread * (0.6 + 0.4 * spread)) * accounts as f64) as u64;
    let mut company = Stream::new(seed, 2, account);
    let industry = INDUSTRIES[company.pick(INDUSTRIES.map(|i| i.1))].0;
    let country = COUNTRIES[company.pick(COUNTRIES.map(|c| c.1))].0;
    let employees = exp(3.6 + 1.7 * company.normal()).clamp(1.0, 200_000.0) as u32;
    let revenue = (f64::from(employees) * exp(4.9 + 0.6 * company.normal())) as u64;

    let source = SOURCES[draw.pick(SOURCES.map(|s| s.1))].0;
    let product = if draw.chance(0.55) { "core" } else { "cloud" };
    let title = TITLES[draw.pick(TITLES.map(|t| t.1))].0;
    let bought = source == "purchased_list";
    let small = employees < 20;
    // What is missing depends on what it would have been, and on where the lead came from.
    let knows_size = draw.chance(if bought { 0.5 } else { 0.95 } * if small { 0.75 } else { 1.0 });
    let knows_revenue = draw.chance(0.2 + 0.06 * ln(f64::from(employees)));
    let has_title = draw.chance(match (source, title) {
        ("social", _) => 0.6,
        (_, "Student" | "Assistant") => 0.7,
        _ => 0.92,
    });
    let has_industry = draw.chance(0.96);
    let has_email = draw.chance(if source == "trade_fair" { 0.8 } else { 0.97 });
    let has_phone = draw.chance(match source {
        "referral" | "partner" => 0.8,
        "purchased_list" => 0.9,
        "social" => 0.25,
        _ => 0.45,
    });
    let opt_in = has_email && draw.chance(if bought { 0.15 } else { 0.75 });
    let message = (fills_form(source) && draw.chance(0.35)).then(|| message(&mut draw));
    let number = index + 1;
    LeadRow {
        lead_id: format!("L{number:06}"),
        created_at: instant(created),
        account_id: format!("A{:05}", account + 1),
        product,
        industry: has_industry.then_some(industry),
        country,
        employees: knows_size.then_some(employees),
        annual_revenue: knows_revenue.then_some(revenue),
        source,
        job_title: has_title.then_some(title),
        email: has_email.then(|| format!("person{number}@account{}.example", account + 1)),
        phone: has_phone.then(|| format!("+1 555 2{:02} {:04}", draw.below(100), draw.below(10_000))),
        opt_in,
        list_position: draw.below(500) as u32 + 1,
        message,
    }
}

fn message(draw: &mut Stream) -> String {
    let mut one = |of: &[&'static str]| of[draw.below(of.len() as u64) as usize];
    let (opening, wish, end) = (one(&OPENINGS), one(&WISHES), one(&ENDS));
    format!("{opening} {wish}, for {} people. {end}", 2 + draw.below(400))
}

/// Whether leads of `source` are created by filling in a form.
pub(super) fn fills_form(source: &str) -> bool {
    matches!(source, "website" | "paid_search" | "social" | "webinar")
}
