"""The leakage report: what it names on made tables and on the real sets, in every frame."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

import leadscore as ls

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LEADSCORE_REAL_DATA", ROOT.parent / "shared" / "data"))


def real(file: str) -> Path:
    if not (REAL / file).is_file():
        pytest.skip(f"NOT TESTED: {file} is not in {REAL}")
    return REAL / file


def leaky(n: int = 3000) -> dict[str, list[Any]]:
    draw = random.Random(1)
    won = [draw.random() < 0.3 for _ in range(n)]
    return {
        "industry": [draw.choice(["retail", "software", "health"]) for _ in range(n)],
        "employees": [draw.randrange(1, 5000) for _ in range(n)],
        "call_minutes": [draw.uniform(8, 20) if w else draw.uniform(0, 12) for w in won],
        "rival": [None if w or draw.random() < 0.5 else "acme" for w in won],
        "won": won,
    }


@pytest.mark.parametrize("library", ["pandas", "polars", "pyarrow", None])
def test_every_frame_gives_the_same_report(library: str | None) -> None:
    table: Any = leaky()
    if library is not None:
        module = pytest.importorskip(library)
        table = module.table(table) if library == "pyarrow" else module.DataFrame(table)
    report = ls.leakage(table, label="won")
    assert report.exclude == ["call_minutes", "rival"]
    assert report.to_dict() == ls.leakage(leaky(), label="won").to_dict()


def test_the_report_says_why() -> None:
    report = ls.leakage(leaky(), label="won")
    assert (report.leads, report.in_time_by) == (3000, None)
    assert report["rival"].verdict == "leak"
    assert "filled in for" in report["rival"].evidence
    assert report["rival"].filled_won == 0
    assert report["industry"].verdict == "fine"
    assert [column.name for column in report.columns][-2:] == ["employees", "industry"]
    assert str(report).endswith('exclude=["call_minutes", "rival"]\n')
    assert "<td>leak</td>" in report._repr_html_()
    assert json.loads(json.dumps(report.to_dict()))["exclude"] == report.exclude
    with pytest.raises(KeyError):
        report["none"]


def test_the_list_can_be_pasted() -> None:
    table = leaky()
    report = ls.leakage(table, label="won")
    model = ls.train(table, label="won", exclude=report.exclude, algorithm="logistic")
    assert not any("know the future" in note for note in model.card.notes)
    warned = ls.train(table, label="won", algorithm="logistic").card.notes
    assert sum("seems to know the future" in note for note in warned) == 2


@pytest.mark.parametrize(("n", "seed"), [(400, 0), (1500, 1), (6000, 2), (6000, 3), (20_000, 4)])
def test_nothing_is_named_in_the_clean_set(n: int, seed: int) -> None:
    leads, events, outcomes, _ = ls.datasets.make_leads(n, seed=seed, frame=None)
    report = ls.leakage(leads, events, outcomes)
    assert {column.verdict for column in report.columns} <= {"fine", "identifier"}, str(report)
    assert report.in_time_by == "created_at"


X_EDUCATION_LEAKS = {"Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"}


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("turned", [False, True])
def test_x_education_names_what_sales_writes(ordered: bool, turned: bool) -> None:
    pd = pytest.importorskip("pandas")
    leads = pd.read_csv(real("x-education/leads.csv.gz"))
    # The file holds the newest leads first.
    report = ls.leakage(leads[::-1] if turned else leads, label="Converted", ordered=ordered)
    assert set(report.exclude) == X_EDUCATION_LEAKS, str(report)
    suspicious = {column.name for column in report.columns if column.verdict == "suspicious"}
    assert all(name.startswith("Asymmetrique") for name in suspicious), str(report)
    if ordered:
        assert report.in_time_by == ("the order of the rows" if turned else "the order of the rows from the last to the first")
        assert [("Lead Number falls" in note) for note in report.notes] == ([] if turned else [True])
    else:
        assert report.in_time_by == "Lead Number" and not report.notes


def test_x_education_without_anything_that_tells_the_order_is_suspicious_by_name() -> None:
    pd = pytest.importorskip("pandas")
    leads = pd.read_csv(real("x-education/leads.csv.gz")).drop(columns=["Lead Number", "Prospect ID"])
    report = ls.leakage(leads, label="Converted", ordered=True)
    for name in X_EDUCATION_LEAKS:
        assert report[name].verdict in {"leak", "suspicious"}, str(report)
        assert "known by its name" in report[name].evidence


def test_training_says_that_rows_are_newest_first() -> None:
    table = leaky()
    table["lead_number"] = list(range(9000, 9000 - len(table["won"]), -1))
    notes = ls.train(table, label="won", exclude=["call_minutes", "rival"], ordered=True, algorithm="logistic").card.notes
    assert sum("they seem to be newest first" in note for note in notes) == 1
    notes = ls.train(table, label="won", exclude=["call_minutes", "rival"], algorithm="logistic").card.notes
    assert not any("newest first" in note for note in notes)


@pytest.mark.parametrize("ordered", [False, True])
def test_bank_marketing_names_the_duration_of_the_call(ordered: bool) -> None:
    pd = pytest.importorskip("pandas")
    leads = pd.read_csv(real("bank-marketing/bank-additional-full.csv.gz"), sep=";")
    report = ls.leakage(leads, label="y", ordered=ordered)
    assert report.exclude == ["duration"], str(report)
    assert {column.verdict for column in report.columns[1:]} == {"fine"}, str(report)


def test_coil_2000_names_nothing() -> None:
    pd = pytest.importorskip("pandas")
    leads = pd.read_csv(real("coil2000/ticdata2000.txt.gz"), sep="\t", header=None)
    leads.columns = [f"c{i + 1}" for i in range(86)]
    report = ls.leakage(leads, label="c86")
    assert {column.verdict for column in report.columns} == {"fine"}, str(report)


def test_what_cannot_be_judged_is_told() -> None:
    with pytest.raises(ls.DataError, match="all 10 leads are won"):
        ls.leakage({"x": list(range(10)), "won": [True] * 10}, label="won")
    with pytest.raises(ls.SchemaError, match="wonn"):
        ls.leakage(leaky(), label="wonn")
    with pytest.raises(ls.ConfigError):
        ls.leakage(leaky(), schema="won")  # type: ignore[arg-type]
