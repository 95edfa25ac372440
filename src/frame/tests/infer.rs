use polars::prelude::DataType;

use super::*;
use crate::schema::{Attribute, EventColumns, Inference, OutcomeColumns, Schema};

const N: usize = 60;

fn column(name: &str, value: impl Fn(usize) -> String) -> Series {
    Series::new(name.into(), (0..N).map(value).collect::<Vec<_>>())
}

fn ints(name: &str, value: impl Fn(i64) -> i64) -> Series {
    Series::new(name.into(), (0..N as i64).map(value).collect::<Vec<_>>())
}

fn read_as<'a>(inference: &'a Inference, name: &str) -> (&'a str, &'a str) {
    let guess = inference.guesses.iter().find(|g| g.column == name).unwrap_or_else(|| panic!("no guess of {name}:\n{inference}"));
    (&guess.read_as, &guess.reason)
}

fn crm() -> DataFrame {
    table(vec![
        column("Prospect ID", |i| format!("p{i}")),
        ints("Lead Number", |i| 1000 - i),
        column("Created Date", |i| format!("2026-01-{:02} 10:00", 1 + i % 28)),
        column("E-Mail Address", |i| format!("person{i}@example.com")),
        column("Mobile Phone", |i| format!("+49 170 {:07}", 1000 + i)),
        column("Company", |i| format!("company {}", i % 40)),
        column("Industry", |i| ["Software", "software ", "Retail"][i % 3].to_owned()),
        column("Zip", |i| format!("{:05}", i % 7)),
        column("Newsletter", |i| ["Yes", "No"][i % 2].to_owned()),
        ints("Flag", |i| i % 2),
        ints("Employees", |i| i * 37 % 50),
        ints("Campaign ID", |i| i % 5),
        column("Founded", |i| format!("19{:02}-05-01", 50 + i % 40)),
        column("Message", |i| format!("Hello, this is message number {i} from a person in need of software")),
        column("Full Name", |i| format!("Person {i}")),
        column("Country", |_| "DE".to_owned()),
        Series::new("Fax".into(), vec![None::<&str>; N]),
        column("Last Notable Activity", |i| ["Opened", "Called"][i % 2].to_owned()),
        column("Lead Owner", |i| ["Ann", "Bob"][i % 2].to_owned()),
        column("Lead Status", |i| ["Open", "Working"][i % 2].to_owned()),
        column("Marital Status", |i| ["single", "married", "Select"][i % 3].to_owned()),
        Series::new("Spent".into(), (0..N).map(|i| i as f64 / 3.0).collect::<Vec<_>>()),
        ints("Span", |i| i).cast(&DataType::Duration(polars::prelude::TimeUnit::Milliseconds)).unwrap(),
        ints("Converted", |i| i % 3 / 2),
    ])
}

#[test]
fn roles_and_types_are_guessed_from_names_and_contents() {
    let inference = Schema::infer(&crm(), None, None, None, &[]).unwrap();
    for (name, wanted) in [
        ("Prospect ID", "lead_id"),
        ("Created Date", "created_at"),
        ("E-Mail Address", "email"),
        ("Mobile Phone", "phone"),
        ("Company", "account"),
        ("Industry", "categorical"),
        ("Zip", "categorical"),
        ("Newsletter", "boolean"),
        ("Flag", "numeric"),
        ("Employees", "numeric"),
        ("Campaign ID", "categorical"),
        ("Founded", "date"),
        ("Message", "text"),
        ("Marital Status", "categorical"),
        ("Spent", "numeric"),
        ("Converted", "label"),
    ] {
        assert_eq!(read_as(&inference, name).0, wanted, "{name}\n{inference}");
    }
    for (name, reason) in [
        ("Lead Number", "an identifier: every row has a whole number of its own"),
        ("Full Name", "an identifier or name: 60 different words in 60 rows"),
        ("Country", "constant: every row is \"de\""),
        ("Fax", "no row has a value"),
        ("Last Notable Activity", "what happened last is known only at extraction; events tell it without looking ahead"),
        ("Lead Owner", "who works a lead is decided after its creation"),
        ("Lead Status", "a status changes until the lead closes, and then tells how it closed"),
        ("Span", "columns of type duration[ms] are not read"),
    ] {
        assert_eq!(read_as(&inference, name), ("left out", reason), "{name}");
        assert!(inference.schema.exclude.contains(name));
    }
    assert_eq!(inference.guesses.len(), crm().width(), "one guess a column");
    let schema = &inference.schema;
    assert_eq!(schema.email.as_deref(), Some("E-Mail Address"));
    assert_eq!(schema.attributes["Founded"], Attribute::Date { future: false });
    // What was inferred can be read and written.
    crate::frame::lead_table(&crm(), schema).unwrap();
    assert_eq!(&Schema::from_toml(&schema.to_toml().unwrap()).unwrap(), schema);
    assert!(read_as(&inference, "Zip").1.contains("text stays categorical even when it looks like numbers"));
}

