//! The command line as its users meet it: help, messages, exit codes, files.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// Exit code, standard output, standard error.
fn leadscore(arguments: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let all = std::iter::once("leadscore").chain(arguments.iter().copied()).map(OsString::from);
    let code = leadscore::cli::run(all, &mut out, &mut err);
    (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

/// Standard output of a command that must succeed.
fn done(arguments: &[&str]) -> String {
    let (code, out, err) = leadscore(arguments);
    assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}\n{out}");
    out
}

/// Standard output of a command that must succeed, and say of some leads that they came later, and nothing else.
fn done_of_some_who_came_later(arguments: &[&str]) -> String {
    let (code, out, err) = leadscore(arguments);
    assert_eq!(code, 0, "{arguments:?}\n{err}");
    assert!(err.starts_with("note: leads.created_at: ") && err.lines().count() == 1, "{arguments:?}\n{err}");
    out
}

fn small(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name).to_str().unwrap().to_owned()
}

/// Arguments for the tables of the small set.
fn tables(ends: bool) -> Vec<String> {
    let mut all = vec!["--leads".to_owned(), small("leads.csv"), "--events".to_owned(), small("events.csv")];
    if ends {
        all.extend(["--outcomes".to_owned(), small("outcomes.csv")]);
    }
    all
}

fn with<'a>(first: &[&'a str], tables: &'a [String], rest: &[&'a str]) -> Vec<&'a str> {
    first.iter().copied().chain(tables.iter().map(String::as_str)).chain(rest.iter().copied()).collect()
}

/// Folders and hashes differ from run to run.
fn steady(text: &str, folder: &Path) -> String {
    let text = text.replace(folder.to_str().unwrap(), "FOLDER");
    let hash = |word: &str| word.len() >= 12 && word.bytes().all(|b| b.is_ascii_hexdigit()) && word.bytes().any(|b| b.is_ascii_digit());
    let line = |line: &str| line.split(' ').map(|w| if hash(w) { "VERSION" } else { w }).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_help_says_what_there_is() {
    insta::assert_snapshot!("help", done(&["--help"]));
    for command in [
        "demo", "schema", "audit", "train", "score", "evaluate", "explain", "compare", "inspect", "retrain", "resolve", "route", "generate",
    ] {
        insta::assert_snapshot!(format!("help_{command}"), done(&[command, "--help"]));
    }
}

#[test]
fn a_wrong_command_line_is_2_and_says_what_is_wrong() {
    for (arguments, part) in [
        (vec!["trian"], "similar subcommands exist: 'retrain', 'train'"),
        (vec!["train", "--out", "m"], "--leads <FILE>"),
        (vec!["train", "--leads", "l", "--out", "m", "--horizon", "90 days"], "is not a span of time"),
        (vec!["train", "--leads", "l", "--out", "m", "--as-of", "yesterday"], "write a moment as 2026-03-01"),
        (vec!["train", "--leads", "l", "--out", "m", "--threads", "0"], "whole number from 1 on"),
        (vec!["train", "--leads", "l", "--out", "m", "--calibration", "magic"], "magic"),
        (vec!["train", "--leads", "l", "--out", "m", "--monotone", "employees"], "such as employees=1"),
        (vec!["train", "--leads", "l", "--out", "m", "--monotone", "employees=2"], "1 (never falls) or -1 (never rises)"),
        (vec!["train", "--leads", "l", "--out", "m", "--interaction", ","], "write a group of features"),
        (vec!["compare", "--model", "m", "--leads", "l", "--from", "monday"], "write a moment as 2026-03-01"),
        (vec!["train", "--leads", "l", "--out", "m", "--schema", "s", "--label", "won"], "cannot be used with"),
        (vec![], "Usage"),
    ] {
        let (code, out, err) = leadscore(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains(part), "{arguments:?}: {err}");
    }
}

#[test]
fn wrong_data_is_3_and_a_wrong_model_is_4_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let bad_table = file("leads.xlsx", "x");
    let empty = file("empty.csv", "");
    let no_model = file("m.leadscore", "not a model");
    let path = |p: &PathBuf| p.to_str().unwrap().to_owned();
    let leads = small("leads.csv");
    for (arguments, code) in [
        (vec!["schema", "--leads", "/nowhere/leads.csv"], 3),
        (vec!["schema", "--leads", &path(&bad_table)], 3),
        (vec!["schema", "--leads", &path(&empty)], 3),
        (vec!["schema", "--leads", &leads, "--label", "wonn"], 3),
        (vec!["inspect", "/nowhere/m.leadscore"], 4),
        (vec!["inspect", &path(&no_model)], 4),
        (vec!["score", "--model", &path(&no_model), "--leads", &leads], 4),
    ] {
        let (found, out, err) = leadscore(&arguments);
        assert_eq!((found, out.as_str()), (code, ""), "{arguments:?}: {err}");
        assert!(err.starts_with("error: "), "{err}");
        let hints = err.lines().skip(1).filter(|line| !line.starts_with("hint: ")).count();
        assert_eq!(hints, 0, "{err}");
    }
}

