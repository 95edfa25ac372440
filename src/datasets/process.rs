//! The constants of the process: intents, intensities, hazards, and how attributes move them.

use super::calendar::{DAY, END, START};
use super::tables::LeadRow;
use crate::math::{libm_exp as exp, ln};

/// Cold, interested, buying.
pub(super) const INTENTS: usize = 3;
/// One number for each intent.
pub(super) type PerIntent = [f64; INTENTS];

/// Probability of tomorrow's intent (columns) by today's (rows).
pub(super) const MOVE: [PerIntent; INTENTS] = [[0.992, 0.0075, 0.0005], [0.022, 0.963, 0.015], [0.006, 0.02, 0.974]];
/// Hazard of a win a day, by intent.
const WIN: PerIntent = [0.0002, 0.0012, 0.023];
/// Hazard of a loss a day, by intent.
const LOSS: PerIntent = [0.016, 0.007, 0.004];
/// How far each product's hazard of a win is from its mean at the start and at the end of the two years.
const DRIFT: f64 = 0.25;

/// A kind of event that leads start.
pub(super) struct Kind {
    pub(super) name: &'static str,
    /// Events a day, by intent.
    pub(super) rate: PerIntent,
    /// Chance that it is imported late.
    pub(super) late: f64,
    /// Chance that a visit or view is a long one, by intent; `None` for kinds that have no length.
    pub(super) long: Option<PerIntent>,
    /// Needs agreement to e-mail.
    pub(super) mail: bool,
    /// Kept before creation, as an anonymous visit.
    pub(super) anonymous: bool,
}

const DIGITAL: f64 = 0.02;
const OFFLINE: f64 = 0.2;

/// Every kind that leads start.
pub(super) const KINDS: [Kind; 8] = [
    Kind { name: "email_open", rate: [0.03, 0.08, 0.1], late: DIGITAL, long: None, mail: true, anonymous: false },
    Kind { name: "email_click", rate: [0.004, 0.025, 0.05], late: DIGITAL, long: None, mail: true, anonymous: false },
    Kind { name: "web_visit", rate: [0.015, 0.06, 0.2], late: DIGITAL, long: Some([0.2, 0.4, 0.6]), mail: false, anonymous: true },
    Kind {
        name: "pricing_page_view",
        rate: [0.001, 0.007, 0.07],
        late: DIGITAL,
        long: Some([0.2, 0.4, 0.6]),
        mail: false,
        anonymous: true,
    },
    Kind { name: "content_download", rate: [0.003, 0.022, 0.02], late: DIGITAL, long: None, mail: false, anonymous: false },
    Kind { name: "webinar", rate: [0.001, 0.007, 0.006], late: OFFLINE, long: None, mail: false, anonymous: false },
    Kind { name: "form_submit", rate: [0.0004, 0.005, 0.016], late: DIGITAL, long: None, mail: false, anonymous: false },
    // Never late: calls follow it at once, and would give away one that is not visible yet.
    Kind { name: "demo_request", rate: [0.0001, 0.0015, 0.028], late: 0.0, long: None, mail: false, anonymous: false },
];
/// Late imports come 1 to this many whole days later, each as likely.
pub(super) const LATEST: i64 = 7;

/// What the visible attributes of a lead do.
pub(super) struct Effects {
    /// Distribution of the intent at creation.
    pub(super) initial: PerIntent,
    /// Hazards of a win by intent, without drift.
    win: PerIntent,
    /// Hazards of a loss by intent, without age.
    loss: PerIntent,
    /// Sign and size of the drift.
    drift: f64,
    /// Chance that the lead's own events are seen at all.
    pub(super) tracked: f64,
    /// Whether e-mail events can happen.
    pub(super) mail: bool,
    /// Calls by sales a day.
    pub(super) calls: f64,
}