#[test]
fn the_caller_names_the_label_and_what_to_exclude() {
    let exclude = ["Industry".to_owned(), "Converted".to_owned()];
    let inference = Schema::infer(&crm(), None, None, Some("Flag"), &exclude).unwrap();
    assert_eq!(read_as(&inference, "Flag"), ("label", "named by the caller"));
    assert_eq!(read_as(&inference, "Industry"), ("left out", "excluded by the caller"));
    assert!(!inference.schema.attributes.contains_key("Converted"));
    let error = message(Schema::infer(&crm(), None, None, Some("Convertd"), &[]));
    assert!(error.contains("did you mean \"Converted\"?"), "{error}");
    let error = message(Schema::infer(&crm(), None, None, None, &["Industri".to_owned()]));
    assert!(error.contains("did you mean \"Industry\"?"), "{error}");
}

#[test]
fn of_two_possible_labels_none_is_taken_nor_learnt_from() {
    let mut frame = crm();
    frame.with_column(ints("target", |i| i % 2).into()).unwrap();
    let inference = Schema::infer(&frame, None, None, None, &[]).unwrap();
    assert_eq!(inference.schema.label, None);
    let reason = "Converted, target all look like labels; give label= to say which is";
    assert_eq!(read_as(&inference, "Converted"), ("left out", reason));
    assert_eq!(read_as(&inference, "target"), ("left out", reason));
}

#[test]
fn events_and_outcomes_are_guessed() {
    let leads =
        table(vec![column("lead_id", |i| i.to_string()), column("created_at", |_| "2026-01-01".to_owned()), ints("size", |i| i % 9)]);
    let events = table(vec![
        column("Lead Id", |i| (i % 5).to_string()),
        column("timestamp", |i| format!("2026-01-02T10:00:{i:02}Z")),
        column("activity_type", |i| ["open", "visit"][i % 2].to_owned()),
        column("channel", |i| ["mail", "web"][i % 2].to_owned()),
        column("recorded_at", |_| "2026-01-03".to_owned()),
        ints("value", |i| i),
        column("note", |i| i.to_string()),
    ]);
    let outcomes = table(vec![
        column("lead_id", |i| i.to_string()),
        column("stage", |i| ["Closed Won", "Closed - Lost", "Qualified"][i % 3].to_owned()),
        column("close_date", |_| "2026-02-01".to_owned()),
        ints("amount", |i| i),
    ]);
    let inference = Schema::infer(&leads, Some(&events), Some(&outcomes), None, &[]).unwrap();
    let wanted = EventColumns::new("Lead Id", "timestamp", "activity_type").channel("channel").value("value").recorded_at("recorded_at");
    assert_eq!(inference.schema.events, Some(wanted));
    let wanted = OutcomeColumns::new("stage", "close_date")
        .lead_id("lead_id")
        .value("amount")
        .won_values(["closed won"])
        .lost_values(["closed - lost"]);
    assert_eq!(inference.schema.outcomes, Some(wanted));
    assert_eq!(read_as(&inference, "note"), ("left out", "no role is known for it"));
    let text = inference.to_string();
    assert!(text.starts_with("leads\n  lead_id") && text.contains("\nevents\n") && text.contains("\noutcomes\n"), "{text}");
}