#[test]
fn no_result_replaces_a_table_that_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let copied = |name: &str| {
        let path = folder.path().join(name);
        fs::copy(small(name), &path).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (leads, outcomes) = (copied("leads.csv"), copied("outcomes.csv"));
    // The same file by another name.
    let other = folder.path().join(".").join("leads.csv").to_str().unwrap().to_owned();
    let before = fs::read(&leads).unwrap();
    for arguments in [
        vec!["schema", "--leads", &leads, "--out", &leads],
        vec!["train", "--leads", &leads, "--outcomes", &outcomes, "--out", &outcomes],
        vec!["score", "--model", "m.leadscore", "--leads", &leads, "--out", &other],
        vec!["resolve", "--leads", &leads, "--out", &other],
    ] {
        let (code, _, err) = leadscore(&arguments);
        assert_eq!(code, 2, "{arguments:?}: {err}");
        assert!(err.contains("which the command reads; name another file"), "{arguments:?}: {err}");
    }
    assert_eq!(fs::read(&leads).unwrap(), before);
}

#[test]
fn generate_writes_the_small_set_and_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    let told = done(&["generate", "--leads", "3000", "--seed", "1", "--out", out]);
    insta::assert_snapshot!("generate", steady(&told, folder.path()));
    for name in ["leads.csv", "events.csv", "outcomes.csv", "truth.csv"] {
        assert!(fs::read(folder.path().join(name)).unwrap() == fs::read(small(name)).unwrap(), "{name}");
    }
    for format in ["parquet", "arrow"] {
        done(&["generate", "--leads", "50", "--out", out, "--format", format]);
        let leads = folder.path().join(format!("leads.{format}"));
        let told = done(&["schema", "--leads", leads.to_str().unwrap()]);
        assert!(told.contains("created_at"), "{told}");
    }
}

#[test]
fn schema_explains_its_guesses_and_writes_a_file_to_edit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("leads.toml");
    let told = done(&with(&["schema"], &tables(true), &["--out", file.to_str().unwrap()]));
    insta::assert_snapshot!("schema", steady(&told, folder.path()));
    insta::assert_snapshot!("schema_file", fs::read_to_string(&file).unwrap());
}

#[test]
fn audit_names_what_knows_the_future_and_nothing_in_the_clean_set() {
    let told = done(&with(&["audit"], &tables(true), &[]));
    insta::assert_snapshot!("audit_clean", told);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("flat.csv");
    // 2,000 leads, every third won: sales writes why a lead was lost, and calls those it wins for longer.
    let rows = (0..2000).map(|i| {
        let won = i % 3 == 0;
        let lost_to = if won { "" } else { ["a rival", "nobody"][i % 2] };
        let seconds = if won { 300 + i % 7 } else { i % 290 };
        format!("L{:05},{},{lost_to},{seconds},{}\n", 9_000 + i, ["retail", "software", "health"][i * 7 % 11 % 3], u8::from(won))
    });
    fs::write(&file, format!("id,industry,lost_to,call_seconds,won\n{}", rows.collect::<String>())).unwrap();
    insta::assert_snapshot!("audit_leaks", done(&["audit", "--leads", file.to_str().unwrap(), "--label", "won"]));
    let (code, _, err) = leadscore(&["audit", "--leads", file.to_str().unwrap(), "--label", "wonn"]);
    assert_eq!(code, 3, "{err}");
}

