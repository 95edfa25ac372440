use polars::prelude::{DataType, TimeUnit, TimeZone};

use super::*;
use crate::frame::{check_columns, labels, lead_table, matrix_frame};
use crate::schema::{Attribute, Schema};
use crate::{AttributeColumn, Cell, Feature, FeatureKind, FeatureMatrix};

fn numbers(name: &str, values: &[Option<f64>]) -> Series {
    Series::new(name.into(), values)
}

/// The cells of attribute `x` of the type given.
fn cells(series: Series, attribute: Attribute) -> Result<AttributeColumn, FrameError> {
    let schema = Schema::new().attribute("x", attribute);
    lead_table(&table(vec![series.with_name("x".into())]), &schema).map(|t| t.attributes[0].1.clone())
}

fn word(series: Series, row: usize) -> Option<String> {
    let column = cells(series, Attribute::from_type_name("categorical").unwrap()).unwrap();
    match column.cell(row) {
        Cell::Text(word) => Some(word.to_owned()),
        _ => None,
    }
}

#[test]
fn identifiers_of_every_type_become_text() {
    let schema = Schema::new().lead_id("id");
    let ids = |s: Series| lead_table(&table(vec![s.with_name("id".into())]), &schema).unwrap().ids;
    assert_eq!(ids(Series::new("".into(), [7i64, -1])), ["7", "-1"]);
    assert_eq!(ids(Series::new("".into(), [7u8, 1])), ["7", "1"]);
    assert_eq!(ids(Series::new("".into(), [u64::MAX, 1])), ["18446744073709551615", "1"]);
    assert_eq!(ids(Series::new("".into(), [7.0f64, 2.5])), ["7", "2.5"]);
    assert_eq!(ids(words("", &["b", "a"])), ["b", "a"]);
    let categories = polars::prelude::Categories::global();
    assert_eq!(ids(words("", &["b", "a"]).cast(&DataType::from_categories(categories)).unwrap()), ["b", "a"]);
    assert_eq!(lead_table(&table(vec![words("x", &["p", "q"])]), &Schema::new()).unwrap().ids, ["0", "1"]);
}

#[test]
fn a_duplicate_or_missing_identifier_is_named() {
    let schema = Schema::new().lead_id("id");
    let read = |s: Series| message(lead_table(&table(vec![s]), &schema));
    assert_eq!(read(words("id", &["a", "b", "c", "b"])), "leads.id: \"b\" stands in rows 1 and 3; keep one row a lead");
    let gap = "leads.id, row 1: the identifier is missing (2 of 3 rows lack it); give every lead one";
    assert_eq!(read(Series::new("id".into(), [Some("a"), None, Some(" ")])), gap);
    assert_eq!(read(numbers("id", &[Some(1.0), Some(f64::NAN), None])), gap);
}

#[test]
fn a_missing_column_is_named_with_the_nearest() {
    let leads = table(vec![words("lead_id", &["a"]), words("industry", &["x"])]);
    assert_eq!(
        message(lead_table(&leads, &Schema::new().lead_id("leadid"))),
        "leads has no column \"leadid\"; did you mean \"lead_id\"?; available: lead_id, industry"
    );
    // Scoring goes on without an attribute; training asks first.
    let schema = Schema::new().lead_id("lead_id").categorical("industri").numeric("employees").created_at("created");
    let read = lead_table(&leads, &schema).unwrap();
    assert_eq!(read.attribute("industri"), &AttributeColumn::Absent);
    assert!(read.created_at.is_empty());
    assert!(message(check_columns(&leads, None, None, &schema)).starts_with("leads has no column \"created\""));
    let schema = Schema::new().lead_id("lead_id").categorical("industri");
    assert!(message(check_columns(&leads, None, None, &schema)).contains("did you mean \"industry\"?"));
}

#[test]
fn an_empty_frame_is_refused() {
    assert_eq!(message(lead_table(&table(vec![words("id", &[])]), &Schema::new().lead_id("id"))), "leads has no rows");
    assert_eq!(message(lead_table(&DataFrame::empty(), &Schema::new())), "leads has no rows");
}

