#!/usr/bin/env bash
# Sets up and passes every test: formatting, lints, documentation, Rust tests, the wheel in a fresh virtual environment, Python tests, examples.
# Needs Rust and Python 3.10 or later, with network access to the package registries. Everything it makes is under target/.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

# Some containers hold /dev/null as an ordinary file. What one build script throws away there, the next rustc is given as its standard input,
# and the build stops. Where it is a device, as it should be, this does nothing.
cargo() { : > /dev/null; command cargo "$@"; }

# One profile, one feature set, always the whole workspace: polars is compiled once, and once more checked for clippy and rustdoc.
heavy=(--release --workspace --features leadscore/cli)

step "format"
cargo fmt --all --check

step "Rust tests: the models, the kernel and the training, with overflow checks"
cargo test --no-default-features --features fit --lib --quiet

step "Rust tests and doctests; examples and benches compile"
cargo test "${heavy[@]}" --all-targets --no-run
cargo test "${heavy[@]}"

step "lints"
cargo clippy --all-targets "${heavy[@]}" -- -D warnings
cargo clippy --no-default-features -- -D warnings

step "documentation"
RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --quiet "${heavy[@]}"

step "Rust examples"
for example in train inline_service monthly_retrain; do
  "target/release/examples/$example"
done
CARGO_TARGET_DIR=target/beside-linfa cargo run --release --quiet --manifest-path examples/beside_linfa/Cargo.toml

step "the example service, under a short load"
CARGO_TARGET_DIR=target/service cargo clippy --release --quiet --manifest-path examples/service/Cargo.toml -- -D warnings
CARGO_TARGET_DIR=target/service cargo run --release --quiet --manifest-path examples/service/Cargo.toml -- tests/golden/v2.leadscore --load 1 --connections 4

step "the wheel, in a fresh virtual environment"
rm -rf target/test-venv target/test-wheels
python3 -m venv target/test-venv
python=target/test-venv/bin/python
"$python" -m pip install --quiet --upgrade pip "maturin>=1.9,<2"
: > /dev/null
target/test-venv/bin/maturin build --release --out target/test-wheels
"$python" -m pip install --quiet "$(echo target/test-wheels/*.whl)[dev]"

step "Python tests"
"$python" -m pytest -q python/tests

step "Python examples"
"$python" examples/train_and_score.py
target/test-venv/bin/jupyter-execute examples/leads.ipynb

step "done"