#[test]
fn one_model_is_trained_scored_explained_evaluated_and_retrained() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (model, scores) = (path("m.leadscore"), path("scores.csv"));
    let settings = ["--algorithm", "logistic", "--snapshots", "0d,7d,30d", "--as-of", "2025-12-31", "--out", &model];
    let told = done(&with(&["train"], &tables(true), &settings));
    assert!(told.contains("asks: won within 90d; seen at ages 0d, 7d, 30d"), "{told}");
    assert!(done(&["inspect", &model, "--verify"]).contains("verified"));

    let at = ["--model", &model, "--as-of", "2026-06-30"];
    done(&with(&["score"], &tables(false), &[&at[..], &["--explain", "2", "--out", &scores]].concat()));
    let table = fs::read_to_string(&scores).unwrap();
    assert_eq!(table.lines().next(), Some("lead_id,probability,log_odds,score,grade,rank,status,reasons,model_version,as_of"));
    assert_eq!(table.lines().count(), 3001);
    let printed = done(&with(&["score"], &tables(false), &at));
    assert!(printed.contains(" 10. L"), "{printed}");

    // An industry that training never saw, and columns that are not there.
    let (changed, lacking) = (path("changed.csv"), path("lacking.csv"));
    let leads = fs::read_to_string(small("leads.csv")).unwrap();
    fs::write(&changed, leads.replace(",retail,", ",biotech,")).unwrap();
    fs::write(&lacking, leads.replacen("industry", "branch", 1)).unwrap();
    let events = ["--events".to_owned(), small("events.csv")];
    let (code, _, err) = leadscore(&with(&["score", "--leads", &changed], &events, &at));
    assert_eq!(code, 0, "{err}");
    assert!(err.starts_with("note: leads.industry: ") && err.contains("\"biotech\""), "{err}");
    let (code, _, err) = leadscore(&with(&["score", "--leads", &lacking], &events, &[&at[..], &["--out", &scores]].concat()));
    assert_eq!(code, 3);
    assert!(err.contains("leads lack columns that the model needs, so no lead has a probability: industry"), "{err}");
    assert!(fs::read_to_string(&scores).unwrap().lines().nth(1).unwrap().contains(",,,,,,schema_mismatch,"));

    // Events that lack a column, events that say no lead, and leads that came after the moment.
    let (untold, nobodys) = (path("untold.csv"), path("nobodys.csv"));
    let events = fs::read_to_string(small("events.csv")).unwrap();
    fs::write(&untold, events.replacen("kind", "what", 1)).unwrap();
    fs::write(&nobodys, format!("{events},2026-01-02T10:00:00Z,call,phone,4,\n")).unwrap();
    let with_events = |path: &String| ["--leads".to_owned(), small("leads.csv"), "--events".to_owned(), path.clone()];
    let (code, _, err) = leadscore(&with(&["score"], &with_events(&untold), &at));
    assert_eq!(code, 3);
    assert!(err.contains("the tables lack columns that the model needs, so no lead has a probability: events.kind"), "{err}");
    let early = ["--model", &model, "--as-of", "2025-06-30"];
    let (code, _, err) = leadscore(&with(&["score"], &with_events(&nobodys), &early));
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("note: leads.created_at: ") && err.contains("were created after the moment as of which they are seen"), "{err}");
    assert!(err.contains(&format!("note: events.lead_id: 1 of {} events have no identifier of a lead", events.lines().count())), "{err}");

    let (code, told, err) = leadscore(&with(&["explain"], &with_events(&nobodys), &[&early[..], &["--lead", "L002990"]].concat()));
    assert!(code == 0 && told.starts_with("L002990 as of 2025-06-30T00:00:00Z\n"), "{told}{err}");
    assert!(err.contains("note: leads.created_at: ") && err.contains("note: events.lead_id: 1 of "), "{err}");

    let told = done(&with(&["explain"], &tables(false), &[&at[..], &["--lead", "L002990"]].concat()));
    assert!(told.starts_with("L002990 as of 2026-06-30T00:00:00Z\nprobability "), "{told}");
    let (code, _, err) = leadscore(&with(&["explain"], &tables(false), &[&at[..], &["--lead", "X"]].concat()));
    assert_eq!(code, 3);
    assert!(err.starts_with("error: no lead \"X\"; leads hold 3000 identifiers, for example L000001"), "{err}");
    let (code, _, err) = leadscore(&["score", "--model", &model, "--leads", &small("leads.csv")]);
    assert_eq!(code, 2, "{err}");

    assert!(done(&with(&["evaluate", "--model", &model], &tables(true), &[])).contains("age 7d"));
    let new = path("new.leadscore");
    let (code, told, err) =
        leadscore(&with(&["retrain", "--champion", &model], &tables(true), &["--out", &new, "--fail-if-kept", "--as-of", "2026-01-10"]));
    assert_eq!(code, 5, "{told}{err}");
    assert!(told.starts_with("kept: not enough evidence"), "{told}");
    assert!(!Path::new(&new).exists());
}

