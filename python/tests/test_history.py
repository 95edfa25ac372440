"""Effective-dated attributes: a snapshot sees the value known then, on every path."""

from __future__ import annotations

import datetime as dt
import warnings
from typing import Any

import pyarrow as pa
import pytest

import leadscore as ls

UTC = dt.timezone.utc


class World:
    """Made leads with a stage that their close overwrites, and the history of it."""

    def __init__(self) -> None:
        made = ls.datasets.make_leads(3000, seed=5, frame=None)
        self.events, self.outcomes = made.events, made.outcomes
        leads, ends = made.leads.to_dict(), made.outcomes.to_dict()
        closed = dict(zip(ends["lead_id"], zip(ends["closed_at"], ends["won"])))
        self.history: dict[str, list[Any]] = {"lead_id": [], "column": [], "value": [], "valid_from": []}
        leads["stage"], leads["seats"] = [], []
        for row, (lead, created) in enumerate(zip(leads["lead_id"], leads["created_at"])):
            first = ("web", "fair")[row % 2]
            self.change(lead, "stage", first, created)
            self.change(lead, "seats", str(row % 7), created)
            leads["stage"].append(first)
            leads["seats"].append(row % 7)
            if lead in closed:
                at, won = closed[lead]
                leads["stage"][-1] = "contract" if won else "archived"
                leads["seats"][-1] = 100 if won else 0
                self.change(lead, "stage", leads["stage"][-1], at)
                self.change(lead, "seats", str(leads["seats"][-1]), at)
        self.leads = leads
        self.schema = ls.Schema(
            lead_id="lead_id",
            created_at="created_at",
            attributes={"stage": ls.Categorical(), "seats": ls.Numeric(), "industry": ls.Categorical()},
            outcomes=ls.OutcomeColumns(lead_id="lead_id", won="won", closed_at="closed_at", recorded_at="recorded_at"),
            history=ls.HistoryColumns(),
        )

    def change(self, *row: Any) -> None:
        for column, value in zip(self.history.values(), row):
            column.append(value)

    def until(self, moment: dt.datetime) -> dict[str, list[Any]]:
        kept = [i for i, at in enumerate(self.history["valid_from"]) if at <= moment]
        return {name: [column[i] for i in kept] for name, column in self.history.items()}

    def train(self, **settings: Any) -> ls.Model:
        return ls.train(self.leads, None, self.outcomes, schema=self.schema, algorithm="logistic", **settings)


@pytest.fixture(scope="module")
def world() -> World:
    return World()


@pytest.fixture(scope="module")
def model(world: World) -> ls.Model:
    return world.train(history=world.history)


AS_OF = dt.datetime(2025, 9, 1, tzinfo=UTC)


def test_the_close_teaches_nothing_when_the_history_says_when_it_was_known(world: World, model: ls.Model) -> None:
    assert model.card.out_of_fold["auc"] < 0.75
    assert world.train().card.out_of_fold["auc"] > 0.95
    assert any(note.startswith("seats, stage: read as known at each snapshot") for note in model.card.notes)


def test_the_future_of_the_history_changes_no_score(world: World, model: ls.Model) -> None:
    whole = model.score(world.leads, as_of=AS_OF, history=world.history)
    past = model.score(world.leads, as_of=AS_OF, history=world.until(AS_OF))
    assert whole["log_odds"] == past["log_odds"]


def test_scoring_with_history_is_scoring_a_table_with_the_values_of_then(world: World, model: ls.Model) -> None:
    then: dict[tuple[str, str], str] = {}
    past = world.until(AS_OF)
    for lead, column, value in zip(past["lead_id"], past["column"], past["value"]):
        then[lead, column] = value
    leads = dict(world.leads)
    leads["stage"] = [then.get((lead, "stage")) for lead in leads["lead_id"]]
    leads["seats"] = [None if (lead, "seats") not in then else int(then[lead, "seats"]) for lead in leads["lead_id"]]
    with_history = model.score(world.leads, as_of=AS_OF, history=world.history)
    by_hand = model.score(leads, as_of=AS_OF)
    assert with_history["log_odds"] == by_hand["log_odds"]
    assert model.features(world.leads, as_of=AS_OF, history=world.history).to_dict() == model.features(leads, as_of=AS_OF).to_dict()