impl Effects {
    pub(super) fn of(lead: &LeadRow) -> Self {
        let size = lead.employees.map(|e| ln(f64::from(e)) - 3.6);
        let cloud = lead.product == "cloud";
        let mut win = match lead.source {
            "referral" => 0.8,
            "partner" => 0.4,
            "website" => 0.15,
            "paid_search" => -0.1,
            "social" => -0.5,
            "purchased_list" => -0.9,
            _ => 0.0,
        };
        win += match lead.industry {
            Some("software") => 0.45,
            Some("finance") => 0.3,
            Some("healthcare") => 0.1,
            Some("retail") => -0.25,
            Some("education") => -0.6,
            Some("government") => -0.8,
            Some("hospitality") => -0.5,
            Some(_) => 0.0,
            None => -0.15,
        };
        win += match lead.country {
            "DE" | "SE" => 0.2,
            "US" => 0.1,
            "IN" | "BR" => -0.4,
            _ => 0.0,
        };
        // Core sells to middling companies, cloud to small ones; neither to the very smallest.
        win += match (size, cloud) {
            (Some(s), false) => 0.35 - 0.16 * (s - 1.2) * (s - 1.2),
            (Some(s), true) => 0.35 - 0.16 * (s + 0.6) * (s + 0.6),
            (None, _) => -0.3,
        }
        .max(-1.4);
        let senior = match lead.job_title {
            Some("CEO" | "CTO" | "VP Sales") => 1.0,
            Some("Head of Operations" | "IT Manager") => 0.5,
            Some("Student") => -2.0,
            Some("Assistant" | "Analyst" | "Engineer") => -0.4,
            Some(_) => 0.0,
            None => -0.5,
        };
        win += 0.45 * senior;
        win += if lead.phone.is_some() { 0.2 } else { -0.1 };
        win += if lead.opt_in { 0.1 } else { -0.1 };
        if let Some(revenue) = lead.annual_revenue {
            win += if revenue > 20_000 { 0.15 } else { -0.05 };
        }
        let loss = match lead.source {
            "purchased_list" => 0.5,
            "referral" => -0.3,
            _ => 0.0,
        } - 0.1 * senior;

        let keen = match lead.source {
            "referral" => 1.2,
            "website" | "webinar" => 0.4,
            "purchased_list" => -2.0,
            "social" => -0.6,
            _ => 0.0,
        } + if lead.message.is_some() { 0.9 } else { 0.0 }
            + 0.2 * senior;
        let weights = [1.0, 0.4 * exp(0.6 * keen), 0.12 * exp(keen)];
        let total: f64 = weights.iter().sum();
        let (factor, given_up) = (exp(1.25 * win), exp(loss));
        Self {
            initial: weights.map(|w| w / total),
            win: WIN.map(|h| h * factor),
            loss: LOSS.map(|h| h * given_up),
            drift: if cloud { DRIFT } else { -DRIFT },
            tracked: match lead.source {
                "purchased_list" => 0.55,
                "trade_fair" => 0.65,
                "partner" => 0.75,
                _ => 0.94,
            },
            mail: lead.opt_in,
            calls: 0.012 * exp(0.5 * win.clamp(-2.0, 2.0)),
        }
    }

    /// The chances, on the lead's day `day` (from 0), of a win and of any end, by intent, for a lead created at `created` seconds.
    pub(super) fn ends(&self, created: i64, day: i64) -> (PerIntent, PerIntent) {
        let elapsed = (created + day * DAY - START) as f64 / (END - START) as f64;
        let trend = 1.0 + self.drift * (2.0 * elapsed - 1.0).clamp(-1.0, 1.5);
        let age = match day {
            ..3 => 0.3,
            3..90 => 1.0,
            _ => 2.5,
        };
        let mut won = [0.0; INTENTS];
        let mut any = [0.0; INTENTS];
        for z in 0..INTENTS {
            won[z] = (self.win[z] * trend).min(0.25);
            any[z] = won[z] + (self.loss[z] * age).min(0.5);
        }
        (won, any)
    }

    /// Events of `kind` a day, by intent, when tracked.
    pub(super) fn rate(&self, kind: &Kind) -> PerIntent {
        if kind.mail && !self.mail { [0.0; INTENTS] } else { kind.rate }
    }
}
