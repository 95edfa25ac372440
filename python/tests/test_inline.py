"""One lead at a time: states kept event by event, their bytes and errors, and why a score changed."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import threading
import types
from random import Random

import pytest

import leadscore as ls

DAY = dt.timedelta(days=1)
CREATED = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)


@pytest.fixture(scope="module")
def tables():
    return ls.datasets.make_leads(2000, seed=4, frame=None)


@pytest.fixture(scope="module")
def model(tables):
    leads, events, outcomes, _ = tables
    return ls.train(leads, events, outcomes, algorithm=ls.Boosting(n_estimators=40))


@pytest.fixture
def lead(model):
    lead = dict.fromkeys([model.schema.lead_id, model.schema.created_at, *model.schema.attributes])
    return {**lead, "lead_id": "L1", "created_at": CREATED, "employees": 40, "industry": "Retail"}


def event(day: float, kind: str = "demo_request", **fields):
    return {"kind": kind, "at": CREATED + day * DAY, **fields}


def many(n: int = 60):
    return [event(3.1 * i, ["demo_request", "email_open", "Pricing_Page_View"][i % 3], channel=["web", None, "Email"][i % 3], value=i / 8) for i in range(n)]


def test_a_state_scores_as_all_events_do_at_every_step(model, lead):
    state, seen = model.engagement(), []
    for happened in many():
        state.push(happened)
        seen.append(happened)
        as_of = happened["at"] + DAY
        assert state.score(lead, as_of, explain=2) == model.score_one(lead, seen, as_of, explain=2) == model.score_one(lead, engagement=state, as_of=as_of, explain=2)
    assert state.kept_events < 40
    assert state == model.engagement(many()) == model.engagement(list(reversed(many())))
    assert "events kept" in repr(state)


def test_fields_by_name_are_an_event_too(model, lead):
    one, other = model.engagement(), model.engagement()
    one.push({**event(2), "channel": "web", "value": 2, "recorded_at": CREATED + 3 * DAY})
    other.push(at=CREATED + 2 * DAY, kind="demo_request", channel="web", value=2.0, recorded_at="2026-01-04T00:00:00Z")
    assert one == other
    # Not known yet on the second day.
    before, after = one.score(lead, CREATED + 2.5 * DAY), one.score(lead, CREATED + 3 * DAY)
    assert before == model.score_one(lead, [], CREATED + 2.5 * DAY)
    assert after.log_odds != before.log_odds


def test_an_event_before_the_folded_ones_is_too_late_and_changes_nothing(model, lead):
    state = model.engagement(many())
    before = state.to_bytes()
    with pytest.raises(ls.TooLate, match="rebuild") as raised:
        state.push(event(0.5))
    assert isinstance(raised.value, ls.DataError) and isinstance(raised.value, ValueError)
    assert state.to_bytes() == before
    assert state.answers_from > CREATED
    with pytest.raises(ls.DataError, match="answers from"):
        state.score(lead, CREATED + DAY)
    # All events anew, in any order, are no trouble.
    again = model.engagement([*many(), event(0.5)])
    as_of = many()[-1]["at"]
    assert again.score(lead, as_of) == model.score_one(lead, [*many(), event(0.5)], as_of)


FAR = CREATED + 60_000 * DAY


def test_one_event_from_a_wrong_clock_folds_nothing(model, lead):
    state, seen = model.engagement(), []
    for i, happened in enumerate(many()):
        if i == 40:
            for _ in range(2):
                state.push(at=FAR, kind="demo_request")
                seen.append({"at": FAR, "kind": "demo_request"})
        state.push(happened)
        seen.append(happened)
        assert state.score(lead, happened["at"]) == model.score_one(lead, seen, happened["at"])
    assert 0 < state.kept_events < 40
    assert state.score(lead, FAR + DAY) == model.score_one(lead, seen, FAR + DAY)


def test_by_the_clock_no_number_of_wrong_ones_folds_anything(model, lead):
    state, seen = model.engagement(), []
    for happened in many():
        for ahead in ({"at": FAR, "kind": "demo_request"}, {"at": happened["at"], "kind": "demo_request", "recorded_at": FAR}):
            state.push(ahead, now=happened["at"])
            seen.append(ahead)
        state.push(happened, now=happened["at"])
        seen.append(happened)
    as_of = many()[-1]["at"]
    assert state.score(lead, as_of) == model.score_one(lead, seen, as_of) == model.engagement(seen, now=as_of).score(lead, as_of)
    assert state.answers_before is None
    for _ in range(1100):
        state.push(at=FAR, kind="email_open", now=as_of)
    assert state.answers_before == FAR
    assert state.score(lead, as_of) == model.score_one(lead, seen, as_of)
    with pytest.raises(ls.DataError, match="ahead of the clock"):
        state.score(lead, FAR)


def test_an_event_pushed_twice_counts_twice_as_in_a_table(model, lead):
    state = model.engagement()
    state.push(event(1))
    state.push(event(1))
    assert state.score(lead, CREATED + 2 * DAY) == model.score_one(lead, [event(1), event(1)], CREATED + 2 * DAY)


def test_states_pickle_copy_and_travel_as_bytes(model, lead):
    state = model.engagement(many())
    as_of = many()[-1]["at"] + DAY
    for again in (pickle.loads(pickle.dumps(state)), copy.deepcopy(state), ls.Engagement.from_bytes(model, state.to_bytes())):
        assert again == state and again.score(lead, as_of) == state.score(lead, as_of)
        again.push(event(300))
        assert again != state
    assert len(pickle.dumps([state] * 50)) < 2 * len(pickle.dumps(state))
    assert state.model == model and state != 1
    for bad in (b"", b"nothing", state.to_bytes()[:-5]):
        with pytest.raises(ls.DataError, match="not a stored engagement"):
            ls.Engagement.from_bytes(model, bad)


def test_a_flipped_bit_of_a_stored_state_is_an_error_and_never_another_score(model):
    stored = model.engagement(many()).to_bytes()
    random = Random(4)
    for bit in [*range(20 * 8), *(random.randrange(8 * len(stored)) for _ in range(500))]:
        flipped = bytearray(stored)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ls.DataError, match="engagement"):
            ls.Engagement.from_bytes(model, bytes(flipped))
    stored = stored[:-1] + bytes([stored[-1] ^ 1])
    with pytest.raises(ls.DataError, match="damaged: its content does not match its checksum") as raised:
        ls.Engagement.from_bytes(model, stored)
    assert str(raised.value).endswith("rebuild the state from all of the lead's events (model.engagement(events))")


def test_a_state_of_another_plan_is_refused(model, tables):
    leads, events, outcomes, _ = tables
    other = ls.train(leads, events, outcomes, algorithm="logistic", features=ls.Features(windows=("5d",)))
    with pytest.raises(ls.DataError, match="other kinds, windows"):
        ls.Engagement.from_bytes(other, model.engagement(many()).to_bytes())
    with pytest.raises(ls.DataError, match="other kinds, windows"):
        other.score_one(dict.fromkeys([*other.schema.attributes, "lead_id", "created_at"]), engagement=model.engagement())


def test_what_is_no_event_is_refused_by_name(model, lead):
    state = model.engagement()
    for bad, error, says in [
        (lambda: state.push({"kind": None, "at": CREATED}), ls.DataError, ', of which "kind" is empty$'),
        (lambda: state.push({"kind": " ", "at": CREATED}), ls.DataError, ', of which "kind" is empty$'),
        (lambda: state.push({"kind": None, "at": None}), ls.DataError, ', of which "kind" and "at" are empty$'),
        (lambda: state.push({"kind": "call"}), ls.DataError, '^the event must have "kind" and "at"; it has'),
        (lambda: state.push(kind="call"), ls.DataError, r"""^the event must have "kind" and "at"; it has \['kind'\]"""),
        (lambda: state.push(7), TypeError, "dict"),
        (lambda: state.push(at="yesterday", kind="call"), ls.DataError, '^the event, "at": .*ISO 8601'),
        (lambda: state.push(at=CREATED, kind="call", value="much"), ls.DataError, "number"),
        (lambda: state.push(at=CREATED, kind="call", value=1e300), ls.DataError, "32-bit"),
        (lambda: model.score_one(lead, [event(1)], engagement=state), ls.ConfigError, "not both"),
        (lambda: state.push(event(1), at=CREATED), ls.ConfigError, "not both"),
        (lambda: state.push(event(1, chanel="web")), ls.DataError, 'no "channel", but a "chanel".*did you mean "channel"'),
        (lambda: model.score_one(lead, [event(1), event(2, Value=3)]), ls.DataError, 'event 1 has no "value".*did you mean "value"'),
        (lambda: model.engagement([event(1, recordedAt="2026-02-01")]), ls.DataError, 'did you mean "recorded_at"'),
        (lambda: model.score_one(lead, [event(1), ("call", CREATED)]), TypeError, r"event 1 must be a dict. Got tuple \('call'"),
        (lambda: model.score_one(lead, [event(1), None]), TypeError, "event 1 must be a dict. Got NoneType"),
        (lambda: model.score_one(lead, event(1)), TypeError, "a list of dict, one for each event. Got one dict"),
        (lambda: model.score_one(lead, 7), TypeError, "a list of dict, one for each event. Got one int"),
        (lambda: model.score_one(lead, ls.datasets.make_leads(5, frame=None).events), TypeError, "a list of dict, one for each event. Got one Table"),
        (lambda: model.score_one(lead, [event(1, value=10**400)]), ls.DataError, "event 0, the value"),
        (lambda: model.engagement([event(1, value=1e300)]), ls.DataError, '^event 0 \\("demo_request"\\): the value'),
        (lambda: model.score_one(lead, account_events=[event(1), {"at": CREATED}]), ls.DataError, '^account_events: event 1 must have "kind"'),
        (lambda: model.score_one(lead, account_events=event(1)), TypeError, "^account_events must be a list of dict"),
        (lambda: model.compare(lead, lead, events0=[event(1)], events1=[{"kind": "call"}], as_of=(CREATED, CREATED)), ls.DataError, "^events1: event 0 must have"),
    ]:
        with pytest.raises(error, match=says):
            bad()
    assert state == model.engagement()


def test_an_event_may_carry_what_no_model_reads(model, lead):
    plain, rich = [event(1), event(2, channel="web")], [event(1, lead_id="L1", page="/pricing", value=None), {"lead_id": "L1", **event(2, channel="web"), "chanel": "x"}]
    assert model.score_one(lead, rich, CREATED + 3 * DAY) == model.score_one(lead, plain, CREATED + 3 * DAY)
    # Any mapping is as good as a dict.
    assert model.score_one(lead, [types.MappingProxyType(one) for one in plain], CREATED + 3 * DAY) == model.score_one(lead, plain, CREATED + 3 * DAY)


@pytest.mark.parametrize("bad", [-1, -(10**30), 1.5, True, "3", None])
def test_numbers_of_reasons_below_0_are_refused_by_name(model, lead, tables, bad):
    for ask in (
        lambda: model.score(tables.leads, tables.events, explain=bad),
        lambda: model.score_one(lead, explain=bad),
        lambda: model.engagement().score(lead, explain=bad),
        lambda: model.compare(lead, lead, as_of=(CREATED, CREATED), explain=bad),
    ):
        with pytest.raises(ls.ConfigError, match="explain must be a whole number of at least 0. Got") as raised:
            ask()
        assert isinstance(raised.value, ValueError) and str(raised.value).endswith(repr(bad))


def test_a_silent_lead_gives_its_memory_back(model, lead):
    state = model.engagement(many(20))
    later = CREATED + 1000 * DAY
    expected = state.score(lead, later)
    state.advance(later)
    assert state.kept_events == 0 and state.score(lead, later) == expected


def test_threads_may_push_and_score_one_state(model, lead):
    state = model.engagement()

    def work(thread: int) -> None:
        for i in range(50):
            state.push(event(50 + thread + i / 100))
            state.score(lead, CREATED + 60 * DAY)

    threads = [threading.Thread(target=work, args=(t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = [event(50 + t + i / 100) for t in range(4) for i in range(50)]
    assert state == model.engagement(events)


def test_a_value_that_runs_python_may_use_the_state_it_is_scored_with(model, lead):
    state = model.engagement()

    class Number:
        def __float__(self) -> float:
            state.push(event(1))
            return 40.0

    assert state.score({**lead, "employees": Number()}, CREATED + 2 * DAY) == model.score_one(lead, [event(1)], CREATED + 2 * DAY)


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("2026-01-03T04:05:06Z", dt.datetime(2026, 1, 3, 4, 5, 6, tzinfo=dt.timezone.utc)),
        ("2026-01-03T04:05:06.123456+00:00", dt.datetime(2026, 1, 3, 4, 5, 6, 123456)),
        ("2026-01-03 04:05:06.250", dt.datetime(2026, 1, 3, 6, 5, 6, 250000, tzinfo=dt.timezone(dt.timedelta(hours=2)))),
        ("2026-01-03", dt.date(2026, 1, 3)),
        ("2024-02-29T00:00:00Z", dt.datetime(2024, 2, 29)),
        ("2026-01-03T04:05+02:00", dt.datetime(2026, 1, 3, 2, 5)),
    ],
)
def test_moments_in_every_usual_form_are_the_same_moment(model, lead, one, same):
    from leadscore._moments import micros

    lead = {**lead, "created_at": "2020-01-01"}
    assert micros(one) == micros(same)
    assert model.score_one(lead, as_of=one) == model.score_one(lead, as_of=same)
    assert model.score_one(lead, as_of=one).as_of == dt.datetime.fromtimestamp(0, dt.timezone.utc) + dt.timedelta(microseconds=micros(one))


@pytest.mark.parametrize("bad", ["2026-02-30", "2026-13-01", "0000-01-01", "2026-01-03T24:00:61Z", "2026-01-03T04:05:06.1.2Z", "x", "2025-W01-1", "2025W011", "20260103", "2026-003", ""])
def test_what_is_no_moment_is_refused(model, lead, tables, bad):
    with pytest.raises(ls.ConfigError, match="ISO 8601"):
        model.score_one(lead, as_of=bad)
    # And so of events and creations, one lead as a table of them.
    with pytest.raises(ls.DataError, match='"at": .*ISO 8601 as "2026-03-01"' if bad else "must have"):
        model.engagement().push(at=bad or None, kind="call")
    with pytest.raises(ls.DataError, match='attribute "created_at": .*ISO 8601 as "2026-03-01"'):
        model.score_one({**lead, "created_at": bad}, as_of=CREATED)
    if bad:
        with pytest.raises(ls.DataError, match="leads.created_at, row 0.*(ISO 8601|outside 1970)"):
            model.score([{**lead, "created_at": bad}], tables.events, as_of=CREATED)


def test_two_leads_are_not_compared(model, lead):
    with pytest.raises(ls.DataError, match='lead "L1" cannot be compared with lead "L2"'):
        model.compare(lead, {**lead, "lead_id": "L2"}, as_of=(CREATED, CREATED))
    nameless = {**lead, "lead_id": None}
    assert model.compare(nameless, lead, as_of=(CREATED, CREATED)).change == 0
    assert model.compare(lead, nameless, as_of=(CREATED, CREATED)).change == 0


def test_a_comparison_splits_the_change_exactly_in_words(model, lead, tables):
    leads, events, outcomes, _ = tables
    newer = ls.train(leads, events, outcomes, algorithm="logistic")
    t0, t1 = CREATED + 10 * DAY, CREATED + 30 * DAY
    before, after = lead, {**lead, "employees": 4000.5, "industry": None}
    events0 = [event(2), event(9, "email_open", recorded_at=CREATED + 12 * DAY)]
    events1 = [*events0, event(20), event(40)]
    why = newer.compare(before, after, events0=events0, events1=events1, as_of=(t0, t1), previous=model)
    assert why.log_odds == (model.score_one(before, events0, t0).log_odds, newer.score_one(after, events1, t1).log_odds)
    assert list(why.parts) == ["time_passing", "new_events", "changed_attributes", "model_change"]
    assert all(getattr(why, name) == part for name, part in why.parts.items())
    assert abs(sum(part.change for part in why.parts.values()) - why.change) < 1e-9
    # An event that became known late is new, one that has not happened yet is not.
    assert why.events == [{"kind": "demo_request", "new": 1, "gone": 0}, {"kind": "email_open", "new": 1, "gone": 0}]
    assert why.attributes == {"employees": ("40", "4000.5"), "industry": ('"Retail"', "missing")}
    assert why.time_passing.change == model.score_one(before, [event(2)], t1).log_odds - why.log_odds[0]
    assert why.time_passing.text.startswith("20 days passed: ")
    assert why.new_events.text.startswith("new events: 2 (1 demo request, 1 email open): ")
    assert why.model_change.text.startswith(f"model {newer.version} instead of {model.version}: ")
    assert why.model_version == (model.version, newer.version) and why.as_of == (t0, t1) and why.lead_id == "L1"
    for part in why.parts.values():
        assert len(part.concepts) <= 3
        assert all(set(concept) == {"concept", "feature", "before", "after", "change", "text"} for concept in part.concepts)
    everything = newer.compare(before, after, events0=events0, events1=events1, as_of=(t0, t1), previous=model, explain=1000)
    for part in everything.parts.values():
        assert abs(sum(concept["change"] for concept in part.concepts) - part.change) < 1e-9
    text, html = str(why), why._repr_html_()
    assert "20 days passed" in text and "<table>" in html and "20 days passed" in html
    assert why.to_dict()["parts"]["new_events"] == (why.new_events.change, why.new_events.text)
    assert why == newer.compare(before, after, events0=events0, events1=events1, as_of=(t0, t1), previous=model)


def test_events_may_be_given_once_and_moments_must_be_in_order(model, lead):
    t0, t1 = CREATED + 10 * DAY, CREATED + 30 * DAY
    once = model.compare(lead, lead, events1=[event(2), event(20)], as_of=(t0, t1))
    assert once == model.compare(lead, lead, events0=[event(2)], events1=[event(2), event(20)], as_of=(t0, t1))
    assert once.changed_attributes.change == once.model_change.change == 0
    with pytest.raises(ls.DataError, match="order of time"):
        model.compare(lead, lead, as_of=(t1, t0))
    with pytest.raises(ls.SchemaError, match="industry"):
        model.compare({"lead_id": "L1", "created_at": CREATED}, lead, as_of=(t0, t1))
    for bad in ((t0, None), (t0,), (t0, t1, t1), "2026-01-01", t0, None):
        with pytest.raises(ls.ConfigError, match="two moments"):
            model.compare(lead, lead, as_of=bad)