#[test]
fn numbers_of_every_width_are_read() {
    let numeric = || Attribute::Numeric {};
    let wide = Series::new("".into(), [1i64, 2]);
    use DataType::{Boolean, Float32, Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64};
    for dtype in [Int8, Int16, Int32, Int64, UInt8, UInt16, UInt32, UInt64, Float32, DataType::Float64, DataType::Decimal(10, 2)] {
        let read = cells(wide.cast(&dtype).unwrap(), numeric()).unwrap();
        assert_eq!(read, AttributeColumn::Number(vec![1.0, 2.0]), "{dtype}");
    }
    assert_eq!(
        cells(Series::new("".into(), [1i64, 0]).cast(&Boolean).unwrap(), numeric()).unwrap(),
        AttributeColumn::Number(vec![1.0, 0.0])
    );
    let gaps = cells(numbers("", &[None, Some(f64::NAN)]), numeric()).unwrap();
    assert_eq!((gaps.cell(0), gaps.cell(1)), (Cell::Missing, Cell::Missing));
    assert_eq!(cells(Series::new_null("".into(), 1), numeric()).unwrap().cell(0), Cell::Missing);
}

#[test]
fn an_infinite_number_is_named() {
    let error = message(cells(numbers("", &[Some(1.0), Some(f64::NEG_INFINITY)]), Attribute::Numeric {}));
    assert_eq!(error, "leads.x, row 1: -inf is not finite; make it missing or a number");
}

#[test]
fn a_wrong_type_is_named() {
    let numeric = || Attribute::Numeric {};
    assert_eq!(
        message(cells(words("", &["1", "many"]), numeric())),
        "leads.x is str, which cannot be numeric; it holds for example \"many\"; declare it categorical, or convert it to numbers"
    );
    assert!(message(cells(words("", &["1", "2"]), numeric())).contains("all its words are numbers: convert it to numbers first"));
    let date = Series::new("".into(), [1i32]).cast(&DataType::Date).unwrap();
    assert_eq!(message(cells(date.clone(), numeric())), "leads.x is date, which cannot be numeric; declare it a date");
    assert!(
        message(cells(date, Attribute::from_type_name("categorical").unwrap())).contains("declare it a date, or convert it to text first")
    );
    assert_eq!(
        message(cells(words("", &["yes", "maybe"]), Attribute::Boolean {})),
        "leads.x, row 1: \"maybe\" is neither yes nor no (true/false, yes/no, 1/0); declare the column categorical or numeric"
    );
    assert!(message(cells(Series::new("".into(), [2i64]), Attribute::Boolean {})).contains("\"2\" is neither yes nor no"));
}

#[test]
fn types_that_hold_no_attribute_are_refused_by_name() {
    let span = Series::new("".into(), [1i64]).cast(&DataType::Duration(TimeUnit::Microseconds)).unwrap();
    let list = Series::new("".into(), [words("", &["x"])]);
    let bytes = words("", &["x"]).cast(&DataType::Binary).unwrap();
    for (series, name) in [(span, "duration[μs]"), (list, "list[str]"), (bytes, "binary")] {
        for attribute in Attribute::TYPES {
            let error = message(cells(series.clone(), Attribute::from_type_name(attribute).unwrap()));
            assert!(error.starts_with(&format!("leads.x is {name}, which cannot be")), "{attribute}: {error}");
        }
    }
}

#[test]
fn booleans_are_read_from_truths_numbers_and_words() {
    let boolean = |s| cells(s, Attribute::Boolean {}).unwrap();
    let expected = AttributeColumn::Bool(vec![1, 0, 2]);
    assert_eq!(boolean(Series::new("".into(), [Some(true), Some(false), None])), expected);
    assert_eq!(boolean(words("", &["Yes", "no ", ""])), expected);
    assert_eq!(boolean(Series::new("".into(), [Some(1i8), Some(0), None])), expected);
    assert_eq!(boolean(numbers("", &[Some(1.0), Some(0.0), Some(f64::NAN)])), expected);
}

#[test]
fn words_are_kept_as_written_each_once() {
    let read = cells(Series::new("".into(), [Some("B "), None, Some("a"), Some("B ")]), Attribute::Text {}).unwrap();
    let AttributeColumn::Text(column) = read else { panic!("{read:?}") };
    assert_eq!((column.words, column.codes), (vec!["B ".to_owned(), "a".to_owned()], vec![0, u32::MAX, 1, 0]));
    assert_eq!(word(numbers("", &[Some(3.0), None]), 0).as_deref(), Some("3"));
    assert_eq!(word(numbers("", &[Some(-0.0)]), 0).as_deref(), Some("0"));
    assert_eq!(word(Series::new("".into(), [true]), 0).as_deref(), Some("true"));
    let decimal = numbers("", &[Some(2.5), Some(4.0)]).cast(&DataType::Decimal(10, 2)).unwrap();
    assert_eq!((word(decimal.clone(), 0).as_deref(), word(decimal, 1).as_deref()), (Some("2.5"), Some("4")));
    let fixed = polars::prelude::FrozenCategories::new(["p", "q"]).unwrap();
    let fixed = words("", &["q", "p"]).cast(&DataType::from_frozen_categories(fixed)).unwrap();
    assert_eq!((word(fixed.clone(), 0).as_deref(), word(fixed, 1).as_deref()), (Some("q"), Some("p")));
}

