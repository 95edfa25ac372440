"""What the account's other leads did: the same answer from a table, one lead, a state and a comparison; and events that are nobody's."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import leadscore as ls

AS_OF = "2026-01-01"


class World:
    """Made leads in accounts of four, and a model that reads them."""

    def __init__(self, *families: str) -> None:
        made = ls.datasets.make_leads(2_000, seed=7, frame=None)
        self.leads: dict[str, list[Any]] = {**made.leads.to_dict(), "account": [f"acme {i // 4}" for i in range(2_000)]}
        self.events, self.outcomes = made.events.to_dict(), made.outcomes.to_dict()
        schema = ls.Schema.infer(self.leads, self.events, self.outcomes)
        schema.attributes.pop("account", None)
        schema.account = "account"
        default = ls.Features()
        if "response" in families:
            schema.events.initiator = {kind: "sales" if kind == "call" else "lead" for kind in set(self.events["kind"])}
        features = ls.Features(families=(*default.families, *families, "account"), kind_families=(*default.kind_families, "account"))
        self.model = ls.train(self.leads, self.events, self.outcomes, schema=schema, features=features, algorithm="logistic")

    def record(self, row: int) -> dict[str, Any]:
        return {name: column[row] for name, column in self.leads.items()}

    def of(self, lead: str, known_from: Any = None) -> list[dict[str, Any]]:
        rows = [i for i, id_ in enumerate(self.events["lead_id"]) if id_ == lead]
        events = [{name: column[i] for name, column in self.events.items()} for i in rows]
        for event in events:
            # A table holds an event of a lead that was created after it as known from then on.
            event["recorded_at"] = max(moment for moment in (event["at"], event.get("recorded_at"), known_from) if moment is not None)
        return events

    def of_others(self, row: int) -> list[dict[str, Any]]:
        same = [i for i, account in enumerate(self.leads["account"]) if account == self.leads["account"][row] and i != row]
        return [event for i in same for event in self.of(self.leads["lead_id"][i], self.leads["created_at"][i])]


@pytest.fixture(scope="module")
def world() -> World:
    return World()


def test_a_table_a_lead_and_a_state_say_the_same(world: World) -> None:
    assert {"account.count.30d", "account.demo_request.count.30d", "account.last_kind"} <= set(world.model.feature_names)
    batch = world.model.score(world.leads, world.events, as_of=AS_OF)["log_odds"]
    moved = 0
    for row in range(0, 400, 7):
        lead, own, others = world.record(row), world.of(world.leads["lead_id"][row]), world.of_others(row)
        one = world.model.score_one(lead, own, AS_OF, account_events=others)
        state = world.model.engagement(own)
        assert one.log_odds == batch[row]
        assert world.model.score_one(lead, engagement=state, as_of=AS_OF, account_events=others) == one
        assert state.score(lead, AS_OF, account_events=others) == one
        moved += one.log_odds != world.model.score_one(lead, own, AS_OF).log_odds
    assert moved > 20


def test_answers_are_told_of_the_accounts_other_leads_where_their_events_say_whose_they_are() -> None:
    world = World("response")
    names = {"account.first_delay", "account.response.first_contact", "account.response.lead.mean", "account.response.sales.last"}
    assert names <= set(world.model.feature_names)
    batch = world.model.score(world.leads, world.events, as_of=AS_OF)["log_odds"]
    matrix = world.model.features(world.leads, world.events, as_of=AS_OF)
    told = matrix["account.response.sales.mean"]
    known = {i for i, lag in enumerate(told) if lag is not None and lag == lag}
    assert len(known) > 100
    moved = 0
    for row in range(0, 400, 7):
        lead, own, others = world.record(row), world.of(world.leads["lead_id"][row]), world.of_others(row)
        one = world.model.score_one(lead, own, AS_OF, account_events=others)
        assert one.log_odds == batch[row]
        nameless = [{name: value for name, value in event.items() if name != "lead_id"} for event in others]
        moved += one.log_odds != world.model.score_one(lead, own, AS_OF, account_events=nameless).log_odds
        # By the library's own name, and under any word for each lead.
        renamed = [{**event, "lead_id": f"colleague {event['lead_id']}"} for event in others]
        assert world.model.score_one(lead, own, AS_OF, account_events=renamed) == one
    assert moved > 5
    units = {feature["name"]: (feature["unit"], feature["meaning"]) for feature in world.model.describe_features()}
    assert units["account.response.sales.mean"] == ("days", "days that sales takes to answer the account's other leads, on average")


def test_a_misspelt_name_for_whose_an_event_is_is_told(world: World) -> None:
    event = {"kind": "call", "at": "2025-06-01"}
    for name in ("leadid", "lead_Id", "led_id"):
        with pytest.raises(ls.DataError, match=f'has no "lead_id", but a "{name}"'):
            world.model.score_one(world.record(0), [], AS_OF, account_events=[{**event, name: "Q"}])
        # Whose the lead's own events are goes without saying.
        assert world.model.score_one(world.record(0), [{**event, name: "Q"}], AS_OF) == world.model.score_one(world.record(0), [event], AS_OF)
    assert world.model.score_one(world.record(0), [], AS_OF, account_events=[event]).probability is not None


def test_the_account_alone_says_what_to_add(world: World) -> None:
    for features in ({"families": ("account",)}, {"kind_families": ("account", "edges")}):
        (name,) = features
        with pytest.raises(ls.ConfigError, match=f'features.{name} has "account" and no word for what to tell of it.*"counts"'):
            ls.train(world.leads, world.events, world.outcomes, schema=world.model.schema, features=ls.Features(**features))


def test_features_tell_of_events_that_are_nobodys(world: World, tmp_path: Any) -> None:
    polars = pytest.importorskip("polars")
    ids = world.events["lead_id"]
    strange = {**world.events, "lead_id": [f" {id_}" for id_ in ids]}
    some = {**world.events, "lead_id": [None if i % 50 == 0 else id_ for i, id_ in enumerate(ids)]}
    for events, match in [
        (strange, "events.lead_id: none of the .* rows belongs to a lead"),
        (some, "events.lead_id: .* events have no identifier of a lead, and are left out"),
    ]:
        path = tmp_path / "events.parquet"
        polars.DataFrame(events).write_parquet(path)
        for given in (events, path):
            with pytest.warns(ls.DataWarning, match=match):
                world.model.features(world.leads, given, as_of=AS_OF)
    nobodys = {**world.events, "lead_id": [None] * len(ids)}
    polars.DataFrame(nobodys, schema_overrides={"lead_id": polars.String}).write_parquet(path)
    for given in (nobodys, path):
        for ask in (world.model.features, world.model.score):
            with pytest.warns(ls.DataWarning) as told:
                ask(world.leads, given, as_of=AS_OF)
            (said,) = [str(one.message) for one in told if "lead_id" in str(one.message)]
            assert "have no identifier of a lead" in said and "same system" not in said
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        first = {name: column[:4] for name, column in world.leads.items()}
        matrix = world.model.features(first, world.events, as_of=AS_OF)
    # Categories are words.
    assert {type(word) for word in matrix["events.last_kind"]} <= {str, type(None)}


def test_a_comparison_explains_what_the_table_says(world: World) -> None:
    early = "2025-10-01"
    before, after = (world.model.score(world.leads, world.events, as_of=moment)["log_odds"] for moment in (early, AS_OF))
    for row in range(0, 100, 9):
        lead, own, others = world.record(row), world.of(world.leads["lead_id"][row]), world.of_others(row)
        change = world.model.compare(lead, lead, events0=own, as_of=(early, AS_OF), account_events1=others)
        assert change == world.model.compare(lead, lead, events1=own, as_of=(early, AS_OF), account_events0=others)
        assert abs(change.change - (after[row] - before[row])) < 1e-9


def test_events_of_which_none_is_of_a_lead_are_told(world: World, tmp_path: Any) -> None:
    polars = pytest.importorskip("polars")
    strange = {**world.events, "lead_id": [f" {id_}" for id_ in world.events["lead_id"]]}
    with pytest.warns(ls.UnseenWarning, match="events.lead_id: none of the .* rows belongs to a lead"):
        world.model.score(world.leads, strange, as_of=AS_OF)
    for ask in (
        lambda: world.model.evaluate(world.leads, strange, world.outcomes),
        lambda: world.model.compare_tables(world.leads, strange, as_of=("2025-12-01", AS_OF)),
        lambda: ls.observations(world.leads, strange, world.outcomes, schema=world.model.schema),
    ):
        with pytest.warns(UserWarning, match="(none of the .* rows belongs to a lead|events belong to none of the leads)"):
            ask()
    path = tmp_path / "events.parquet"
    polars.DataFrame(strange).write_parquet(path)
    with pytest.warns(ls.UnseenWarning, match="events.lead_id: none of the"):
        world.model.score(world.leads, path, as_of=AS_OF)
    # A table of the events of all leads, of which some are asked about, is nothing strange.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        some = {name: column[:4] for name, column in world.leads.items()}
        world.model.score(some, world.events, as_of=AS_OF)


def test_a_comparison_of_tables_has_the_bits_of_both_scores(world: World) -> None:
    moments = ("2025-11-01", AS_OF)
    before, after = (world.model.score(world.leads, world.events, as_of=moment)["log_odds"] for moment in moments)
    compared = world.model.compare_tables(world.leads, world.events, as_of=moments)
    assert [why.lead_id for why in compared] == world.leads["lead_id"]
    assert [why.log_odds for why in compared] == list(zip(before, after))
    assert all(abs(sum(part.change for part in why.parts.values()) - why.change) < 1e-9 for why in compared)
    for row in range(0, 200, 11):
        events, others = world.of(world.leads["lead_id"][row]), world.of_others(row)
        lead = world.record(row)
        assert world.model.compare(lead, lead, events1=events, account_events1=others, as_of=moments) == compared[row]


def test_a_comparison_of_models_reads_accounts_where_one_of_them_does(world: World) -> None:
    plain = ls.train(world.leads, world.events, world.outcomes, schema=world.model.schema, algorithm="logistic")
    moments = ("2025-11-01", AS_OF)
    for old, new in [(world.model, plain), (plain, world.model)]:
        alone = old.compare_tables(world.leads, world.events, as_of=moments)
        compared = new.compare_tables(world.leads, world.events, as_of=moments, previous=old)
        # What time and new events changed is the old model's to say, whatever the new one reads.
        for part in ("time_passing", "new_events"):
            assert [why.parts[part].change for why in compared] == [why.parts[part].change for why in alone]
        after = new.score(world.leads, world.events, as_of=AS_OF)["log_odds"]
        assert [why.log_odds[1] for why in compared] == list(after)
