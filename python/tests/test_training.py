"""From training to scores: every frame the same bits, models that travel, errors that say what to do."""

from __future__ import annotations

import copy
import datetime as dt
import decimal
import math
import os
import pickle
import re
import subprocess
import sys
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

import leadscore as ls

UTC = dt.timezone.utc
AS_OF = dt.datetime(2026, 1, 1, tzinfo=UTC)
LIBRARIES = ["pandas", "polars", "pyarrow", None]


@pytest.fixture(scope="session")
def made() -> Any:
    return ls.datasets.make_leads(3000, frame=None)


@pytest.fixture(scope="session")
def model(made: Any) -> ls.Model:
    return ls.train(made.leads, made.events, made.outcomes, algorithm="logistic")


def record(table: Any, row: int) -> dict[str, Any]:
    return {name: column[row] for name, column in table.to_dict().items()}


def rows(table: Any) -> list[dict[str, Any]]:
    columns = table.to_dict()
    return [dict(zip(columns, values)) for values in zip(*columns.values())]


def records_of(table: Any, lead: Any) -> list[dict[str, Any]]:
    columns = table.to_dict()
    names = list(columns)
    return [dict(zip(names, values)) for values in zip(*columns.values()) if values[names.index("lead_id")] == lead]


class TestFrames:
    @pytest.mark.parametrize("library", LIBRARIES)
    def test_every_library_trains_the_same_model_to_the_byte(self, library: Any, model: ls.Model) -> None:
        if library:
            pytest.importorskip(library)
        leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=library)
        assert ls.train(leads, events, outcomes, algorithm="logistic").to_bytes() == model.to_bytes()

    @pytest.mark.parametrize("library", LIBRARIES)
    def test_scores_come_back_as_the_callers_own_frame(self, library: Any, model: ls.Model, made: Any) -> None:
        if library:
            pytest.importorskip(library)
        leads, events, _, _ = ls.datasets.make_leads(3000, frame=library)
        scores = model.score(leads, events, as_of=AS_OF)
        assert type(scores) is type(leads)
        assert list(scores["probability"] if library != "pyarrow" else scores["probability"].to_pylist()) == made_scores(model, made)
        names = scores.column_names if library == "pyarrow" else list(scores.columns)
        assert names == ["lead_id", "probability", "log_odds", "score", "grade", "rank", "status", "model_version", "as_of"]

    def test_a_pandas_index_is_kept(self, model: ls.Model) -> None:
        pytest.importorskip("pandas")
        leads, events, _, _ = ls.datasets.make_leads(100)
        leads.index = [f"row {i}" for i in range(100)]
        assert list(model.score(leads, events, as_of=AS_OF).index) == list(leads.index)
        assert list(model.features(leads, events, as_of=AS_OF).index) == list(leads.index)

    def test_the_reasons_are_sentences(self, model: ls.Model, made: Any) -> None:
        reasons = model.score(made.leads, made.events, as_of=AS_OF, explain=2)["reasons"]
        assert all(len(lead) <= 2 and all(isinstance(text, str) for text in lead) for lead in reasons)

    def test_features_are_named_columns(self, model: ls.Model, made: Any) -> None:
        matrix = model.features(made.leads, made.events, as_of=AS_OF)
        assert set(model.feature_names) <= set(matrix.columns)
        assert len(matrix) == len(made.leads)

    def test_observations_are_labelled_rows(self, made: Any) -> None:
        rows = ls.observations(made.leads, made.events, made.outcomes, snapshots=("0d", "7d"))
        assert rows.columns[:4] == ["lead_id", "as_of", "age_days", "won"]
        assert set(rows["age_days"]) == {0.0, 7.0}


def made_scores(model: ls.Model, made: Any) -> list[float]:
    found: list[float] = model.score(made.leads, made.events, as_of=AS_OF)["probability"]
    return found