def test_observations_and_evaluations_see_the_values_of_then(world: World, model: ls.Model) -> None:
    rows = ls.observations(world.leads, None, world.outcomes, schema=world.schema, snapshots=("0d", "7d"), history=world.history)
    assert not {"contract", "archived"} & set(rows["stage"])
    assert max(value for value in rows["seats"] if value is not None) == 6
    report = model.evaluate(world.leads, None, world.outcomes, history=world.history)
    assert report.auc is not None and report.auc < 0.8


def test_the_leakage_report_names_the_column_without_its_history_and_not_with_it(world: World) -> None:
    without = ls.leakage(world.leads, None, world.outcomes, schema=world.schema)
    assert set(without.exclude) == {"stage", "seats"}, str(without)
    known = ls.leakage(world.leads, None, world.outcomes, schema=world.schema, history=world.history)
    assert known.exclude == [], str(known)


def test_a_history_that_contradicts_itself_is_told_and_the_later_row_holds(world: World) -> None:
    history = {name: [*column, *column[:1]] for name, column in world.history.items()}
    history["value"][-1] = "fair" if history["value"][0] == "web" else "web"
    model = world.train(history=history)
    assert any(note.startswith("1 of ") and "contradict" in note for note in model.card.notes), model.card.notes


def test_what_a_history_cannot_hold_is_told_with_its_row(world: World) -> None:
    history = {name: list(column) for name, column in world.history.items()}
    row = history["column"].index("seats")
    history["value"][row] = "many"
    with pytest.raises(ls.DataError, match=rf'history.value, row {row}: "many" is no number, which seats is declared to be'):
        world.train(history=history)
    with pytest.raises(ls.SchemaError, match="history has no column"):
        world.train(history={"lead_id": ["L000001"]})
    with pytest.raises(ls.ConfigError, match="a flat table has no moments"):
        ls.train({"x": [1, 2], "won": [True, False]}, label="won", history=world.history)


def test_a_retraining_sees_the_values_known_at_each_snapshot(world: World) -> None:
    early = world.train(as_of="2025-06-01", history=world.history)
    result = ls.retrain(early, world.leads, None, world.outcomes, history=world.history, gate=ls.Gate(min_positives=50))
    without = "no history is given, and the model learned seats, stage as known at each moment"
    with pytest.warns(ls.DataWarning, match=without):
        blind = ls.retrain(early, world.leads, None, world.outcomes, gate=ls.Gate(min_positives=50))
    assert result.challenger is not None and blind.challenger is not None
    # The table as it stands names the outcome; as it was known then, it cannot.
    assert blind.challenger.auc > 0.9 > result.challenger.auc
    assert result.champion.auc < 0.9
    assert any(without in note for note in blind.model.card.notes) == blind.promoted
    # Nor in silence where the champion is kept for want of evidence.
    with pytest.warns(ls.DataWarning, match=without):
        kept = ls.retrain(early, world.leads, None, world.outcomes, gate=ls.Gate(min_positives=10**6))
    assert not kept.promoted and "not enough evidence" in kept.reason
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ls.retrain(early, world.leads, None, world.outcomes, history=world.history, gate=ls.Gate(min_positives=10**6))


