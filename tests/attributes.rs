//! Attributes taken apart: what an address, a number and a title say is learnt, and bad ones are scored as what they are.
#![cfg(feature = "fit")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use leadscore::models::boosting::BoostingParams;
use leadscore::models::logistic::LogisticParams;
use leadscore::{
    Algorithm, Attribute, AttributeColumn, EventTable, FeatureSettings, Lead, LeadTable, Model, Schema, Status, Target, TextColumn,
    Trainer, TrainingData,
};

/// Numbers in [0, 1) from a linear congruential generator (Knuth 1997, MMIX).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn one<'w>(&mut self, of: &[&'w str]) -> &'w str {
        of[(self.next() * of.len() as f64) as usize]
    }
}

fn schema() -> Schema {
    Schema::new()
        .label("won")
        .attribute("email", Attribute::Email {})
        .attribute("phone", Attribute::Phone { country: None })
        .attribute("title", Attribute::JobTitle {})
}

fn distinct(words: Vec<String>) -> AttributeColumn {
    let codes = (0..words.len() as u32).collect();
    AttributeColumn::Text(TextColumn { words, codes })
}

/// Leads of whom no two share an address, a number or a title: only what these say can be learnt. Business addresses, directors and German numbers win. Of
/// ten leads one each has a malformed address, none, a malformed number, none, no title.
fn made(n: usize, seed: u64) -> (LeadTable, Vec<bool>) {
    let mut random = Uniform(seed);
    let (mut emails, mut phones, mut titles, mut won) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for lead in 0..n {
        let (business, senior, german) = (random.next() < 0.5, random.next() < 0.4, random.next() < 0.3);
        let domain = if business { format!("firm{lead}.example") } else { random.one(&["gmail.com", "web.de", "Yahoo.com"]).to_owned() };
        emails.push(format!("Person.{lead}@{domain}"));
        phones.push(if german { format!("+49 30 {:07}", 1_000_000 + lead) } else { format!("+1 (212) 555-{:04}", lead % 10_000) });
        let rank = if senior { random.one(&["Director", "VP", "Head of"]) } else { random.one(&["Junior", "Intern", "Assistant"]) };
        titles.push(format!("{rank} {} group {lead}", random.one(&["Sales", "Marketing", "Finance"])));
        match lead % 10 {
            0 => emails[lead] = format!("person {lead} at firm"),
            1 => emails[lead].clear(),
            2 => phones[lead] = format!("{}", lead % 1000),
            3 => phones[lead].clear(),
            4 => titles[lead].clear(),
            _ => {}
        }
        let yes = |is: bool| f64::from(u8::from(is));
        let z = -2.2 + 1.5 * yes(business) + 1.6 * yes(senior) + 1.4 * yes(german);
        won.push(random.next() < 1.0 / (1.0 + (-z).exp()));
    }
    let leads = LeadTable {
        ids: (0..n).map(|lead| lead.to_string()).collect(),
        attributes: vec![("email".into(), distinct(emails)), ("phone".into(), distinct(phones)), ("title".into(), distinct(titles))],
        ..LeadTable::default()
    };
    (leads, won)
}

fn train(algorithm: &Algorithm, parts: bool) -> Model {
    let (leads, won) = made(1500, 1);
    let data = TrainingData::new(schema(), leads, Target::Labels(won.into_iter().map(Some).collect()));
    Trainer::new().algorithm(algorithm.clone()).features(FeatureSettings::default().attribute_parts(parts)).fit(&data).unwrap()
}

/// The share of pairs of a won and a lost lead that the model ranks rightly.
fn auc(model: &Model) -> f64 {
    let (leads, won) = made(1500, 2);
    let scores = model.score_rows(&leads, &EventTable::default(), &vec![0; leads.len()], 0, None).unwrap();
    let of = |class: bool| won.iter().zip(&scores.probability).filter(move |(won, _)| **won == class).map(|(_, p)| *p);
    let pairs = of(true)
        .map(|p| {
            of(false)
                .map(|q| {
                    if p > q {
                        1.0
                    } else if p < q {
                        0.0
                    } else {
                        0.5
                    }
                })
                .sum::<f64>()
        })
        .sum::<f64>();
    pairs / (of(true).count() * of(false).count()) as f64
}

fn lead(email: &str, phone: &str, title: &str) -> Lead {
    Lead::new("a").text("email", email).text("phone", phone).text("title", title)
}