class TestOneLead:
    def test_one_lead_gets_the_bits_of_the_batch(self, model: ls.Model, made: Any) -> None:
        batch = model.score(made.leads, made.events, as_of=AS_OF, explain=3).to_dict()
        for row in range(0, 3000, 300):
            lead = record(made.leads, row)
            one = model.score_one(lead, records_of(made.events, lead["lead_id"]), as_of=AS_OF, explain=3)
            assert (one.log_odds, one.probability, one.score) == (batch["log_odds"][row], batch["probability"][row], batch["score"][row])
            assert (one.lead_id, one.grade, one.status) == (batch["lead_id"][row], batch["grade"][row], batch["status"][row])
            assert [reason.text for reason in one.reasons] == batch["reasons"][row]
            assert one.rank is None and one.as_of == AS_OF and one.model_version == model.version

    def test_the_account_given_for_one_lead_has_the_bits_of_the_batch(self, made: Any) -> None:
        families = (*ls.Features().families, "account")
        model = ls.train(made.leads, made.events, made.outcomes, algorithm="logistic", features=ls.Features(families=families))
        assert any(name.startswith("account.") for name in model.feature_names)
        batch = model.score(made.leads, made.events, as_of=AS_OF).to_dict()
        leads, events = rows(made.leads), rows(made.events)
        of_account: dict[str, list[dict[str, Any]]] = {}
        of_lead: dict[str, list[dict[str, Any]]] = {}
        for lead in leads:
            of_account.setdefault(lead["account_id"], []).append(lead)
        for event in events:
            of_lead.setdefault(event["lead_id"], []).append(event)
        shared = [row for row in range(3000) if len(of_account[leads[row]["account_id"]]) > 1][:200]
        changed = 0
        for row in shared:
            lead = leads[row]
            others = [other for other in of_account[lead["account_id"]] if other["lead_id"] != lead["lead_id"]]
            theirs = [
                {**event, "recorded_at": max(event.get("recorded_at") or event["at"], other["created_at"])}
                for other in others
                for event in of_lead.get(other["lead_id"], [])
            ]
            own = of_lead.get(lead["lead_id"], [])
            one = model.score_one(lead, own, as_of=AS_OF, account_events=theirs)
            assert one.log_odds == batch["log_odds"][row]
            explained = model.explain_one(lead, own, as_of=AS_OF, account_events=theirs)
            assert explained["log_odds"] == one.log_odds
            changed += one.log_odds != model.score_one(lead, own, as_of=AS_OF).log_odds
        assert changed > 50, "what is not given is not known"

    def test_values_of_every_type_are_read(self, model: ls.Model, made: Any) -> None:
        np, pd = pytest.importorskip("numpy"), pytest.importorskip("pandas")
        lead = {**record(made.leads, 0), "employees": 120, "created_at": dt.datetime(2025, 6, 1, tzinfo=UTC)}
        same: list[dict[str, Any]] = [
            {"employees": 120.0},
            {"employees": decimal.Decimal(120)},
            {"employees": np.int32(120)},
            {"employees": np.float32(120)},
            {"created_at": dt.datetime(2025, 6, 1)},
            {"created_at": dt.date(2025, 6, 1)},
            {"created_at": "2025-06-01T00:00:00Z"},
            {"created_at": "2025-06-01T02:00:00+02:00"},
            {"created_at": np.datetime64("2025-06-01", "ns")},
            {"created_at": pd.Timestamp("2025-06-01", tz="UTC")},
        ]
        expected = model.score_one(lead, as_of=AS_OF)
        for change in same:
            assert model.score_one({**lead, **change}, as_of=AS_OF) == expected, change
        missing = model.score_one({**lead, "employees": None}, as_of=AS_OF)
        for nothing in (float("nan"), np.nan, pd.NA, pd.NaT, np.datetime64("NaT")):
            assert model.score_one({**lead, "employees": nothing}, as_of=AS_OF) == missing

    def test_a_value_that_is_none_of_these_is_refused_by_name(self, model: ls.Model, made: Any) -> None:
        with pytest.raises(ls.DataError, match='attribute "employees".*bytes'):
            model.score_one({**record(made.leads, 0), "employees": b"120"})

    def test_an_attribute_that_is_not_mentioned_is_a_schema_mismatch(self, model: ls.Model, made: Any) -> None:
        lead = record(made.leads, 0)
        del lead["industry"]
        score = model.score_one(lead, as_of=AS_OF)
        assert score.status == "schema_mismatch" and score.missing_columns == ["industry"]


