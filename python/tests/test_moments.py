"""Naive moments are in the zone of the schema, wherever they are given."""

from __future__ import annotations

import copy
import datetime as dt
from typing import Any

import pytest

import leadscore as ls

np = pytest.importorskip("numpy")
pd = pytest.importorskip("pandas")

# Noon before and after the clocks are put forward (2026-03-29, 2 o'clock), an hour that is skipped, one that is struck twice, with the instants.
CLOCKS = [
    ("2026-03-28T12:00:00", "2026-03-28T11:00:00Z"),
    ("2026-03-29T12:00:00", "2026-03-29T10:00:00Z"),
    ("2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
    ("2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
    ("2026-10-25T12:00:00", "2026-10-25T11:00:00Z"),
]


@pytest.fixture(scope="module")
def made() -> Any:
    return ls.datasets.make_leads(2000, seed=3)


@pytest.fixture(scope="module")
def models(made: Any) -> tuple[ls.Model, ls.Model]:
    """A model whose schema names a zone with summer time, and one whose schema names none."""
    schema = ls.Schema.infer(made.leads, made.events, made.outcomes)
    berlin = copy.deepcopy(schema)
    berlin.time_zone = "Europe/Berlin"
    train = [ls.train(made.leads, made.events, made.outcomes, schema=one, algorithm="logistic") for one in (berlin, schema)]
    return train[0], train[1]


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00"))


def forms(text: str) -> list[Any]:
    naive = dt.datetime.fromisoformat(text)
    return [text, text.replace("T", " "), text[:16], naive, np.datetime64(text), np.datetime64(text, "ns"), pd.Timestamp(text), np.array(np.datetime64(text))]


@pytest.mark.parametrize(("clock", "instant"), CLOCKS)
def test_one_moment_is_read_by_the_clock_of_the_zone_in_every_form(made: Any, models: tuple[ls.Model, ls.Model], clock: str, instant: str) -> None:
    berlin, plain = models
    leads = made.leads.head(3)
    for form in forms(clock):
        for model, expected in ((berlin, utc(instant)), (plain, utc(clock + "Z"))):
            assert list(model.score(leads, made.events, as_of=form)["as_of"].unique()) == [expected], form
    # What says its offset says it.
    for aware in (instant, utc(instant), pd.Timestamp(instant)):
        assert list(berlin.score(leads, made.events, as_of=aware)["as_of"].unique()) == [utc(instant)]


def test_a_datetime64_of_numpy_is_the_moment_of_a_datetime(made: Any, models: tuple[ls.Model, ls.Model]) -> None:
    lead = dict(made.leads.iloc[0])
    as_of = dt.datetime(2250, 1, 1, tzinfo=dt.timezone.utc)
    for text in ["1970-01-02", "2026-03-01", "2026-03-29T02:30", "2026-10-25T02:30:00.123456", "2200-01-01T00:00:00.5"]:
        for unit in ("D", "h", "s", "us", "ns"):
            moment = np.datetime64(text).astype(f"datetime64[{unit}]")
            moment = moment + np.timedelta64(999, "ns") if unit == "ns" else moment
            clock = pd.Timestamp(moment).to_pydatetime(warn=False)
            for model in models:
                scores = []
                for said in (moment, clock):
                    events = [{"kind": "email_open", "at": said}, {"kind": "page_view", "at": dt.datetime(2026, 2, 1), "recorded_at": said}]
                    scores.append(model.score_one(lead | {"created_at": said}, events, as_of=as_of))
                assert scores[0] == scores[1], (text, unit)
    for nothing in (np.datetime64("NaT"), np.datetime64("NaT", "ns")):
        for model in models:
            assert model.score_one(lead | {"created_at": nothing}, as_of=as_of) == model.score_one(lead | {"created_at": None}, as_of=as_of)
            with pytest.raises(ls.DataError, match='event 0 must have "kind" and "at"; .* of which "at" is empty'):
                model.score_one(lead, [{"kind": "email_open", "at": nothing}], as_of=as_of)
    # What does not fit in microseconds is not moved by numpy to where it does.
    for far in (np.datetime64("1969-12-31T23:59:59.999999"), np.datetime64("12000-01-01", "us"), np.datetime64("2999-01-01", "D"), np.datetime64(2**62, "h")):
        with pytest.raises(ls.DataError, match='attribute "created_at": '):
            models[0].score_one(lead | {"created_at": far}, as_of=as_of)
        with pytest.raises((ls.DataError, ls.ConfigError), match="^as_of: "):
            models[0].score_one(lead, as_of=far)
    leads = {"lead_id": ["a", "b"], "created_at": np.array(["2026-03-01T00:00:00", "586580-03-18T08:01:49"], "M8[s]")}
    with pytest.raises(ls.DataError, match=r"leads.created_at, row 1, holds 586580-03-18T08:01:49, which is outside 1970 to 2261 by far"):
        models[0].score(leads, made.events, as_of=as_of)
    said = []
    none = {name: [] for name in ("lead_id", "at", "kind", "channel", "value", "recorded_at")}
    for moments in (np.array(["2026-03-01T00:00:00", "NaT"], "M8[s]"), [dt.datetime(2026, 3, 1), None]):
        leads = leads | {name: [None, None] for name in models[0].schema.attributes} | {"created_at": moments}
        said.append(list(models[0].score(leads, none, as_of=as_of)["probability"]))
    assert said[0] == said[1] and None not in said[0] and said[0][0] != said[0][1]
    for far in (np.datetime64(2**62, "h"), np.full(len(made.leads), np.datetime64(2**40, "Y")), [np.datetime64(2**62, "m")] * len(made.leads)):
        with pytest.raises(ls.DataError, match="is outside 1970 to 2261, by far"):
            models[0].score(made.leads, made.events, as_of=far)


def test_what_is_no_moment_or_no_word_is_refused_with_its_place(made: Any, models: tuple[ls.Model, ls.Model]) -> None:
    model, lead = models[0], dict(made.leads.iloc[0])
    as_of = dt.datetime(2026, 6, 1, tzinfo=dt.timezone.utc)
    state = model.engagement()
    for number in (1721051803000, 1721051803.5, np.int64(1721051803000), True):
        said = lead | {"created_at": number}
        asks = [model.score_one, model.explain_one, state.score, lambda lead, as_of: model.compare(lead, lead, as_of=(as_of, as_of))]
        for ask in asks:
            with pytest.raises(ls.DataError, match='"created_at" is .*(1721051803|true).*, and must be a moment; give a timestamp'):
                ask(said, as_of=as_of)
    for bad in (5, "soon", b"2026-01-01"):
        with pytest.raises((ls.DataError, ls.ConfigError), match="^as_of: "):
            model.score_one(lead, as_of=bad)
        with pytest.raises((ls.DataError, ls.ConfigError), match=r"^as_of\[1\]: "):
            model.compare(lead, lead, as_of=(as_of, bad))
    for word in (b"email_open", "half \ud800"):
        for field in ("kind", "channel"):
            event = {"kind": "email_open", "at": as_of, "channel": "web"} | {field: word}
            with pytest.raises(ls.DataError, match=f'event 0, "{field}": it must be a word or a number. Got '):
                model.score_one(lead, [event], as_of=as_of)
        with pytest.raises(ls.DataError, match='attribute "lead_id": it must be a word or a number'):
            model.score_one(lead | {"lead_id": word}, as_of=as_of)


def test_a_timestamp_of_pandas_is_the_moment_of_a_datetime(made: Any, models: tuple[ls.Model, ls.Model]) -> None:
    lead = dict(made.leads.iloc[0])
    as_of = dt.datetime(2250, 1, 1, tzinfo=dt.timezone.utc)
    for text in ["1970-01-02", "2026-03-01", "2026-03-29 02:30", "2026-10-25 02:30:00.123456", "2026-01-01 12:00+05:30", "2200-01-01 00:00:00.5"]:
        moment = pd.Timestamp(text)
        for stamp in (moment, moment.as_unit("s"), moment.as_unit("us"), moment.as_unit("ns") + pd.Timedelta(999, "ns")):
            said = [dict.fromkeys(lead) | {"lead_id": "L", "created_at": moment} for moment in (stamp, stamp.to_pydatetime(warn=False))]
            for model in models:
                assert model.score_one(said[0], as_of=as_of) == model.score_one(said[1], as_of=as_of), stamp
    for far in (pd.Timestamp("1969-12-31 23:59:59.999999"), pd.Timestamp("2999-01-01").as_unit("us")):
        with pytest.raises(ls.DataError, match="is outside 1970 to 2261"):
            models[0].score_one(lead | {"created_at": far}, as_of=as_of)
    # Numbers of numpy and pandas' word for nothing, too.
    numbers = {"employees": np.int64(40), "annual_revenue": pd.NA, "list_position": np.float64("nan"), "opt_in": np.bool_(True)}
    plain = {"employees": 40, "annual_revenue": None, "list_position": None, "opt_in": True}
    for model in models:
        assert model.score_one(lead | numbers, as_of=as_of) == model.score_one(lead | plain, as_of=as_of)


def test_a_moment_a_lead_is_read_by_the_clock_of_the_zone_in_every_form(made: Any, models: tuple[ls.Model, ls.Model]) -> None:
    clocks, instants = [clock for clock, _ in CLOCKS], [utc(instant) for _, instant in CLOCKS]
    berlin, plain = models
    leads = made.leads.head(len(CLOCKS))
    naive = [dt.datetime.fromisoformat(clock) for clock in clocks]
    arrays: list[Any] = [clocks, naive, np.array(clocks, "datetime64[us]"), pd.to_datetime(clocks), pd.Series(pd.to_datetime(clocks))]
    with_polars = [pytest.importorskip("polars").Series(naive), pytest.importorskip("pyarrow").array(naive)]
    for form in arrays + with_polars:
        assert list(berlin.score(leads, made.events, as_of=form)["as_of"]) == instants
        assert list(plain.score(leads, made.events, as_of=form)["as_of"]) == [utc(clock + "Z") for clock in clocks]
    for column in (clocks, naive, np.array(clocks, "datetime64[us]")):
        table = leads.assign(moment=column)
        assert list(berlin.score(table, made.events, as_of="moment")["as_of"]) == instants
        assert list(berlin.features(table, made.events, "moment")["as_of"]) == instants
    aware = pd.Series(pd.to_datetime(clocks)).dt.tz_localize("UTC")
    assert list(berlin.score(leads, made.events, as_of=aware)["as_of"]) == [utc(clock + "Z") for clock in clocks]


def test_one_lead_and_its_state_are_asked_by_the_same_clock(models: tuple[ls.Model, ls.Model]) -> None:
    berlin, plain = models
    for model, shift in ((berlin, 1), (plain, 0)):
        lead = dict.fromkeys([model.schema.lead_id, model.schema.created_at, *model.schema.attributes])
        lead["created_at"] = "2026-01-01"
        for clock, instant in CLOCKS:
            expected = utc(instant) if shift else utc(clock + "Z")
            for form in forms(clock)[:-1]:
                assert model.score_one(lead, as_of=form).as_of == expected
                assert model.engagement().score(lead, form).as_of == expected
        # Events and moments alike: what happens at noon is seen at noon, and not a second before.
        noon = [{"at": "2026-07-01T12:00:00", "kind": "demo_request"}]
        seen, unseen = (model.score_one(lead, noon, at).log_odds for at in ("2026-07-01T12:00:00", "2026-07-01T11:59:59"))
        assert seen == model.score_one(lead, noon, f"2026-07-01T1{2 - 2 * shift}:00:00Z").log_odds
        assert unseen == model.score_one(lead, [], "2026-07-01T11:59:59").log_odds
        why = model.compare(lead, lead, events1=noon, as_of=("2026-07-01T11:59:59", np.datetime64("2026-07-01T12:00:00")))
        assert why.as_of[1] == utc(f"2026-07-01T1{2 - 2 * shift}:00:00Z") and why.events == [{"kind": "demo_request", "new": 1, "gone": 0}]
        state = model.engagement()
        state.push(noon[0])
        assert state.score(lead, "2026-07-01T12:00:00").log_odds == seen
        state.advance("2027-07-01T12:00:00")
        assert state.answers_from is not None and state.answers_from <= utc(f"2027-07-01T1{2 - 2 * shift}:00:00Z")


def test_training_and_evaluation_believe_the_history_up_to_the_same_clock(made: Any, models: tuple[ls.Model, ls.Model]) -> None:
    berlin, plain = models
    trained = ls.train(made.leads, made.events, made.outcomes, schema=berlin.schema, algorithm="logistic", as_of="2025-12-31T12:00:00")
    assert trained.card.trained_as_of == int(utc("2025-12-31T11:00:00Z").timestamp() * 1_000_000)
    same = ls.train(made.leads, made.events, made.outcomes, schema=berlin.schema, algorithm="logistic", as_of="2025-12-31T11:00:00Z")
    assert trained == same
    for model, utc_hour in ((berlin, 11), (plain, 12)):
        naive, aware = (model.evaluate(made.leads, made.events, made.outcomes, as_of) for as_of in ("2025-12-31T12:00:00", f"2025-12-31T{utc_hour}:00:00Z"))
        assert naive == aware
        kept = [ls.retrain(model, made.leads, made.events, made.outcomes, as_of=as_of).reason for as_of in ("2025-12-31T12:00:00", f"2025-12-31T{utc_hour}:00:00Z")]
        assert kept[0] == kept[1]
    rows = ls.observations(made.leads, made.events, made.outcomes, schema=berlin.schema, as_of=dt.datetime(2025, 12, 31, 12), snapshots=("0d",))
    assert len(rows) == len(ls.observations(made.leads, made.events, made.outcomes, schema=berlin.schema, as_of="2025-12-31T11:00:00Z", snapshots=("0d",)))
    assert ls.leakage(made.leads, made.events, made.outcomes, schema=berlin.schema, as_of="2025-12-31T12:00:00").leads > 0


@pytest.mark.parametrize("first", [0, 1])
def test_a_column_of_objects_with_and_without_a_zone_is_refused_by_its_row(first: int) -> None:
    """Arrow would give all of them the zone of the first, and the others would be hours off."""
    moments = [dt.datetime(2026, 3, 2, 11), dt.datetime(2026, 3, 2, 14, tzinfo=dt.timezone.utc)]
    events = pd.DataFrame({"lead_id": ["a", "a", "a"], "at": [None, moments[first], moments[1 - first]], "kind": ["visit"] * 3})
    events["at"] = events["at"].astype(object)
    leads = pd.DataFrame({"lead_id": ["a"], "created_at": [dt.datetime(2026, 3, 1)]})
    schema = ls.Schema(lead_id="lead_id", created_at="created_at", events=ls.EventColumns(lead_id="lead_id", at="at", kind="kind"), time_zone="America/New_York")
    with pytest.raises(ls.DataError, match='events.at, row 2, .*some moments have a zone and some have none'):
        ls.leakage(leads, events, schema=schema)


def test_nights_and_hours_of_creation_are_told_by_the_clock_of_the_lead(made: Any) -> None:
    leads = made.leads.copy()
    zones = np.array(["Europe/Berlin", "america/los_angeles", "Asia/Kolkata", "nowhere", None], dtype=object)
    leads["timezone"] = zones[np.arange(len(leads)) % len(zones)]
    schema = ls.Schema.infer(leads, made.events, made.outcomes)
    assert schema.lead_time_zone == "timezone"
    assert isinstance(schema.attributes["timezone"], ls.Categorical)
    schema.time_zone = "Australia/Sydney"
    features = ls.Features(min_category_leads=1)
    model = ls.train(leads, made.events, made.outcomes, schema=schema, features=features, algorithm="logistic")
    as_of = pd.Timestamp("2026-01-01", tz="UTC")
    got = model.features(leads, made.events, as_of=as_of).set_index("lead_id")

    known = {"Europe/Berlin": "Europe/Berlin", "america/los_angeles": "America/Los_Angeles", "Asia/Kolkata": "Asia/Kolkata"}
    own = {lead: known.get(zone, "Australia/Sydney") for lead, zone in zip(leads.lead_id, leads.timezone)}
    events = made.events.assign(at=pd.to_datetime(made.events["at"], utc=True))
    events = events[(events["at"] <= as_of) & (pd.to_datetime(events["recorded_at"], utc=True).fillna(events["at"]) <= as_of)]
    nights, weekends, hours = {}, {}, {}
    for lead, at in events.groupby("lead_id")["at"]:
        local = at.dt.tz_convert(own[lead])
        nights[lead] = ((local.dt.hour >= 22) | (local.dt.hour < 6)).mean()
        weekends[lead] = (local.dt.weekday >= 5).mean()
    for lead, created in zip(leads.lead_id, pd.to_datetime(leads.created_at, utc=True)):
        hours[lead] = created.tz_convert(own[lead]).hour
    told = {"events.night_share": nights, "events.weekend_share": weekends, "created.hour": hours}
    assert set(told) <= set(got.columns)
    for name, values in told.items():
        both = [lead for lead in values if lead in got.index and not pd.isna(got.loc[lead, name])]
        assert len(both) > 500
        np.testing.assert_allclose(got.loc[both, name].to_numpy(), [values[lead] for lead in both], rtol=1e-6, atol=1e-7)

    # One by one, the same bits.
    row = dict(leads.iloc[1])
    its_events = made.events[made.events.lead_id == row["lead_id"]].drop(columns="lead_id").to_dict("records")
    batch = model.score(leads.iloc[[1]], made.events, as_of=as_of)
    assert model.score_one(row, its_events, as_of=as_of).probability == batch.probability.iloc[0]
    state = model.engagement(its_events)
    assert model.score_one(row, as_of=as_of, engagement=state).probability == batch.probability.iloc[0]

    excluded = ls.train(leads, made.events, made.outcomes, schema=schema, exclude=["timezone"], algorithm="logistic")
    assert excluded.schema.lead_time_zone is None
    del schema.attributes["timezone"]
    with pytest.raises(ls.SchemaError, match='lead_time_zone = "timezone" is no categorical attribute'):
        ls.train(leads, made.events, made.outcomes, schema=schema)


def test_a_date_is_in_the_month_and_on_the_day_that_it_names(made: Any) -> None:
    leads = made.leads.copy()
    renewal = pd.Timestamp("2026-02-01") + pd.to_timedelta(np.arange(len(leads)) % 59, unit="D")
    leads["renewal"] = renewal.strftime("%Y-%m-%d")
    schema = ls.Schema.infer(leads, made.events, made.outcomes)
    schema.attributes["renewal"] = ls.Date(future=True)
    for zone in ("Asia/Tokyo", "America/Los_Angeles", None):
        schema.time_zone = zone
        model = ls.train(leads, made.events, made.outcomes, schema=schema, features=ls.Features(families=("counts",)), algorithm="logistic")
        got = model.features(leads, made.events, as_of="2026-06-01")
        assert (got["renewal.month"] == renewal.month).all(), zone
        assert (got["renewal.weekday"] == renewal.day_of_week).all(), zone


def test_a_date_of_birth_is_in_the_month_and_on_the_day_that_it_names(made: Any) -> None:
    leads = made.leads.copy()
    # Clocks were set otherwise then: by the sun until 1883 in New York, by summer time in 1948 in Tokyo.
    born = pd.Timestamp("1880-01-01") + pd.to_timedelta(np.arange(len(leads)) * 26 % 35_000, unit="D")
    leads["born"] = born.strftime("%Y-%m-%d")
    assert born.year.min() == 1880 and born.year.max() > 1970
    schema = ls.Schema.infer(leads, made.events, made.outcomes)
    schema.attributes["born"] = ls.Date()
    for zone in ("Asia/Tokyo", "America/New_York", "Europe/Amsterdam", None):
        schema.time_zone = zone
        model = ls.train(leads, made.events, made.outcomes, schema=schema, features=ls.Features(families=("counts",)), algorithm="logistic")
        got = model.features(leads, made.events, as_of="2026-06-01")
        assert (got["born.month"] == born.month).all(), zone
        assert (got["born.weekday"] == born.day_of_week).all(), zone


def test_words_that_name_no_time_zone_are_told_and_aliases_help(made: Any) -> None:
    leads = made.leads.copy()
    leads["timezone"] = np.array(["UTC+2", " pst", "Asia/Tokyo"], dtype=object)[np.arange(len(leads)) % 3]
    schema = ls.Schema.infer(leads, made.events, made.outcomes)
    (reason,) = [guess[3] for guess in schema.guesses if guess[1] == "timezone"]
    assert "1 of 3 name time zones" in reason

    def notes() -> list[str]:
        model = ls.train(leads, made.events, made.outcomes, schema=schema, algorithm="logistic")
        return [note for note in model.card.notes if note.startswith("timezone: ")]

    (note,) = notes()
    assert '67 % of the leads have a word that names no time zone ("pst", "utc+2"); say by aliases' in note
    schema.attributes["timezone"] = ls.Categorical(aliases={"UTC+2": "Europe/Helsinki", "PST": "America/Los_Angeles"})
    assert notes() == []