#[test]
fn the_demo_trains_and_compares_with_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let told = done(&["demo", "--out", folder.path().to_str().unwrap()]);
    insta::assert_snapshot!("demo", steady(&told, folder.path()));
    for name in ["model.leadscore", "scores.csv", "leads.csv", "events.csv", "outcomes.csv", "truth.csv"] {
        assert!(folder.path().join(name).exists(), "{name}");
    }
}

/// A reader who has left.
struct Gone;

impl std::io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn files_and_exit_codes_are_the_same_when_nobody_listens() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        leadscore::cli::run(std::iter::once("leadscore").chain(arguments.iter().copied()).map(OsString::from), &mut Gone, &mut Gone)
    };
    let (schema, people) = (folder.path().join("schema.toml"), folder.path().join("people.csv"));
    assert_eq!(run(&with(&["schema"], &tables(true), &["--out", schema.to_str().unwrap()])), 0);
    assert_eq!(run(&["resolve", "--leads", &small("leads.csv"), "--out", people.to_str().unwrap()]), 0);
    assert!(schema.exists() && people.exists());
    assert_eq!(run(&["--help"]), 0);
    assert_eq!(run(&["resolve", "--leads", "no such file.csv"]), leadscore(&["resolve", "--leads", "no such file.csv"]).0);
}

#[test]
fn leads_are_resolved_and_events_find_their_leads() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let leads = "lead_id,created_at,email,phone,heat
1,2026-01-01,Ann@corp.example,,5
2,2026-02-01,ann@CORP.example,+49 30 123456,1
3,2026-01-05,info@corp.example,call me,2
4,2026-01-06,bob at corp,,3
";
    let events = "email,phone,at,kind