class TestAsOf:
    def test_every_way_to_name_a_moment_is_the_same_moment(self, model: ls.Model) -> None:
        np, pd, pl = pytest.importorskip("numpy"), pytest.importorskip("pandas"), pytest.importorskip("polars")
        leads, events, _, _ = ls.datasets.make_leads(200)
        leads["moment"] = pd.Timestamp(AS_OF)
        expected = model.score(leads, events, as_of=AS_OF)["log_odds"].tolist()
        n = len(leads)
        ways = [
            dt.datetime(2026, 1, 1),
            dt.date(2026, 1, 1),
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "2026-01-01T01:00:00+01:00",
            "moment",
            np.datetime64("2026-01-01"),
            pd.Timestamp("2026-01-01"),
            [AS_OF] * n,
            ["2026-01-01"] * n,
            np.full(n, np.datetime64("2026-01-01", "ns")),
            pd.Series([AS_OF] * n),
            pd.Series([pd.Timestamp("2026-01-01 01:00", tz="Europe/Berlin")] * n),
            pd.DatetimeIndex([AS_OF] * n),
            pl.Series([AS_OF] * n),
        ]
        for way in ways:
            assert model.score(leads, events, as_of=way)["log_odds"].tolist() == expected, way

    def test_a_moment_that_cannot_be_read_is_a_setting_to_correct(self, model: ls.Model, made: Any) -> None:
        for bad in ("soon", 20260101, object()):
            with pytest.raises(ls.ConfigError):
                model.score(made.leads, made.events, as_of=bad)
        with pytest.raises(ls.LeadscoreError, match="3000"):
            model.score(made.leads, made.events, as_of=[AS_OF])
        with pytest.raises(ls.DataError, match="row 1"):
            model.score(made.leads, made.events, as_of=[AS_OF, None])
        with pytest.raises(ls.LeadscoreError, match="1970"):
            model.score(made.leads, made.events, as_of=dt.datetime(1960, 1, 1))


