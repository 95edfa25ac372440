//! Without features the crate is the scorer alone: few small crates, none of the heavy ones.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::process::Command;

/// The crates that a build with `features` compiles, build scripts and macros included, this one too.
fn crates(features: &[&str]) -> BTreeSet<String> {
    let tree = ["tree", "--package", "leadscore", "--edges", "normal,build", "--prefix", "none", "--format", "{p}", "--locked"];
    let output = Command::new(env!("CARGO")).args(tree).args(features).current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // "name v1.2.3 (path or macro)": the name and the version make a crate.
    let name = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    String::from_utf8(output.stdout).unwrap().lines().filter(|line| !line.is_empty()).map(name).collect()
}

#[test]
fn the_scorer_alone_is_at_most_25_crates_without_polars_linfa_argmin() {
    let crates = crates(&["--no-default-features"]);
    assert!(crates.len() <= 25, "{} crates: {crates:#?}", crates.len());
    for heavy in ["polars", "linfa", "argmin", "ndarray", "rayon", "rand"] {
        assert!(!crates.iter().any(|name| name.starts_with(heavy)), "{heavy} is among {crates:#?}");
    }
}

#[test]
fn fitting_alone_needs_no_polars() {
    let crates = crates(&["--no-default-features", "--features", "fit"]);
    assert!(crates.iter().any(|name| name.starts_with("linfa ")));
    assert!(!crates.iter().any(|name| name.starts_with("polars")), "{crates:#?}");
}