#[test]
fn moments_of_every_unit_and_zone_are_the_same_instants() {
    let wanted = at("2026-03-01T09:30:00.123Z");
    let created = |s: Series, zone: Option<&str>| {
        let mut schema = Schema::new().created_at("c");
        schema.time_zone = zone.map(str::to_owned);
        lead_table(&table(vec![s.with_name("c".into())]), &schema).map(|t| t.created_at)
    };
    for (unit, factor) in [(TimeUnit::Nanoseconds, 1000), (TimeUnit::Microseconds, -1), (TimeUnit::Milliseconds, -1000)] {
        let physical = Series::new("".into(), [Some(if factor > 1 { wanted * factor } else { wanted / -factor }), None]);
        for zone in [None, Some(TimeZone::UTC), TimeZone::opt_try_new(Some("Asia/Tokyo")).unwrap()] {
            let series = physical.cast(&DataType::Datetime(unit, zone)).unwrap();
            let read = created(series, None).unwrap();
            assert_eq!(read, [wanted, i64::MIN], "{unit:?}");
        }
    }
    let naive = Series::new("".into(), [wanted]).cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    assert_eq!(created(naive, Some("Europe/Berlin")).unwrap(), [wanted - 3_600_000_000]);
    let day = Series::new("".into(), [20_513i32]).cast(&DataType::Date).unwrap();
    assert_eq!(created(day.clone(), None).unwrap(), [at("2026-03-01")]);
    assert_eq!(created(day, Some("Europe/Berlin")).unwrap(), [at("2026-02-28T23:00:00Z")]);
    for text in
        ["2026-03-01T09:30:00.123Z", "2026-03-01 10:30:00.123+01:00", "2026-03-01T04:00:00.1230004-0530", "2026-03-01 09:30:00,123 UTC"]
    {
        assert_eq!(created(words("", &[text, "NaT"]), None).unwrap(), [wanted, i64::MIN], "{text}");
    }
    assert_eq!(created(words("", &["2026-03-01 10:30"]), Some("Europe/Berlin")).unwrap(), [at("2026-03-01T09:30:00Z")]);
    // A clock put forward skips 02:30; put back, it strikes 02:30 twice, and the first is meant.
    assert_eq!(created(words("", &["2026-03-29T02:30"]), Some("Europe/Berlin")).unwrap(), [at("2026-03-29T01:30:00Z")]);
    assert_eq!(created(words("", &["2026-10-25T02:30"]), Some("Europe/Berlin")).unwrap(), [at("2026-10-25T00:30:00Z")]);
}

#[test]
fn text_that_is_no_time_is_named() {
    for bad in [
        "03/01/2026",
        "2026-13-01",
        "2026-02-30",
        "2026-03-01T25:00",
        "2026-03-01T10:00+1",
        "tomorrow",
        "2026-03-01T10:00:00.",
        "20260301",
        "2026-03-01é",
    ] {
        let leads = table(vec![words("c", &["2026-03-01", bad])]);
        let error = message(lead_table(&leads, &Schema::new().created_at("c")));
        assert!(error.starts_with(&format!("leads.c, row 1: \"{bad}\" is not a time in ISO 8601; write it as")), "{error}");
    }
}

#[test]
fn timestamps_in_the_wrong_unit_are_refused_with_a_guess() {
    let created = |s: Series| message(lead_table(&table(vec![s.with_name("c".into())]), &Schema::new().created_at("c")));
    for (number, guess) in [
        (
            1_772_357_400i64,
            "it looks like seconds since 1970; convert it with pl.from_epoch(column, time_unit=\"s\") or pd.to_datetime(column, unit=\"s\")",
        ),
        (1_772_357_400_000, "it looks like milliseconds since 1970"),
        (1_772_357_400_000_000, "it looks like microseconds since 1970"),
        (1_772_357_400_000_000_000, "it looks like nanoseconds since 1970"),
        (20_260_301, "it looks like dates written YYYYMMDD"),
        (46_082, "it looks like days or the serial numbers of a spreadsheet"),
    ] {
        let error = created(Series::new("".into(), [number]));
        assert!(error.starts_with("leads.c is i64, which cannot be a time; ") && error.contains(guess), "{error}");
    }
    let micros_as_millis =
        Series::new("".into(), [None, Some(at("2026-03-01"))]).cast(&DataType::Datetime(TimeUnit::Milliseconds, None)).unwrap();
    let error = created(micros_as_millis);
    assert!(error.starts_with("leads.c, row 1: ") && error.contains(" is outside 1970 to 2261; wrong unit?"), "{error}");
    assert!(created(words("", &["1969-12-31"])).starts_with("leads.c, row 0: 1969-12-31 is outside 1970 to 2261; wrong unit?"));
}