def test_a_comparison_of_tables_sees_the_values_known_at_both_moments(world: World) -> None:
    model, other = world.train(history=world.history), world.train(history=world.history, seed=1, horizon="60d")
    moments = ("2025-03-01", "2025-09-01")
    before, after = (model.score(world.leads, as_of=moment, history=world.history)["log_odds"] for moment in moments)
    compared = model.compare_tables(world.leads, as_of=moments, history=world.history)
    assert [why.log_odds for why in compared] == list(zip(before, after))
    closed = [why for why in compared if "stage" in why.attributes]
    assert len(closed) > 100
    assert all(why.attributes["stage"][1] in ('"contract"', '"archived"', '"web"', '"fair"') for why in closed)
    # The table of then instead of a history, without some of the leads; and another model.
    then = {name: column[100:] for name, column in world.leads.items()} | {"stage": ["web"] * (len(world.leads["stage"]) - 100)}
    as_were = model.compare_tables(world.leads, as_of=moments, before=then, previous=other, explain=1)
    old = other.score(then, as_of=moments[0])["log_odds"]
    assert [why.log_odds[0] for why in as_were[100:]] == list(old)
    with pytest.warns(ls.UnseenWarning, match="contract"):
        assert [why.log_odds[0] for why in as_were[:100]] == list(other.score(world.leads, as_of=moments[0])["log_odds"])[:100]
    assert all(not why.attributes and why.changed_attributes.change == 0 for why in as_were[:100])
    assert any(why.attributes == {"stage": ('"web"', '"contract"')} for why in as_were[100:])
    assert all(why.model_version == (other.version, model.version) for why in as_were)
    with pytest.raises(ls.SchemaError, match='the earlier table of leads has no column "industry"'):
        model.compare_tables(world.leads, as_of=moments, before={"lead_id": ["a"], "created_at": ["2025-01-01"]})
    with pytest.raises(ls.DataError, match="order of time"):
        model.compare_tables(world.leads, as_of=moments[::-1])
    # The earlier table is told by its name, and that none of the leads is in it.
    for column, bad, error in [
        ("created_at", [5] * len(then["stage"]), "the earlier table of leads.created_at is i64"),
        ("lead_id", ["a"] * len(then["stage"]), 'the earlier table of leads.lead_id: "a" stands in rows 0 and 1'),
    ]:
        with pytest.raises((ls.DataError, ls.SchemaError), match=error):
            model.compare_tables(world.leads, as_of=moments, before=then | {column: bad})
    with pytest.raises(ls.DataError, match="the earlier table of leads has no rows"):
        model.compare_tables(world.leads, as_of=moments, before={name: column[:0] for name, column in then.items()})
    others = then | {"lead_id": [f"other {row}" for row in range(len(then["stage"]))]}
    with pytest.warns(ls.DataWarning, match="none of [0-9,]+ leads is in the earlier table of leads, which holds other 0, other 1, other 2, where the leads hold"):
        model.compare_tables(world.leads, as_of=moments, before=others)


def test_a_score_depends_on_no_other_leads_history(world: World, model: ls.Model) -> None:
    lead = world.leads["lead_id"][1]
    of_others = [i for i, of in enumerate(world.history["lead_id"]) if of != lead]
    others = {name: [column[i] for i in of_others] for name, column in world.history.items()}
    alone = {name: [column[1]] for name, column in world.leads.items()}
    whole = model.score(world.leads, as_of=AS_OF, history=others)
    with pytest.warns(ls.DataWarning, match="rows of the history belong to none of the leads"):
        assert model.score(alone, as_of=AS_OF, history=others)["log_odds"] == [whole["log_odds"][1]]
    # Rows of nobody are told even where others are read.
    some = world.history | {"lead_id": [None if row % 2 else of for row, of in enumerate(world.history["lead_id"])]}
    with pytest.warns(ls.DataWarning, match=f"{len(some['lead_id']) // 2} of {len(some['lead_id'])} rows of the history have no identifier of a lead, and are not read"):
        model.score(world.leads, as_of=AS_OF, history=some)
    own = pa.table(others).slice(0, 0)
    with pytest.warns(ls.DataWarning, match="the history has no row of seats, stage, which the model learned from the history"):
        assert model.score(alone, as_of=AS_OF, history=own)["log_odds"] == [whole["log_odds"][1]]


def test_a_model_that_learned_from_a_history_is_not_evaluated_without_one_in_silence(world: World, model: ls.Model) -> None:
    assert model.card.known_from_history == ["seats", "stage"]
    with warnings.catch_warnings():
        warnings.simplefilter("error", ls.DataWarning)
        model.evaluate(world.leads, None, world.outcomes, history=world.history)
    with pytest.warns(ls.DataWarning, match="no history is given, and the model learned seats, stage"):
        model.evaluate(world.leads, None, world.outcomes)
    misspelt = {**world.history, "column": [name.title() for name in world.history["column"]]}
    with pytest.warns(ls.DataWarning, match='such as "Stage", "Seats", and are not read; the history has no row of seats, stage'):
        model.evaluate(world.leads, None, world.outcomes, history=misspelt)


NEW_YEAR = dt.datetime(2027, 1, 1, tzinfo=UTC)