ann@corp.example,,2026-03-01,visit
,0049 30 123456,2025-12-24,visit
eve@corp.example,,2026-03-03,visit
,,2026-03-03,visit
";
    fs::write(path("leads.csv"), leads).unwrap();
    fs::write(path("events.csv"), events).unwrap();
    fs::write(path("schema.toml"), "lead_id = \"lead_id\"\ncreated_at = \"created_at\"\nemail = \"email\"\nphone = \"phone\"\n").unwrap();
    let of_leads = ["--leads".to_owned(), path("leads.csv"), "--schema".to_owned(), path("schema.toml")];
    let out = done(&with(&["resolve"], &of_leads, &["--out", &path("people.csv")]));
    insta::assert_snapshot!("resolve", steady(&(out + &fs::read_to_string(path("people.csv")).unwrap()), folder.path()));
    let out = done(&with(&["route", "--events", &path("events.csv")], &of_leads, &["--out", &path("routed.csv")]));
    insta::assert_snapshot!("route", steady(&(out + &fs::read_to_string(path("routed.csv")).unwrap()), folder.path()));
    let scored = ["--to", "highest-scored", "--scores", "heat", "--out", &path("routed.csv")];
    done(&with(&["route", "--events", &path("events.csv")], &of_leads, &scored));
    assert!(fs::read_to_string(path("routed.csv")).unwrap().contains("1,email,false"), "the first lead has the higher score");

    for (arguments, code, part) in [
        (vec!["--to", "highest-scored"], 2, "needs --scores"),
        (vec!["--to", "highest-scored", "--scores", "warmth"], 3, "leads has no column \"warmth\""),
        (vec!["--country", "Atlantis"], 2, "write it as DE or US"),
        (vec!["--email", "mail"], 3, "events has no column \"mail\""),
    ] {
        let (found, _, err) = leadscore(&with(&["route", "--events", &path("events.csv")], &of_leads, &arguments));
        assert_eq!(found, code, "{err}");
        assert!(err.contains(part), "{err}");
    }
    // A day without new leads is no error, and outcomes that are not given are none.
    fs::write(path("none.csv"), "lead_id,created_at,email,phone,heat\n").unwrap();
    fs::write(
        path("ends.toml"),
        "lead_id = \"lead_id\"\nemail = \"email\"\n\n[outcomes]\nlead_id = \"id\"\nwon = \"won\"\nclosed_at = \"closed_at\"\n",
    )
    .unwrap();
    let out = done(&["resolve", "--leads", &path("none.csv"), "--schema", &path("ends.toml"), "--out", &path("people.csv")]);
    assert!(out.starts_with("leads: 0\n"), "{out}");
    assert_eq!(fs::read_to_string(path("people.csv")).unwrap().lines().count(), 1);
    done(&["resolve", "--leads", &path("leads.csv"), "--schema", &path("ends.toml")]);
    let none = ["route", "--events", &path("events.csv"), "--leads", &path("none.csv"), "--schema", &path("schema.toml")];
    assert!(done(&none).starts_with("0 of 4 events routed"));

    let nothing = leadscore(&[
        "route",
        "--events",
        &path("leads.csv"),
        "--leads",
        &path("leads.csv"),
        "--schema",
        &path("schema.toml"),
        "--at",
        "created_at",
    ]);
    assert_eq!((nothing.0, nothing.2.as_str()), (0, ""), "leads have what tells whom they are of");
}

#[test]
fn constraints_of_the_command_line_hold_and_a_retraining_keeps_them() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (model, next) = (path("m.leadscore"), path("next.leadscore"));
    let asked = ["--algorithm", "boosting", "--snapshots", "0d,14d", "--horizon", "60d", "--as-of", "2025-03-31", "--out", &model];
    let constraints =
        ["--monotone", "employees=1,list_position=-1", "--interaction", "employees, industry", "--interaction", "demo_request"];
    let excluded = ["--exclude-feature", "call,web_visit.recency", "--exclude-feature", "country"];
    let told = done(&with(&["train"], &tables(true), &[&asked[..], &constraints, &excluded].concat()));
    assert!(told.contains("constraint: the probability never falls as employees rises"), "{told}");
    assert!(told.contains("constraint: asked together: employees, industry\n"), "{told}");
    assert!(done(&["inspect", &model]).contains("constraint: not read: call, web_visit.recency, country"));

    let champion = leadscore::Model::open(&model).unwrap();
    let kept = &champion.card().procedure.constraints;
    assert_eq!((kept.monotone["employees"], kept.monotone["list_position"]), (1, -1));
    assert_eq!(kept.interactions, [vec!["employees".to_owned(), "industry".to_owned()], vec!["demo_request".to_owned()]]);
    let reads = |model: &leadscore::Model, name: &str| {
        model.plan().features().iter().any(|feature| feature.name == name || feature.concept == name)
    };
    assert!(
        !reads(&champion, "call")
            && !reads(&champion, "country")
            && !reads(&champion, "web_visit.recency")
            && reads(&champion, "web_visit")
    );

    let told = done(&with(&["retrain", "--champion", &model], &tables(true), &["--out", &next]));
    assert!(told.starts_with("promoted"), "{told}");
    let promoted = leadscore::Model::open(&next).unwrap();
    assert_eq!(promoted.card().procedure.constraints, *kept);
    assert!(!reads(&promoted, "call") && !reads(&promoted, "country") && !reads(&promoted, "web_visit.recency"));

    for (wrong, part) in [
        (["--monotone", "sise=1"], "\"sise\", which is no feature; there are for example"),
        (["--monotone", "industry=1"], "categories have no order"),
        (["--monotone", "employees=1,employees=-1"], "names \"employees\" twice"),
        (["--exclude-feature", "cal"], "there are for example call"),
    ] {
        let (code, _, err) = leadscore(&with(&["train"], &tables(true), &[&asked[..], &wrong].concat()));
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(part), "{err}");
    }
}