#[test]
fn a_date_of_birth_may_lie_before_1970() {
    let read = cells(words("", &["1950-06-01", "1969-12-31T23:59:59.9Z"]), Attribute::Date { future: false }).unwrap();
    assert_eq!(read, AttributeColumn::Time(vec![-618_105_600_000_000, -100_000]));
    assert!(
        message(cells(words("", &["9999-12-31"]), Attribute::Date { future: true })).contains("9999-12-31 is outside the year 1 to 2261")
    );
}

#[test]
fn labels_are_read_from_truths_numbers_and_words() {
    let read = |s: Series| labels(&table(vec![s.with_name("y".into())]), &Schema::new().label("y"));
    let expected = [Some(true), Some(false), None];
    assert_eq!(read(Series::new("".into(), [Some(1i64), Some(0), None])).unwrap(), expected);
    assert_eq!(read(Series::new("".into(), [Some(true), Some(false), None])).unwrap(), expected);
    assert_eq!(read(numbers("", &[Some(1.0), Some(0.0), Some(f64::NAN)])).unwrap(), expected);
    for text in [["yes", "no", ""], ["Won", "LOST", "n/a"], ["Closed Won", "closed lost", "-"]] {
        assert_eq!(read(words("", &text)).unwrap(), expected);
    }
    let error = message(read(words("", &["yes", "perhaps"])));
    assert!(error.starts_with("leads.y, row 1: \"perhaps\" is not understood as won or lost"), "{error}");
    assert!(message(labels(&table(vec![words("a", &["x"])]), &Schema::new())).contains("the schema names no label"));
    assert!(message(labels(&table(vec![words("a", &["x"])]), &Schema::new().label("b"))).starts_with("leads has no column \"b\""));
}

#[test]
fn the_matrix_becomes_a_table_with_words_and_nulls() {
    let levels = vec!["software".to_owned()];
    let matrix = FeatureMatrix {
        features: vec![Feature::new("n", "n", FeatureKind::Numeric), Feature::new("c", "c", FeatureKind::Categorical { levels })],
        values: vec![1.5, 0.0, f32::NAN, 1.0, 2.0, f32::NAN],
        n_rows: 3,
    };
    let ids = ["a", "b", "c"].map(str::to_owned);
    let frame = matrix_frame(&matrix, &ids, Some(&[at("2026-03-01"); 3])).unwrap();
    let names: Vec<&str> = frame.columns().iter().map(|c| c.name().as_str()).collect();
    assert_eq!(names, ["lead_id", "as_of", "n", "c"]);
    assert_eq!(frame.column("as_of").unwrap().dtype().to_string(), "datetime[μs, UTC]");
    assert_eq!(frame.column("n").unwrap().f32().unwrap().iter().collect::<Vec<_>>(), [Some(1.5), None, Some(2.0)]);
    assert_eq!(frame.column("c").unwrap().str().unwrap().iter().collect::<Vec<_>>(), [Some("software"), Some("other"), None]);
    assert!(message(matrix_frame(&matrix, &ids[..2], None)).contains("3 rows of features, 2 identifiers"));
}

#[test]
fn every_spelling_of_an_account_is_one_and_identifiers_keep_their_case() {
    let names = [Some("Acme  Inc"), Some("acme inc "), Some("n/a"), None, Some("0015000000Gv7qJ"), Some("0015000000Gv7qj"), Some("7")];
    let leads = table(vec![Series::new("company".into(), names)]);
    let account = lead_table(&leads, &Schema::new().account("company")).unwrap().account.unwrap();
    let words: Vec<Option<&str>> = (0..7).map(|row| account.word(row)).collect();
    assert_eq!(words, [Some("acme inc"), Some("acme inc"), None, None, Some("0015000000Gv7qJ"), Some("0015000000Gv7qj"), Some("7")]);
    assert_eq!(account.codes[0], account.codes[1]);
    let numbered = table(vec![Series::new("company".into(), [Some(7.0), None, Some(7.0)])]);
    let account = lead_table(&numbered, &Schema::new().account("company")).unwrap().account.unwrap();
    assert_eq!((account.words, account.codes), (vec!["7".to_owned()], vec![0, u32::MAX, 0]));
    // Scoring goes on without the column, and says so where the model reads accounts.
    assert_eq!(lead_table(&numbered, &Schema::new().account("firm")).unwrap().account, None);
}