def test_a_past_moment_is_not_seen_with_the_values_of_today_in_silence(world: World, model: ls.Model) -> None:
    without = "no history is given, and the model learned seats, stage as known at each moment.*moments gone by see the values of today"
    between = (AS_OF, NEW_YEAR)
    for ask in (
        lambda **history: model.score(world.leads, as_of=AS_OF, **history),
        lambda **history: model.features(world.leads, as_of=AS_OF, **history),
        lambda **history: model.score(world.leads, as_of=[AS_OF] + [NEW_YEAR] * (len(world.leads["lead_id"]) - 1), **history),
        lambda **history: model.compare_tables(world.leads, as_of=between, **history),
        lambda **history: model.compare_tables(world.leads, as_of=between, previous=world.train(history=world.history, seed=1, horizon="60d"), **history),
    ):
        with pytest.warns(ls.DataWarning, match=without):
            ask()
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*history")
            ask(history=world.history)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*history")
        # Now, and late by less than a day; and with the table of then.
        newest = max(world.leads["created_at"])
        for now in (NEW_YEAR, newest - dt.timedelta(hours=23)):
            model.score(world.leads, as_of=now)
            model.features(world.leads, as_of=now)
        model.compare_tables(world.leads, as_of=between, before=world.leads)
        # A model that learned from no history needs none.
        world.train().score(world.leads, as_of=AS_OF)


def test_events_newer_than_the_moment_tell_that_the_table_is_newer_too(world: World, tmp_path: Any) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    world.schema.events = ls.EventColumns(lead_id="lead_id", at="at", kind="kind")
    try:
        model = ls.train(world.leads, world.events, world.outcomes, schema=world.schema, algorithm="logistic", history=world.history, snapshots=("0d", "14d"))
    finally:
        world.schema.events = None
    path = tmp_path / "events.parquet"
    pq.write_table(pa.table(world.events.to_dict()), path)
    old = [i for i, created in enumerate(world.leads["created_at"]) if created < AS_OF]
    leads = {name: [column[i] for i in old] for name, column in world.leads.items()}
    for events in (world.events, path):
        for ask in (model.score, model.features):
            with pytest.warns(ls.DataWarning, match="no history is given"):
                ask(leads, events, as_of=AS_OF)
            with warnings.catch_warnings():
                warnings.filterwarnings("error", message=".*history")
                ask(leads, events, as_of=AS_OF, history=world.history)
                ask(leads, events, as_of=NEW_YEAR)


def test_an_attribute_that_the_model_does_not_read_is_not_missed_in_a_history(world: World) -> None:
    model = world.train(history=world.history, exclude_features=["seats"])
    assert "seats" not in model.feature_names and model.card.known_from_history == ["seats", "stage"]
    rows = [i for i, name in enumerate(world.history["column"]) if name == "stage"]
    of_stage = {name: [column[i] for i in rows] for name, column in world.history.items()}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*history")
        model.score(world.leads, as_of=AS_OF, history=of_stage)
        model.evaluate(world.leads, None, world.outcomes, history=of_stage)
    for told in (lambda: model.score(world.leads, as_of=AS_OF), lambda: model.evaluate(world.leads, None, world.outcomes)):
        with pytest.warns(ls.DataWarning, match="the model learned stage as known"):
            told()
    rows = [i for i, name in enumerate(world.history["column"]) if name == "seats"]
    of_seats = {name: [column[i] for i in rows] for name, column in world.history.items()}
    with pytest.warns(ls.DataWarning, match="no row of stage, which the model learned from the history, so that nothing is known of it: give the rows, with the name"):
        model.features(world.leads, as_of=AS_OF, history=of_seats)


def test_what_is_odd_about_a_history_is_told_when_scoring_too(world: World, model: ls.Model) -> None:
    first = {name: [column[0]] for name, column in world.history.items()}
    twice = {name: [*column, *first[name]] for name, column in world.history.items()}
    twice["value"][-1] = "another word"
    with pytest.warns(ls.DataWarning, match=f"1 of {len(twice['value'])} rows of the history contradict a later row"):
        model.score(world.leads, as_of=AS_OF, history=twice)
    for ask in (lambda: model.features(world.leads, as_of=AS_OF, history=twice), lambda: model.compare_tables(world.leads, as_of=(AS_OF, NEW_YEAR), history=twice)):
        with pytest.warns(ls.DataWarning, match="of the history contradict a later row") as told:
            ask()
        assert sum(str(one.message).count("contradict") for one in told) == 1
