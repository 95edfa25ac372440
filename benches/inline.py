"""One lead through Python, inline: medians and 99th percentiles, on a model of both kinds with all default features.

``python benches/inline.py [--times 20000] [--leads 20000]``: of up to 50,000 snapshots, some 17,000 of these leads, several models are averaged.
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import time

import leadscore as ls

try:
    import pandas
except ImportError:
    pandas = None


def measure(name: str, call, times: int) -> None:
    """States the median and the 99th percentile of a call, in microseconds."""
    for _ in range(200):
        call()
    taken = []
    clock = time.perf_counter_ns
    for _ in range(times):
        start = clock()
        call()
        taken.append(clock() - start)
    taken.sort()
    print(f"{name:55} median {taken[times // 2] / 1000:7.2f} us   99 % within {taken[times * 99 // 100] / 1000:7.2f} us   least {taken[0] / 1000:7.2f} us")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20_000)
    parser.add_argument("--leads", type=int, default=20_000, help="how many leads the models are trained on")
    asked = parser.parse_args()
    times = asked.times

    leads, events, outcomes, _ = ls.datasets.make_leads(asked.leads, seed=1, frame=None)
    for algorithm in ("auto", "logistic", "boosting"):
        model = ls.train(leads, events, outcomes, algorithm=algorithm)
        schema = model.schema
        lead = {name: leads[name][3] for name in [schema.lead_id, schema.created_at, *schema.attributes] if name}
        created = dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc)
        lead[schema.created_at] = created
        rng = random.Random(1)
        kinds, channels = sorted(set(events[schema.events.kind])), ["web", "email", "phone"]
        happened = [
            {"kind": rng.choice(kinds), "at": created + dt.timedelta(hours=20 * i, seconds=rng.randrange(3600)), "channel": rng.choice(channels), "value": rng.random()}
            for i in range(50)
        ]
        as_of = created + dt.timedelta(days=60)
        written = [{**event, "at": event["at"].isoformat()} for event in happened]
        state = model.engagement(happened)
        one = model.score_one(lead, happened, as_of)
        assert one == model.score_one(lead, written, as_of) == state.score(lead, as_of)
        print(f"\n{algorithm}: {model.card.algorithm}, {len(model.feature_names)} features, 50 events")
        measure("score_one, events as dicts, moments datetime", lambda: model.score_one(lead, happened, as_of), times)
        measure("score_one, events as dicts, moments ISO 8601", lambda: model.score_one(lead, written, as_of), times)
        if pandas:
            stamped = [{**event, "at": pandas.Timestamp(event["at"])} for event in happened]
            measure("score_one, events as dicts, moments of pandas", lambda: model.score_one(lead, stamped, as_of), times)
            row = dict(ls.datasets.make_leads(100, seed=1, frame="pandas")[0].iloc[3]) | {schema.created_at: pandas.Timestamp(created)}
            measure("Engagement.score, lead a row of pandas", lambda: state.score(row, as_of), times)
        measure("score_one through an Engagement", lambda: model.score_one(lead, engagement=state, as_of=as_of), times)
        measure("Engagement.score", lambda: state.score(lead, as_of), times)
        pushed = model.engagement()
        moment = [created]

        def push() -> None:
            moment[0] += dt.timedelta(minutes=15)
            pushed.push(at=moment[0], kind="demo_request", channel="web", value=1.0)

        measure("Engagement.push", push, times)
        measure("score_one without events", lambda: model.score_one(lead, None, as_of), times)


if __name__ == "__main__":
    main()