#[test]
fn scores_of_two_moments_are_compared_and_moments_are_in_the_zone_of_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (model, schema, scores) = (path("m.leadscore"), path("schema.toml"), path("scores.csv"));
    done(&with(&["schema"], &tables(true), &["--out", &schema]));
    let written = fs::read_to_string(&schema).unwrap();
    fs::write(&schema, format!("time_zone = \"Europe/Berlin\"\n{written}")).unwrap();
    let settings =
        ["--schema", &schema, "--algorithm", "logistic", "--snapshots", "0d,7d,30d", "--as-of", "2025-12-31T23:00:00", "--out", &model];
    let told = done(&with(&["train"], &tables(true), &settings));
    assert!(told.contains("as of: 2025-12-31T22:00:00Z"), "winter time is an hour ahead of UTC: {told}");
    assert!(
        done(&["inspect", &model, "--features"]).contains("  demo_request.count.7d [events]: how many demo requests in the last 7 days\n")
    );

    // Before and after the clocks were put forward, on 2026-03-29 at 2 o'clock.
    let log_odds = |moment: &str, utc: &str| -> std::collections::HashMap<String, f64> {
        done_of_some_who_came_later(&with(&["score", "--model", &model], &tables(false), &["--as-of", moment, "--out", &scores]));
        let table = fs::read_to_string(&scores).unwrap();
        assert!(table.lines().nth(1).unwrap().contains(utc), "{table}");
        table
            .lines()
            .skip(1)
            .map(|line| line.split(',').collect::<Vec<_>>())
            .map(|row| (row[0].to_owned(), row[2].parse().unwrap()))
            .collect()
    };
    let before = log_odds("2026-03-28T12:00:00", "2026-03-28T11:00:00");
    let after = log_odds("2026-03-29 12:00", "2026-03-29T10:00:00");
    let between = ["--from", "2026-03-28T12:00:00", "--to", "2026-03-29T12:00:00"];

    let out = path("why.json");
    done_of_some_who_came_later(&with(&["compare", "--model", &model], &tables(false), &[&between[..], &["--out", &out]].concat()));
    let all: Vec<serde_json::Value> = serde_json::from_str(&fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!(all.len(), 3000);
    for one in &all {
        let id = one["lead_id"].as_str().unwrap();
        assert_eq!((one["log_odds"][0].as_f64(), one["log_odds"][1].as_f64()), (Some(before[id]), Some(after[id])), "{id}");
        let parts: f64 = one["parts"].as_object().unwrap().values().map(|part| part["change"].as_f64().unwrap()).sum();
        assert!((parts - one["change"].as_f64().unwrap()).abs() < 1e-9);
    }
    assert_eq!(all[0]["as_of"], serde_json::json!(["2026-03-28T11:00:00Z", "2026-03-29T10:00:00Z"]));
    let table = path("why.csv");
    let told =
        done_of_some_who_came_later(&with(&["compare", "--model", &model], &tables(false), &[&between[..], &["--out", &table]].concat()));
    assert!(told.starts_with("3000 leads compared, 2026-03-28T11:00:00Z with 2026-03-29T10:00:00Z"), "{told}");
    assert!(fs::read_to_string(&table).unwrap().starts_with("lead_id,probability_before,probability_after,log_odds_before,"));

    // The lead in words, with an attribute that has changed.
    let (then, leads) = (path("then.csv"), fs::read_to_string(small("leads.csv")).unwrap());
    fs::write(&then, leads.replacen("core,retail,DE,55", "core,software,DE,55", 1)).unwrap();
    let one = ["--lead", "L000001", "--leads-before", &then];
    insta::assert_snapshot!("compare", done(&with(&["compare", "--model", &model], &tables(false), &[&between[..], &one].concat())));
    let (code, _, err) = leadscore(&with(&["compare", "--model", &model], &tables(false), &[&between[..], &["--lead", "X"]].concat()));
    assert_eq!(code, 3, "{err}");
    assert!(err.contains("no lead \"X\"; leads hold 3000 identifiers, for example L000001"), "{err}");
    let backwards = ["--from", "2026-03-29", "--to", "2026-03-28"];
    let (code, _, err) = leadscore(&with(&["compare", "--model", &model], &tables(false), &backwards));
    assert_eq!(code, 3, "{err}");
}