#[test]
fn outcome_columns_on_leads_are_found() {
    let leads = table(vec![
        column("id", |i| i.to_string()),
        column("created", |_| "2026-01-01".to_owned()),
        column("deal_stage", |i| ["won", "lost", "open"][i % 3].to_owned()),
        column("closed_at", |i| if i % 3 == 2 { String::new() } else { "2026-02-01".to_owned() }),
        ints("size", |i| i % 9),
    ]);
    let inference = Schema::infer(&leads, None, None, None, &[]).unwrap();
    let wanted = OutcomeColumns::new("deal_stage", "closed_at").won_values(["won"]).lost_values(["lost"]);
    assert_eq!(inference.schema.outcomes, Some(wanted));
    let table = crate::frame::lead_table(&leads, &inference.schema).unwrap();
    let (_, report) = crate::frame::outcomes(None, &leads, &inference.schema, &table).unwrap();
    assert_eq!((report.won, report.lost, report.open), (20, 20, 20));
}

#[test]
fn what_cannot_be_told_is_asked_for() {
    let leads = table(vec![column("lead_id", |i| i.to_string())]);
    let events = table(vec![column("lead_id", |i| i.to_string()), column("a", |i| i.to_string()), column("b", |i| i.to_string())]);
    let error = message(Schema::infer(&leads, Some(&events), None, None, &[]));
    assert_eq!(error, "cannot tell which column of events is the moment (of lead_id, a, b); declare events.at in the schema");
    let error = message(Schema::infer(&table(vec![ints("x", |i| i)]), Some(&events), None, None, &[]));
    assert!(error.starts_with("cannot tell which column of leads is the identifier"), "{error}");
    assert_eq!(message(Schema::infer(&DataFrame::empty(), None, None, None, &[])), "leads has no rows");
}

#[test]
fn the_number_of_a_row_in_another_table_is_no_attribute() {
    let leads = table(vec![
        ints("__index_level_0__", |i| (i * 7) % 60),
        ints("Unnamed: 0", |i| (i * 11) % 60),
        ints("employees", |i| i % 9),
        ints("won", |i| i % 2),
    ]);
    let inference = Schema::infer(&leads, None, None, None, &[]).unwrap();
    for name in ["__index_level_0__", "Unnamed: 0"] {
        assert_eq!(read_as(&inference, name).0, "left out", "{name}");
    }
    assert_eq!(inference.schema.attributes.keys().collect::<Vec<_>>(), ["employees"]);
}

#[test]
fn a_column_of_time_zones_is_told_by_its_name_and_words() {
    let infer = |name: &str, zone: fn(usize) -> &'static str| {
        let frame = table(vec![column("created_at", |i| format!("2026-01-{:02}", 1 + i % 28)), column(name, |i| zone(i).to_owned())]);
        let inference = Schema::infer(&frame, None, None, None, &[]).unwrap();
        let guess = read_as(&inference, name);
        (inference.schema.lead_time_zone.is_some(), format!("{}: {}", guess.0, guess.1))
    };
    let clock = "nights, weekends and the hour of creation are told by each lead's own clock";
    let (is, guess) = infer("Time Zone", |i| ["Europe/Berlin", "asia/tokyo"][i % 2]);
    assert!(is && guess == format!("lead_time_zone, categorical: 2 words; names time zones: {clock}"), "{guess}");
    let (is, guess) = infer("tz", |i| ["UTC", "UTC+2", "PST"][i % 3]);
    assert!(is && guess == format!("lead_time_zone, categorical: 3 words; 1 of 3 name time zones: {clock}"), "{guess}");
    // The same for all leads, and yet not the schema's.
    let (is, guess) = infer("timezone", |_| "Europe/Berlin");
    assert!(is && guess.starts_with("lead_time_zone, categorical: "), "{guess}");
    assert!(!infer("timezone", |i| ["PST", "UTC+2"][i % 2]).0);
    assert!(!infer("region", |i| ["Europe/Berlin", "Asia/Tokyo"][i % 2]).0);
}