#[test]
fn provider_country_and_seniority_are_learnt_where_every_word_is_its_own() {
    let logistic = Algorithm::Logistic(LogisticParams::default().l2(1.0));
    let boosting = Algorithm::Boosting(BoostingParams::new().n_estimators(60));
    for algorithm in [logistic, boosting] {
        let model = train(&algorithm, true);
        let auc = auc(&model);
        assert!(auc > 0.7, "{auc}");
        let probability = |email: &str, phone: &str, title: &str| model.query(&lead(email, phone, title)).score().unwrap().probability;
        let (business, free) = ("jo@new-firm.example", "jo@hotmail.co.uk");
        let (german, american) = ("+49 171 3920001", "+1 212 555 0199");
        let best = probability(business, german, "Director of Purchasing");
        assert!(best > probability(free, german, "Director of Purchasing"));
        assert!(best > probability(business, american, "Director of Purchasing"));
        assert!(best > probability(business, german, "Intern, Purchasing"));
        let reasons = model.query(&lead(business, german, "Director of Purchasing")).explain(3).score().unwrap().reasons;
        let told: Vec<&str> = reasons.iter().map(|reason| reason.text.as_str()).collect();
        assert!(told.iter().any(|text| text.contains("email is of a business mailbox")), "{told:?}");
    }
    // Whole words say nothing here: no two leads share one.
    let (leads, won) = made(300, 3);
    let whole = TrainingData::new(schema(), leads, Target::Labels(won.into_iter().map(Some).collect()));
    let trained = Trainer::new()
        .algorithm(Algorithm::Logistic(LogisticParams::default().l2(1.0)))
        .features(FeatureSettings::default().attribute_parts(false))
        .fit(&whole);
    assert!(trained.map_or(true, |model| model.plan().features().iter().all(|feature| !feature.name.contains('.'))));
}

#[test]
fn bad_addresses_are_scored_and_what_is_missing_is_told_from_what_is_not_given() {
    let model = train(&Algorithm::Logistic(LogisticParams::default().l2(1.0)), true);
    let leads = [
        lead("jo@firm.example", "+49 171 3920001", "VP"),
        lead("jo at firm", "call me", "Zauberer"),
        Lead::new("a").missing("email").text("phone", "12").missing("title"),
        lead("\u{0}@@@", "+++", &"x".repeat(10_000)),
        Lead::new("a").missing("email").missing("phone").missing("title"),
        lead(" ", "n/a", "-"),
        Lead::new("a").text("email", "jo@firm.example").missing("title"),
    ];
    let scores: Vec<_> = leads.iter().map(|lead| model.query(lead).score().unwrap()).collect();
    let statuses: Vec<Status> = scores.iter().map(|score| score.status).collect();
    use Status::{InsufficientData, SchemaMismatch, Scored};
    assert_eq!(statuses, [Scored, Scored, Scored, Scored, InsufficientData, InsufficientData, SchemaMismatch]);
    for score in &scores[..6] {
        assert!(score.probability > 0.0 && score.probability < 1.0, "never a silent zero: {score:?}");
    }
    assert!(scores[6].probability.is_nan() && scores[6].log_odds.is_nan() && scores[6].score.is_nan() && scores[6].grade.is_empty());
    assert_eq!(scores[6].missing_columns, ["phone"], "a column is named once, whatever it is taken apart into");
    assert_eq!(scores[4].probability.to_bits(), scores[5].probability.to_bits(), "blanks and placeholders are missing");

    // A table gives the same bits and statuses.
    let text = |words: [Option<&str>; 6]| {
        let known: Vec<String> = words.iter().flatten().map(|&word| word.to_owned()).collect();
        let mut next = 0;
        let codes = words
            .map(|word| {
                if word.is_some() {
                    next += 1;
                    next - 1
                } else {
                    u32::MAX
                }
            })
            .to_vec();
        AttributeColumn::Text(TextColumn { words: known, codes })
    };
    let long = "x".repeat(10_000);
    let mut table = LeadTable {
        ids: (0..6).map(|row| row.to_string()).collect(),
        attributes: vec![
            ("email".into(), text([Some("jo@firm.example"), Some("jo at firm"), None, Some("\u{0}@@@"), None, Some(" ")])),
            ("phone".into(), text([Some("+49 171 3920001"), Some("call me"), Some("12"), Some("+++"), None, Some("n/a")])),
            ("title".into(), text([Some("VP"), Some("Zauberer"), None, Some(long.as_str()), None, Some("-")])),
        ],
        ..LeadTable::default()
    };
    let batch = model.score_rows(&table, &EventTable::default(), &[0; 6], 0, Some(1)).unwrap();
    assert_eq!(batch.status, statuses[..6]);
    for (row, score) in scores[..6].iter().enumerate() {
        assert_eq!(batch.probability[row].to_bits(), score.probability.to_bits(), "row {row}");
    }
    table.attributes.remove(1);
    let lacking = model.score_rows(&table, &EventTable::default(), &[0; 6], 0, Some(1)).unwrap();
    assert_eq!(lacking.missing_columns, ["phone"]);
    assert!(lacking.status.iter().all(|status| *status == SchemaMismatch) && lacking.probability.iter().all(|p| p.is_nan()));
}