#[test]
fn what_is_odd_about_a_history_is_told_on_standard_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (model, history, slips) = (path("m.leadscore"), path("history.csv"), path("slips.csv"));
    let mut rows = "lead_id,column,value,valid_from\n".to_owned();
    for line in fs::read_to_string(small("leads.csv")).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        rows += &format!("{},industry,{},{}\n", cells[0], cells[4], cells[1]);
    }
    fs::write(&history, &rows).unwrap();
    fs::write(&slips, rows.replace(",industry,", ",Industry,")).unwrap();
    let settings = ["--algorithm", "logistic", "--snapshots", "0d,14d", "--as-of", "2025-12-31", "--history", &history, "--out", &model];
    let told = done(&with(&["train"], &tables(true), &settings));
    assert!(told.contains("note: industry: read as known at each snapshot"), "{told}");

    // What each command tells of no history, of one that has the names wrong, and of the right one.
    let without = "note: no history is given, and the model learned industry as known at each moment";
    let misspelt =
        "the history has no row of industry, which the model learned from the history, so that nothing is known of it: give the rows";
    let of_history = |first: &[&str], ends: bool, rest: &[&str]| -> Vec<String> {
        let (code, out, err) = leadscore(&with(first, &tables(ends), rest));
        assert_eq!(code, 0, "{out}{err}");
        err.lines().filter(|line| line.contains("history")).map(str::to_owned).collect()
    };
    let past = ["--model", &model, "--as-of", "2025-06-30"];
    let lead = ["--model", &model, "--as-of", "2025-06-30", "--lead", "L000001"];
    let (between, out) = (["--model", &model, "--from", "2025-06-30", "--to", "2027-01-01", "--lead", "L000001"], path("features.csv"));
    for (command, ends, rest) in [
        ("evaluate", true, &["--model", model.as_str()][..]),
        ("score", false, &past),
        ("explain", false, &lead),
        ("compare", false, &between),
    ] {
        let told = of_history(&[command], ends, rest);
        assert!(matches!(&*told, [note] if note.starts_with(without)), "{command}: {told:?}");
        let told = of_history(&[command], ends, &[rest, &["--history", &slips]].concat());
        assert!(told.len() == 2 && told[1].contains(misspelt) && told[0].contains("such as \"Industry\""), "{command}: {told:?}");
        let told = of_history(&[command], ends, &[rest, &["--history", &history]].concat());
        assert!(told.is_empty(), "{command}: {told:?}");
    }
    // Today, and a day before the newest data, the table is what is known; and one of then is what was.
    for now in ["2026-06-30", "2027-01-01"] {
        assert!(of_history(&["score", "--model", &model, "--as-of", now, "--out", &out], false, &[]).is_empty());
    }
    assert!(of_history(&["compare"], false, &[&between[..], &["--leads-before", &small("leads.csv")]].concat()).is_empty());
    // Of events in a Parquet file, the same.
    fs::copy(small("events.csv"), path("events.csv")).unwrap();
    let parquet = path("parquet");
    done(&["generate", "--leads", "3000", "--seed", "1", "--format", "parquet", "--out", &parquet]);
    let files = ["--leads".to_owned(), small("leads.csv"), "--events".to_owned(), format!("{parquet}/events.parquet")];
    let (code, _, err) = leadscore(&with(&["score"], &files, &past));
    assert!(code == 0 && err.lines().any(|line| line.starts_with(without)), "{err}");
}