#[test]
fn a_long_constant_is_told_by_its_beginning() {
    let frame = polars::df!("size" => [1.0, 2.0, 3.0], "big" => [1e308; 3], "plan" => ["free"; 3], "won" => [true, false, true]).unwrap();
    let inference = Schema::infer(&frame, None, None, Some("won"), &[]).unwrap();
    assert_eq!(read_as(&inference, "plan"), ("left out", "constant: every row is \"free\""));
    let (_, reason) = read_as(&inference, "big");
    assert!(reason.starts_with("constant: every row is \"1000000") && reason.ends_with("...\"") && reason.len() < 80, "{reason}");
}

#[test]
fn malformed_cells_do_not_make_categories_of_addresses_and_numbers() {
    let frame = table(vec![
        column("lead_id", |i| i.to_string()),
        column("email", |i| if i % 3 == 0 { format!("nobody {i}") } else { format!("person{i}@corp.example") }),
        column("Phone Number", |i| if i % 3 == 0 { ["none", "x"][i % 2].to_owned() } else { format!("+49 170 {:07}", 1000 + i) }),
        column("Mobile", |i| format!("+49 171 {:07}", 1000 + i)),
        ints("size", |i| i % 9),
    ]);
    let inference = Schema::infer(&frame, None, None, None, &[]).unwrap();
    let malformed = "e-mail addresses; 33 % of the words are malformed, which is a feature";
    assert_eq!(read_as(&inference, "email"), ("email", malformed), "{inference}");
    let malformed = "telephone numbers; 5 % of the words are malformed, which is a feature";
    assert_eq!(read_as(&inference, "Phone Number"), ("phone", malformed));
    assert_eq!(read_as(&inference, "Mobile").0, "phone");
    assert_eq!(inference.schema.email.as_deref(), Some("email"));
    let resolved = crate::frame::ResolvedLeads::new(&frame, None, &inference.schema, &crate::identity::IdentityRules::default()).unwrap();
    assert_eq!(resolved.identity.email_status.iter().filter(|status| status.as_str() == "malformed").count(), N / 3);
}

#[test]
fn addresses_are_told_without_a_name_and_telephone_numbers_only_by_one() {
    let infer = |name: &str, value: &dyn Fn(usize) -> String| {
        let frame = table(vec![column(name, value), ints("size", |i| i % 9)]);
        let inference = Schema::infer(&frame, None, None, None, &[]).unwrap();
        read_as(&inference, name).0.to_owned()
    };
    let address = |i: usize| format!("Person{i}@Corp.example");
    let number = |i: usize| format!("0170 {:07}", 1000 + i);
    assert_eq!(infer("contact", &|i| if i % 5 < 2 { format!("room {i}") } else { address(i) }), "email");
    // Few addresses, and most cells: as categories, they would stand in the model file.
    assert_eq!(infer("contact", &|i| if i % 5 < 3 { address(i % 2) } else { format!("room {}", i % 7) }), "email");
    assert_eq!(infer("contact", &|i| if i % 5 < 1 { address(i % 2) } else { format!("room {}", i % 7) }), "categorical");
    assert_eq!(infer("email", &|i| if i == 7 { address(i) } else { format!("room {}", i % 7) }), "email");
    assert_eq!(infer("email", &|i| format!("room {}", i % 7)), "categorical");
    assert_eq!(infer("email_subject", &|i| if i == 7 { address(i) } else { format!("hello {}", i % 7) }), "categorical");
    assert_eq!(infer("code", &|i| number(i % 7)), "categorical");
    assert_eq!(infer("hotel", &|i| number(i % 7)), "categorical");
    assert_eq!(infer("mobile", &|i| if i % 2 == 0 { number(i % 7) } else { format!("model {}", i % 7) }), "categorical");
    assert_eq!(infer("phone", &|i| if i % 2 == 0 { number(i % 7) } else { format!("model {}", i % 7) }), "phone");
    // Whatever an address or a number looks like, its column's name helps; dates, versions and mail of paper are none.
    assert_eq!(infer("email", &|i| format!("person{}@corp", i % 20)), "email");
    assert_eq!(infer("emails", &|i| format!("a{0}@corp.example; b{0}@corp.example", i % 20)), "text");
    assert_eq!(infer("phone", &|i| format!("+49 170 {:07} ext. 1", i % 20)), "phone");
    assert_eq!(infer("first_phone_call", &|i| format!("2024-03-{:02}", 1 + i % 28)), "date");
    assert_eq!(infer("phone_campaign_id", &|i| format!("2024{:04}", i % 20)), "categorical");
    assert_eq!(infer("direct_mail", &|i| if i == 7 { address(i) } else { format!("letter {}", i % 7) }), "categorical");
    assert_eq!(infer("library", &|i| format!("react@18.{}.0", i % 7)), "categorical");
}

