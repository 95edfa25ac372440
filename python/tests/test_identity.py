"""Leads to people and accounts, events to leads, from every sort of frame."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

import leadscore as ls

SCHEMA = ls.Schema(lead_id="lead", created_at="created", account="company", email="mail", phone="tel")


def leads() -> dict[str, list[Any]]:
    return {
        "lead": [11, 12, 13, 14, 15],
        "created": [dt.datetime(2026, 1, day) for day in (1, 10, 2, 3, 3)],
        "company": ["ACME", None, "Globex", None, None],
        "mail": ["Ann@acme.example", "ann+fair@ACME.example", "info@globex.example", "bob at corp", None],
        "tel": [None, "+49 30 123456", "0049 30 123456", "call me", "030 123456"],
    }


def events() -> dict[str, list[Any]]:
    return {
        "mail": ["ANN@acme.example", "ann@acme.example", "info@globex.example", "eve@acme.example", None],
        "at": [dt.datetime(2026, 1, 5), dt.datetime(2026, 2, 1), dt.datetime(2025, 12, 1), dt.datetime(2026, 2, 1), dt.datetime(2026, 2, 1)],
    }


def column(frame: Any, name: str) -> list[Any]:
    values = frame[name]
    values = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    # pandas says that a value is missing by NaN or NA.
    return [None if str(value) in ("None", "nan", "<NA>") else value for value in values]


LIBRARIES = ["pandas", "polars", "pyarrow", None]


def made(library: str | None, columns: dict[str, list[Any]]) -> Any:
    if library is None:
        return columns
    module = pytest.importorskip(library)
    return module.table(columns) if library == "pyarrow" else module.DataFrame(columns)


@pytest.mark.parametrize("library", LIBRARIES)
def test_leads_are_resolved_in_the_callers_own_frame(library: str | None) -> None:
    frame = made(library, leads())
    people = ls.resolve(frame, schema=SCHEMA, country="DE")
    assert library is None or type(people) is type(frame)
    assert column(people, "lead_id") == [11, 12, 13, 14, 15]
    # One number of three leads with one personal address between them joins all three.
    assert column(people, "person") == [11, 11, 11, 14, 11]
    assert column(people, "account") == ["acme", "acme", "globex", None, None]
    assert column(people, "email_status") == ["personal", "personal", "generic", "malformed", "missing"]
    assert column(people, "phone")[1:3] == ["+4930123456", "+4930123456"]
    assert column(people, "phone_status") == ["missing", "personal", "personal", "malformed", "personal"]
    assert column(people, "duplicate_of") == [None, 11, 11, None, 11]
    assert column(people, "identical_to") == [None] * 5


@pytest.mark.parametrize("library", LIBRARIES)
def test_events_find_their_leads(library: str | None) -> None:
    frame = made(library, events())
    routed = ls.route(frame, made(library, leads()), schema=SCHEMA)
    assert library is None or type(routed) is type(frame)
    assert column(routed, "lead_id") == [13, 12, 11, None, None]
    assert column(routed, "route") == ["email", "email", "email", "unknown", "no_key"]
    assert column(routed, "before_creation") == [False, False, True, False, False]


def test_the_index_of_pandas_is_kept() -> None:
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(leads(), index=list("vwxyz"))
    people = ls.resolve(frame, schema=SCHEMA)
    assert list(people.index) == list("vwxyz")
    by_index = pd.DataFrame(events(), index=[5, 6, 7, 8, 9])
    assert list(ls.route(by_index, frame, schema=SCHEMA).index) == [5, 6, 7, 8, 9]


def test_closed_leads_hand_on_and_the_highest_score_wins_when_asked() -> None:
    schema = ls.Schema(lead_id="lead", created_at="created", email="mail", outcomes=ls.OutcomeColumns(lead_id="lead", won="won", closed_at="closed"))
    two = {"lead": ["a", "b", "c"], "created": ["2026-01-01", "2026-01-02", "2026-01-03"], "mail": ["ann@acme.example"] * 3, "heat": [9.0, 5.0, None]}
    ends = {"lead": ["c"], "won": [True], "closed": ["2026-01-20"]}
    visit = {"mail": ["ann@acme.example"] * 2, "at": ["2026-01-10", "2026-01-25"]}
    assert ls.route(visit, two, ends, schema=schema)["lead_id"] == ["c", "b"]
    assert ls.route(visit, two, schema=ls.Schema(lead_id="lead", created_at="created", email="mail"))["lead_id"] == ["c", "c"]
    for scores in ("heat", [9.0, 5.0, None], (9, 5, float("nan"))):
        assert ls.route(visit, two, ends, schema=schema, to="highest_scored", scores=scores)["lead_id"] == ["a", "a"]
    assert ls.resolve(two, ends, schema=schema)["duplicate_of"] == [None, "a", "a"]


def test_what_is_wrong_is_named() -> None:
    with pytest.raises(ls.SchemaError, match="no column of leads with an e-mail address"):
        ls.resolve({"lead": [1, 2], "x": [1.0, 2.0]}, schema=ls.Schema(lead_id="lead"))
    with pytest.raises(ls.SchemaError, match='leads has no column "mail"'):
        ls.resolve({"lead": [1, 2], "email": ["a@b.example", None]}, schema=ls.Schema(lead_id="lead", email="mail"))
    with pytest.raises(ls.ConfigError, match='country "Atlantis"'):
        ls.resolve(leads(), schema=SCHEMA, country="Atlantis")
    with pytest.raises(ls.SchemaError, match="tells whom they are of.*at, kind"):
        ls.route({"at": ["2026-01-01"], "kind": ["visit"]}, leads(), schema=SCHEMA)
    with pytest.raises(ls.SchemaError, match='events has no column "when"'):
        ls.route(events(), leads(), schema=SCHEMA, at="when")
    with pytest.raises(ls.DataError, match="events.at, row 1: the moment of the event is missing"):
        ls.route({"mail": ["a@b.example"] * 2, "at": ["2026-01-01", None]}, leads(), schema=SCHEMA)
    with pytest.raises(ls.ConfigError, match="scores must be given"):
        ls.route(events(), leads(), schema=SCHEMA, to="highest_scored")
    with pytest.raises(ls.ConfigError, match="scores must be a number"):
        ls.route(events(), leads(), schema=SCHEMA, to="highest_scored", scores=["hot"] * 5)
    with pytest.raises(ls.DataError, match="2 scores for 5 leads"):
        ls.route(events(), leads(), schema=SCHEMA, to="highest_scored", scores=[1.0, 2.0])
    with pytest.raises(ls.ConfigError, match="to must be"):
        ls.route(events(), leads(), schema=SCHEMA, to="hottest")  # type: ignore[arg-type]


def test_made_leads_are_resolved_by_an_inferred_schema() -> None:
    pytest.importorskip("pandas")
    made_leads, made_events, outcomes, _ = ls.datasets.make_leads(2000, seed=4)
    people = ls.resolve(made_leads, outcomes)
    assert (people["person"] == people["lead_id"]).mean() > 0.9
    assert people["account"].notna().all(), "the column says it"
    routed = ls.route(made_events, made_leads, outcomes)
    assert (routed["route"] == "lead").mean() > 0.95


def test_without_outcomes_all_leads_are_open_also_when_the_schema_knows_of_some() -> None:
    table_of_its_own = ls.Schema(**{**SCHEMA.__dict__, "outcomes": ls.OutcomeColumns(lead_id="lead", won="won", closed_at="closed")})
    assert ls.resolve(leads(), schema=table_of_its_own).to_dict() == ls.resolve(leads(), schema=SCHEMA).to_dict()
    assert ls.route(events(), leads(), schema=table_of_its_own).to_dict() == ls.route(events(), leads(), schema=SCHEMA).to_dict()
    # Those that stand on leads are read.
    on_leads = {**leads(), "won": [False, None, None, None, None], "closed": ["2026-01-05", None, None, None, None]}
    assert ls.resolve(leads(), schema=SCHEMA)["duplicate_of"][1] == 11
    assert ls.resolve(on_leads, schema=table_of_its_own)["duplicate_of"][1] == 13, "the first one was closed by then"
    made_leads, made_events, outcomes, _ = ls.datasets.make_leads(500, seed=4, frame=None)
    schema = ls.Schema.infer(made_leads, made_events, outcomes)
    assert len(ls.resolve(made_leads, schema=schema)) == 500


@pytest.mark.parametrize("library", LIBRARIES)
def test_of_no_leads_nobody_is_resolved(library: str | None) -> None:
    if library is None:
        nobody: Any = {name: [] for name in leads()}
    else:
        module = pytest.importorskip(library)
        nobody = (module.table if library == "pyarrow" else module.DataFrame)(leads())[:0]
    people = ls.resolve(nobody, schema=SCHEMA)
    columns = ["lead_id", "person", "account", "email", "email_status", "phone", "phone_status", "duplicate_of", "identical_to"]
    assert (list(people) if isinstance(people, dict) else list(getattr(people, "column_names", people.columns))) == columns
    assert all(column(people, name) == [] for name in columns)
    assert column(ls.route(events(), nobody, schema=SCHEMA), "route") == ["unknown"] * 4 + ["no_key"]


def test_limits_below_0_are_refused_by_name() -> None:
    for name in ("max_leads", "max_emails_per_phone"):
        with pytest.raises(ls.ConfigError, match=f"{name} must be a whole number of at least 0. Got -1"):
            ls.resolve(leads(), schema=SCHEMA, **{name: -1})  # type: ignore[arg-type]
        with pytest.raises(ls.ConfigError, match=f"{name} must be a whole number of at least 0. Got 1.5"):
            ls.route(events(), leads(), schema=SCHEMA, **{name: 1.5})  # type: ignore[arg-type]
    for n, seed in ((-1, 0), (10, -1)):
        with pytest.raises(ls.ConfigError, match="must be a whole number of at least 0. Got -1"):
            ls.datasets.make_leads(n, seed, frame=None)