class TestTravel:
    def test_a_model_survives_file_bytes_pickle_and_copies(self, model: ls.Model, made: Any, tmp_path: Any) -> None:
        path = tmp_path / "m.leadscore"
        model.save(path)
        expected = made_scores(model, made)
        for other in (
            ls.load(path),
            ls.load(str(path)),
            ls.Model.from_bytes(model.to_bytes()),
            pickle.loads(pickle.dumps(model)),
            copy.copy(model),
            copy.deepcopy(model),
        ):
            assert other == model and hash(other) == hash(model) and other.version == model.version
            assert made_scores(other, made) == expected
        model.verify()

    def test_a_missing_file_is_a_file_not_found(self, tmp_path: Any) -> None:
        with pytest.raises(FileNotFoundError) as caught:
            ls.load(tmp_path / "none.leadscore")
        assert isinstance(caught.value, ls.ArtifactError) and caught.value.filename.endswith("none.leadscore")

    def test_what_is_no_model_is_an_artifact_error(self, model: ls.Model, tmp_path: Any) -> None:
        data = model.to_bytes()
        for bad in (b"", b"PK\x03\x04 a zip", data[:100], data[:-1], data[:60] + bytes([data[60] ^ 1]) + data[61:]):
            with pytest.raises(ls.ArtifactError) as caught:
                ls.Model.from_bytes(bad)
            assert isinstance(caught.value, OSError)

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    def test_a_model_scores_and_trains_in_a_forked_process(self) -> None:
        code = """
import os, sys
import leadscore as ls
leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=None)
model = ls.train(leads, events, outcomes, algorithm="logistic")
before = model.score(leads, events, as_of="2026-01-01")["log_odds"]
pid = os.fork()
if pid == 0:
    same = model.score(leads, events, as_of="2026-01-01")["log_odds"] == before
    again = ls.train(leads, events, outcomes, algorithm="logistic") == model
    made = ls.datasets.make_leads(3000, frame=None).leads["lead_id"] == leads["lead_id"]
    os._exit(0 if same and again and made else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
        subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120)


class TestSettings:
    def test_threads_do_not_change_the_model(self, model: ls.Model, made: Any) -> None:
        for threads in (1, 3):
            assert ls.train(made.leads, made.events, made.outcomes, algorithm="logistic", threads=threads) == model

    def test_settings_of_an_algorithm_are_used_and_checked(self, made: Any) -> None:
        asked = ls.Boosting(n_estimators=20, num_leaves=4)
        model = ls.train(made.leads, made.events, made.outcomes, algorithm=asked)
        assert model.card.algorithm == "boosting"
        for bad in (ls.Boosting(learning_rate=-1.0), ls.Boosting(num_leaves="many"), ls.Logistic(l2=-1.0)):  # type: ignore[arg-type]
            with pytest.raises(ls.LeadscoreError):
                ls.train(made.leads, made.events, made.outcomes, algorithm=bad)

    def test_linfas_solver_finds_what_newtons_method_does(self, made: Any) -> None:
        np = pytest.importorskip("numpy")

        def log_odds(**settings: Any) -> Any:
            asked = ls.Logistic(l2=30.0, level_statistics=False, **settings)
            model = ls.train(made.leads, made.events, made.outcomes, algorithm=asked, calibration="none", features=ls.Features(families=("counts",)))
            return np.asarray(model.score(made.leads, made.events, as_of="2026-06-01")["log_odds"])

        newton, linfa = log_odds(solver="newton"), log_odds(solver="lbfgs", max_iterations=1000, tolerance=1e-6)
        assert (newton == log_odds()).all()
        assert not (newton == linfa).all() and abs(newton - linfa).max() < 1e-3
        assert abs(newton - log_odds(l1_ratio=0.9)).max() > 1e-3
        with pytest.raises(ls.ConfigError, match='solver must be "auto", "newton" or "lbfgs". Got \'magic\''):
            log_odds(solver="magic")
        with pytest.raises(ls.ConfigError, match="log_transform must be True or False. Got 1"):
            log_odds(log_transform=1)
        with pytest.raises(ls.ConfigError, match=r"l1_ratio must be in \[0, 1\]. Got nan"):
            log_odds(l1_ratio=float("nan"))

    @pytest.mark.parametrize(
        ("setting", "value"),
        [
            ("algorithm", "forest"),
            ("calibration", "magic"),
            ("horizon", "soon"),
            ("snapshots", "often"),
            ("snapshots", ("x",)),
            ("seed", -1),
            ("threads", 0),
            ("features", {"windows": ["1d"]}),
            ("features", ls.Features(windows="7d")),
            ("features", ls.Features(windows=("0d",))),
            ("schema", {"lead_id": "id"}),
        ],
    )
    def test_a_bad_setting_is_a_config_error(self, made: Any, setting: str, value: Any) -> None:
        with pytest.raises(ls.ConfigError) as caught:
            ls.train(made.leads, made.events, made.outcomes, **{setting: value})
        assert isinstance(caught.value, ValueError)

    def test_features_choose_windows_and_kinds(self, made: Any) -> None:
        features = ls.Features(windows=("14d",), half_lives=(), kinds=["demo_request"])
        rows = ls.observations(made.leads, made.events, made.outcomes, features=features, snapshots=("7d",))
        assert any(".14d" in name for name in rows.columns) and not any(".30d" in name for name in rows.columns)


class TestBadData:
    def test_a_missing_column_is_a_schema_error_that_names_it(self, made: Any) -> None:
        schema = ls.Schema.infer(made.leads, made.events, made.outcomes)
        schema.attributes["employes"] = ls.Numeric()
        with pytest.raises(ls.SchemaError, match="employes.*did you mean.*employees"):
            ls.train(made.leads, made.events, made.outcomes, schema=schema)

    def test_all_one_class_is_refused(self) -> None:
        with pytest.raises(ls.DataError):
            ls.train({"x": list(range(300)), "won": [1] * 300}, label="won")

    def test_an_empty_frame_is_refused(self) -> None:
        with pytest.raises(ls.LeadscoreError):
            ls.train({"x": [], "won": []}, label="won")

    def test_a_nested_column_is_left_alone_when_the_schema_does_not_read_it(self, made: Any) -> None:
        pa = pytest.importorskip("pyarrow")
        leads = pa.table(made.leads).append_column("tags", pa.array([["a"]] * len(made.leads)))
        with pytest.raises(ls.DataError, match="leads.tags is a list"):
            ls.train(leads, made.events, made.outcomes, algorithm="logistic")
        schema = ls.Schema.infer(made.leads, made.events, made.outcomes)
        model = ls.train(leads, made.events, made.outcomes, algorithm="logistic", schema=schema)
        assert made_scores(model, made) == model.score(leads, made.events, as_of=AS_OF)["probability"].to_pylist()


class TestSchema:
    def test_a_schema_survives_json_and_toml(self, tmp_path: Any) -> None:
        schema = ls.Schema(
            lead_id="id",
            created_at="created",
            time_zone="Europe/Berlin",
            exclude=["status"],
            attributes={
                "n": ls.Numeric(),
                "c": ls.Categorical(aliases={"u.s.": "usa"}),
                "b": ls.Boolean(),
                "t": ls.Text(),
                "e": ls.Email(),
                "p": ls.Phone(),
                "d": ls.Date(future=True),
            },
            events=ls.EventColumns(lead_id="l", at="at", kind="k", groups={"web": ["a", "b"]}, initiator={"a": "lead"}),
            outcomes=ls.OutcomeColumns(lead_id="l", won="stage", closed_at="c", won_values=["Closed Won"]),
        )
        assert ls.Schema.from_json(schema.to_json()) == schema
        schema.save(tmp_path / "leads.toml")
        assert ls.Schema.load(tmp_path / "leads.toml") == schema

    def test_what_is_no_attribute_is_refused(self) -> None:
        with pytest.raises(ls.SchemaError, match=r'attributes\["x"\] must be one of'):
            ls.Schema(attributes={"x": "numeric"}).check()  # type: ignore[dict-item]

    def test_inference_can_be_edited_and_explains_itself(self, made: Any) -> None:
        schema = ls.Schema.infer(made.leads, made.events, made.outcomes, exclude=["phone"])
        assert schema.lead_id == "lead_id" and "phone" not in schema.attributes
        assert {"lead_id", "created_at"} <= {role for _, _, role, _ in schema.guesses}

    def test_a_crms_own_words_for_won_are_read(self, made: Any) -> None:
        pl = pytest.importorskip("polars")
        outcomes = pl.DataFrame(made.outcomes).with_columns(
            pl.when("won").then(pl.lit("Closed Won")).otherwise(pl.lit("Lost")).alias("stage")
        )
        schema = ls.Schema.infer(made.leads, made.events, made.outcomes)
        plain = ls.train(made.leads, made.events, made.outcomes, schema=schema, algorithm="logistic")
        assert schema.outcomes is not None
        schema.outcomes.won, schema.outcomes.won_values = "stage", ("Closed Won",)
        words = ls.train(made.leads, made.events, outcomes, schema=schema, algorithm="logistic")
        assert made_scores(plain, made) == made_scores(words, made)


class TestReports:
    def test_an_evaluation_has_its_figures(self, model: ls.Model, made: Any) -> None:
        report = model.evaluate(made.leads, made.events, made.outcomes)
        assert 0.5 < (report.auc or 0) < 1 and 0 < report.log_loss < 1 and report.n > report.positives > 0
        assert report.capture(1.0) == pytest.approx(1.0) and (report.lift(0.1) or 0) > 1
        assert len(report.calibration_table) == 10 and len(report.by_age) > 1
        with pytest.raises(ls.ConfigError, match="fraction"):
            report.lift(0.0)
        assert "<table>" in report._repr_html_() and "auc=" in repr(report) and "log loss" in str(report)

    def test_an_evaluation_is_drawn(self, model: ls.Model, made: Any) -> None:
        matplotlib = pytest.importorskip("matplotlib")
        matplotlib.use("Agg")
        assert len(model.evaluate(made.leads, made.events, made.outcomes).plot()) == 2

    def test_a_model_shows_its_card(self, model: ls.Model) -> None:
        assert model.card.n_leads == 3000 and "n_leads" in dir(model.card)
        assert "base rate" in str(model.card) and "<pre>" in model._repr_html_()
        assert model.schema.lead_id == "lead_id"
        assert list(model.importance().values()) == sorted(model.importance().values(), reverse=True)

    def test_retraining_on_nothing_new_keeps_the_champion(self, model: ls.Model, made: Any) -> None:
        result = ls.retrain(model, made.leads, made.events, made.outcomes)
        assert not result.promoted and "not enough evidence" in result.reason and result.model == model

    def test_retraining_on_a_later_history_compares_on_the_same_rows(self, made: Any) -> None:
        champion = ls.train(made.leads, made.events, made.outcomes, algorithm="logistic", as_of="2025-09-01")
        result = ls.retrain(champion, made.leads, made.events, made.outcomes, gate=ls.Gate(min_positives=50))
        assert result.champion is not None and result.challenger is not None
        assert result.champion.n == result.challenger.n
        assert result.promoted == (result.model != champion)


def test_each_feature_has_a_unit_and_a_meaning(model: ls.Model) -> None:
    features = model.describe_features()
    assert [feature["name"] for feature in features] == model.feature_names
    assert all(set(feature) == {"name", "concept", "kind", "unit", "meaning"} and feature["meaning"] and feature["unit"] for feature in features)
    by_name = {feature["name"]: feature for feature in features}
    assert by_name["events.count.30d"]["unit"] == "events" and by_name["events.count.30d"]["meaning"] == "how many events in the last 30 days"
    assert by_name["industry"]["kind"] == "categorical"
    assert set(model.importance()) <= {feature["concept"] for feature in features}


def test_kinds_that_no_event_has_are_told_and_block_nothing(made: Any) -> None:
    schema = ls.Schema.infer(made.leads, made.events, made.outcomes)
    assert schema.events is not None
    schema.events.intents = {"buying": ["demo_requst", "pricing_page_view"]}
    with pytest.warns(UserWarning, match='events.intents "buying" names a kind that no event has.*"demo_requst" .did you mean "demo_request"') as warned:
        trained = ls.train(made.leads, made.events, made.outcomes, schema=schema, algorithm="logistic")
    assert warned[0].filename == __file__
    assert any("demo_requst" in note for note in trained.card.notes)


def test_a_slip_in_the_name_of_the_source_or_of_the_library_is_told(made: Any) -> None:
    table = {{"channel": "medium"}.get(name, name): column for name, column in made.events.to_dict().items()}
    schema = ls.Schema.infer(made.leads, made.events, made.outcomes)
    assert schema.events is not None
    schema.events.channel = "medium"
    trained = ls.train(made.leads, table, made.outcomes, schema=schema, algorithm="logistic")
    lead = {**dict.fromkeys([*trained.schema.attributes, "lead_id"]), "created_at": "2025-01-01"}
    happened = {"kind": "call", "at": "2025-01-02"}
    by_source, by_library = ([{**happened, name: "phone"}] for name in ("medium", "channel"))
    assert trained.score_one(lead, by_source, AS_OF) == trained.score_one(lead, by_library, AS_OF)
    for slip, meant in (("meduim", "medium"), ("chanel", "channel")):
        with pytest.raises(ls.DataError, match=f'a "{slip}", which nothing reads; did you mean "{meant}"'):
            trained.score_one(lead, [{**happened, slip: "phone"}], AS_OF)


def test_answers_are_no_features_where_nobody_says_who_starts_events(made: Any) -> None:
    features = ls.Features(families=("counts", "response"))
    with pytest.raises(ls.ConfigError, match='families has "response", and the schema does not say which kinds of events sales start'):
        ls.train(made.leads, made.events, made.outcomes, features=features)
    schema = ls.Schema.infer(made.leads, made.events, made.outcomes)
    assert schema.events is not None
    schema.events.initiator = {"call": "sales", "email_open": "lead", "demo_request": "lead"}
    assert "response.first_contact" in ls.train(made.leads, made.events, made.outcomes, schema=schema, features=features, algorithm="logistic").feature_names


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"features": ls.Features(max_kinds=-1)}, "features.max_kinds must be a whole number of at least 0. Got -1"),
        ({"features": ls.Features(windows=(7,))}, 'features.windows must be spans such as "7d". Got 7'),  # type: ignore[arg-type]
        ({"algorithm": ls.Boosting(n_estimators=-1)}, "n_estimators must be a whole number from 1 to 100000. Got -1"),
        ({"algorithm": ls.Boosting(num_leaves=1.5)}, "num_leaves must be a whole number from 2 to 4096. Got 1.5"),  # type: ignore[arg-type]
        ({"algorithm": ls.Logistic(folds=-1)}, "folds must be a whole number from 2 to 100. Got -1"),
        ({"seed": 2**70}, r"seed must be a whole number below 2\*\*63"),
        ({"threads": -1}, "threads must be a whole number of at least 1. Got -1"),
        ({"prior": [0.1]}, r"prior must be a share above 0 and below 1. Got \[0.1\]"),
    ],
)
def test_a_number_that_is_none_is_refused_by_the_name_of_its_setting(made: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ls.ConfigError, match=message):
        ls.train(made.leads, made.events, made.outcomes, **settings)


def test_a_gate_of_no_wins_is_refused_by_name(made: Any, model: ls.Model) -> None:
    with pytest.raises(ls.ConfigError, match="gate.min_positives must be a whole number of at least 1. Got -1"):
        ls.retrain(model, made.leads, made.events, made.outcomes, gate=ls.Gate(min_positives=-1))


def test_trees_that_were_only_glanced_at_are_not_told_as_a_full_fit() -> None:
    random = Random(0)
    table: dict[str, list[float]] = {"a": [random.gauss(0, 1) for _ in range(3000)], "b": [random.gauss(0, 1) for _ in range(3000)]}
    table["won"] = [float(random.random() < 1 / (1 + math.exp(1 - 1.5 * a - b))) for a, b in zip(table["a"], table["b"])]
    card = ls.train(table, label="won").card
    assert card.algorithm == "logistic"
    assert [name for name, _ in card.candidates] == ["logistic", "boosting at a glance (few trees of large steps, no full fit)"]
    assert "compared: boosting at a glance (few trees of large steps, no full fit), log loss 0." in str(card)


def test_the_card_says_when_trees_gained_but_not_surely() -> None:
    def notes(seed: int, product: float) -> tuple[str, list[str]]:
        random = np.random.default_rng(seed)
        table = pd.DataFrame(random.standard_normal((600, 10)), columns=[f"x{i}" for i in range(10)])
        log_odds = product * table["x0"] * table["x1"] + (1 - product) * 1.5 * table["x0"] - 1
        table["won"] = (random.random(600) < 1 / (1 + np.exp(-log_odds))).astype(int)
        card = ls.train(table, label="won", progress=False).card
        return card.algorithm, [note for note in card.notes if "no more than luck may" in note]

    products = [notes(seed, 1.0) for seed in range(5)]
    assert all(algorithm == "logistic" for algorithm, told in products if told)
    told = [note for _, notes in products for note in notes]
    assert told and all(re.search(r"but no more than luck may: \d\.\d standard errors of the gain, of the \d\.\d that are asked with \d+ rows of the rarer outcome", note) for note in told)
    assert notes(0, 0.0) == ("logistic", [])