#[test]
fn whole_numbers_are_telephone_numbers_where_they_are_called_so_and_long_enough() {
    let infer = |name: &str, value: fn(i64) -> i64| {
        let column = |name: &str, value: fn(i64) -> i64| Series::new(name.into(), (0..600).map(value).collect::<Vec<_>>());
        let frame = table(vec![column(name, value), column("size", |i| i % 9)]);
        let inference = Schema::infer(&frame, None, None, None, &[]).unwrap();
        read_as(&inference, name).0.to_owned()
    };
    assert_eq!(infer("phone", |i| 491_701_000_000 + i % 90), "phone");
    assert_eq!(infer("phone", |i| 491_701_000_000 + i % 5), "phone");
    assert_eq!(infer("calls_by_phone", |i| i % 90), "numeric");
    assert_eq!(infer("calls_by_phone", |i| i % 6), "numeric");
    assert_eq!(infer("has_headphone", |i| i % 3), "numeric");
}

#[test]
fn own_clocks_are_guessed_only_where_something_is_told_by_them() {
    let zones = || column("timezone", |i| ["Europe/Berlin", "asia/tokyo"][i % 2].to_owned());
    let created = || column("created_at", |i| format!("2026-01-{:02}", 1 + i % 28));
    let infer = |frame: DataFrame, events: Option<&DataFrame>, label: Option<&str>| {
        let inference = Schema::infer(&frame, events, None, label, &[]).unwrap();
        let told = read_as(&inference, "timezone").0.to_owned();
        assert_eq!(inference.schema.lead_time_zone.is_some(), told.starts_with("lead_time_zone"), "{inference}");
        (told, inference.schema.lead_time_zone.is_some())
    };
    assert!(infer(table(vec![created(), zones()]), None, None).1);
    // A flat table is read without moments.
    let won = || ints("won", |i| i % 2);
    assert_eq!(infer(table(vec![created(), zones(), won()]), None, Some("won")), ("categorical".to_owned(), false));
    assert_eq!(infer(table(vec![created(), zones(), won()]), None, None), ("categorical".to_owned(), false));
    assert!(!infer(table(vec![zones(), ints("size", |i| i)]), None, None).1);
    let events =
        table(vec![column("lead_id", |i| i.to_string()), column("at", |_| "2026-01-02".to_owned()), column("kind", |_| "call".to_owned())]);
    assert!(infer(table(vec![column("lead_id", |i| i.to_string()), zones()]), Some(&events), None).1, "nights of events");
}

#[test]
fn one_word_is_singular() {
    let once = |i: usize| if i == 0 { String::new() } else { "retail".to_owned() };
    let frame = table(vec![column("industry", once), ints("size", |i| i % 9)]);
    let inference = Schema::infer(&frame, None, None, None, &[]).unwrap();
    assert_eq!(read_as(&inference, "industry"), ("categorical", "1 word"));
}
