use std::io::Write;
use std::path::PathBuf;

use polars::prelude::{DataType, TimeUnit};
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::frame::{ReadOptions, read_table, write_table};

/// A file of the content in a folder that lives as long as the handle.
fn file(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

fn read(content: &str, options: &ReadOptions) -> DataFrame {
    let (_folder, path) = file("t.csv", content.as_bytes());
    read_table(path, options).unwrap()
}

/// The message without the folder's random name.
fn refusal(name: &str, content: &[u8], options: &ReadOptions) -> String {
    let (folder, path) = file(name, content);
    message(read_table(path, options)).replace(&format!("{}/", folder.path().display()), "")
}

fn types(table: &DataFrame) -> Vec<String> {
    table.columns().iter().map(|c| format!("{}:{}", c.name(), c.dtype())).collect()
}

#[test]
fn the_separator_is_found() {
    for separator in [",", ";", "\t", "|"] {
        let text = "a,b\n1,x\n2,y\n".replace(',', separator);
        assert_eq!(types(&read(&text, &ReadOptions::default())), ["a:i64", "b:str"], "{separator:?}");
    }
    // Commas within the fields do not mislead.
    let table = read("name;amount\nSmith, John;3\nDoe, Jane;4\n", &ReadOptions::default());
    assert_eq!(types(&table), ["name:str", "amount:i64"]);
    assert_eq!(types(&read("only\n1\n2\n", &ReadOptions::default())), ["only:i64"]);
}

#[test]
fn types_are_inferred_from_the_whole_file() {
    let mut text = "number,late,code,truth,gap,mixed\n".to_owned();
    for i in 0..2000 {
        text += &format!("{i},{i},0{i},true,,{i}\n");
    }
    text += "1.5,word,00,false,7,NA\n";
    assert_eq!(types(&read(&text, &ReadOptions::default())), ["number:f64", "late:str", "code:str", "truth:bool", "gap:i64", "mixed:i64"]);
}

#[test]
fn numerals_longer_than_any_quantity_stay_words() {
    let table = read("id,x\n123456789012345678901,1\n123456789012345678902,2\n", &ReadOptions::default());
    assert_eq!(types(&table), ["id:str", "x:i64"]);
}

#[test]
fn decimal_commas_are_read_when_asked() {
    let table = read("a;b\n1,5;x,y\n-2,25;z\n", &ReadOptions::default().separator(';').decimal_comma(true));
    assert_eq!(types(&table), ["a:f64", "b:str"]);
    assert_eq!(table.column("a").unwrap().f64().unwrap().get(1), Some(-2.25));
    let error = refusal("t.csv", b"a,b\n1,2\n", &ReadOptions::default().decimal_comma(true));
    assert_eq!(error, "t.csv: the comma cannot both separate fields and mark decimals; give the separator");
}

#[test]
fn quotes_hold_separators_lines_and_quotes() {
    let table = read("a,b\n\"x, \"\"y\"\"\nz\",1\r\n'q,2\n", &ReadOptions::default());
    let a = table.column("a").unwrap();
    assert_eq!(a.str().unwrap().get(0), Some("x, \"y\"\nz"));
    assert_eq!(a.str().unwrap().get(1), Some("'q"));
    let table = read("a,b\nx\"\"y,2\n\"\",3\n", &ReadOptions::default());
    assert_eq!(table.height(), 2);
    let table = read("a,b\n'x,y',1\n", &ReadOptions::default().quote(Some('\'')));
    assert_eq!(table.column("a").unwrap().str().unwrap().get(0), Some("x,y"));
    let table = read("a,b\n\"x,1\n", &ReadOptions::default().quote(None));
    assert_eq!(table.column("a").unwrap().str().unwrap().get(0), Some("\"x"));
}

#[test]
fn a_file_may_lack_a_header_and_carry_a_byte_order_mark() {
    assert_eq!(types(&read("1\t2\n3\t4\n", &ReadOptions::default().header(false))), ["column_1:i64", "column_2:i64"]);
    let (_folder, path) = file("t.csv", b"\xef\xbb\xbfa,b\n1,2\n");
    assert_eq!(types(&read_table(path, &ReadOptions::default()).unwrap()), ["a:i64", "b:i64"]);
}

#[test]
fn windows_line_ends_and_a_missing_last_one_are_read() {
    let table = read("a,b\r\n1,x\r\n2,y", &ReadOptions::default());
    assert_eq!(types(&table), ["a:i64", "b:str"]);
    assert_eq!((table.height(), table.column("b").unwrap().str().unwrap().get(0)), (2, Some("x")));
}

#[test]
fn zipped_text_is_read() {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zip.write_all(b"a\tb\n1\t2\n").unwrap();
    let zipped = zip.finish().unwrap();
    let (_folder, path) = file("t.tsv.gz", &zipped);
    assert_eq!(types(&read_table(path, &ReadOptions::default()).unwrap()), ["a:i64", "b:i64"]);
    assert!(refusal("t.csv.gz", &zipped[..zipped.len() - 6], &ReadOptions::default()).starts_with("t.csv.gz: not a whole gzip file"));
}

#[test]
fn what_is_not_utf_8_is_refused_with_its_place() {
    assert_eq!(
        refusal("t.csv", b"a,b\n1,x\n2,caf\xe9\n", &ReadOptions::default()),
        "t.csv, line 3: the file is not UTF-8: byte 0xe9 at offset 13; if it is Latin-1, convert it with iconv -f latin1 -t utf-8"
    );
    assert_eq!(
        refusal("t.csv", b"\xff\xfea\0,\0b\0", &ReadOptions::default()),
        "t.csv, line 1: the file is UTF-16, by its byte order mark; convert it with iconv -f utf-16 -t utf-8"
    );
    assert!(refusal("t.csv", b"a\0,\0b\0\n\0", &ReadOptions::default()).contains("a zero byte at offset 1"));
}

#[test]
fn ragged_rows_empty_files_and_open_quotes_are_refused() {
    let ragged = "t.csv, line 4: 3 fields where the first line has 2; the separator is taken to be \",\"";
    assert_eq!(refusal("t.csv", b"a,b\n1,2\n3,4\n5,6,7\n", &ReadOptions::default()), ragged);
    assert!(refusal("t.csv", b"a,b\n1,2\n3\n", &ReadOptions::default()).starts_with("t.csv, line 3: 1 field where"));
    for empty in [&b""[..], b"\n \n"] {
        assert_eq!(refusal("t.csv", empty, &ReadOptions::default()), "t.csv: the file is empty");
    }
    assert_eq!(refusal("t.parquet", b"", &ReadOptions::default()), "t.parquet: the file is empty");
    assert_eq!(refusal("t.csv", b"a,b\n1,\"2\n", &ReadOptions::default()), "t.csv, line 2: a quote is opened and never closed");
}

#[test]
fn a_column_named_twice_is_refused() {
    let error = refusal("t.csv", b"a,b,a\n1,2,3\n", &ReadOptions::default());
    assert_eq!(error, "t.csv, line 1: the column \"a\" is named twice; rename one of the two");
}

#[test]
fn missing_files_folders_and_unknown_extensions_are_refused() {
    let error = message(read_table("no/such/leads.csv", &ReadOptions::default()));
    assert!(error.starts_with("no/such/leads.csv: No such file"), "{error}");
    let folder = tempfile::tempdir().unwrap();
    assert!(message(read_table(folder.path(), &ReadOptions::default())).ends_with(": is a folder, not a file"));
    assert!(refusal("t.xlsx", b"x", &ReadOptions::default()).starts_with("t.xlsx: the extension \"xlsx\" is not known; use .csv"));
    assert!(refusal("t.parquet", b"not parquet at all", &ReadOptions::default()).starts_with("t.parquet: not a readable Parquet file"));
    assert!(refusal("t.arrow", b"not arrow at all", &ReadOptions::default()).starts_with("t.arrow: not an Arrow IPC file"));
    assert!(refusal("t.feather", b"FEA1 at all", &ReadOptions::default()).contains("Feather version 1"));
}

#[test]
fn tables_round_trip_through_every_format() {
    let moments = Series::new("t".into(), [at("2026-03-01T09:30:00Z"), at("2026-03-02")]);
    let moments = moments.cast(&DataType::Datetime(TimeUnit::Microseconds, None)).unwrap();
    let original =
        table(vec![Series::new("n".into(), [1i64, 2]), words("w", &["a,b", "c\"d"]), Series::new("x".into(), [0.1, 2.5e-300]), moments]);
    let folder = tempfile::tempdir().unwrap();
    for name in ["t.parquet", "t.arrow", "t.feather", "t.csv", "t.tsv"] {
        let path = folder.path().join(name);
        write_table(&original, &path).unwrap();
        let read = read_table(&path, &ReadOptions::default()).unwrap();
        if name.ends_with("sv") {
            assert_eq!(read.select(["n", "w", "x"]).unwrap(), original.select(["n", "w", "x"]).unwrap(), "{name}");
            let text = crate::frame::instant_column("leads", read.column("t").unwrap().as_materialized_series(), None).unwrap();
            assert_eq!(text, [at("2026-03-01T09:30:00Z"), at("2026-03-02")]);
        } else {
            assert_eq!(read, original, "{name}");
        }
    }
    // Nothing but the files is left behind.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 5);
}

#[test]
fn what_cannot_be_written_leaves_the_old_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    write_table(&table(vec![words("a", &["old"])]), &path).unwrap();
    let list = Series::new("l".into(), [words("", &["x"])]);
    let error = message(write_table(&table(vec![list]), &path));
    assert!(error.ends_with("the column \"l\" is list[str], which delimited text cannot hold; use .parquet or .arrow"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a\nold\n");
    assert!(
        message(write_table(&table(vec![words("a", &["x"])]), folder.path().join("t.xls"))).contains("the extension \"xls\" is not known")
    );
    assert!(message(write_table(&table(vec![words("a", &["x"])]), folder.path().join("no/t.csv"))).contains("No such file"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_words_are_written_are_read_back(cells in prop::collection::vec("w[a-c\",;\t\n|' é]{0,6}", 2..12)) {
        let pairs = cells.len() / 2;
        let column = |name: &str, from: usize| Series::new(name.into(), &cells[from..from + pairs]);
        let original = table(vec![column("a", 0), column("b", cells.len() - pairs)]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        write_table(&original, &path).unwrap();
        prop_assert_eq!(read_table(&path, &ReadOptions::default().separator(',')).unwrap(), original);
    }
}
