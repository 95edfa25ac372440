"""Engagement features beside polars, pandas and DuckDB: `python benches/peers/run.py features [--leads 1e5 --events 5e6]`.

The task is that of a notebook: leads, unsorted events, one moment per lead, and out comes a table with a row a lead: per kind of event the count in four windows and
ever, the days since the last, and two decayed counts; sums of values and active days per window; first and last kind. The peers' versions are as an expert writes them.
leadscore's model is pinned to the same features by `ls.Features`, is trained on few of the leads (not timed), and then asked for `model.features`, from the frame that polars
read to a frame of polars. What all share is compared, value by value.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from contenders import machine, names, table

DAY = 86_400_000_000
START = 1_700_000_000_000_000
WINDOWS = (1, 7, 30, 90)
HALF_LIVES = (7, 30)
KINDS = 12


def made(n_leads: int, n_events: int, seed: int = 0) -> tuple[Any, Any]:
    """Leads with a moment each and their events, few leads having many: polars frames in no order."""
    import polars as pl

    random = np.random.default_rng(seed)
    lead = np.minimum((random.pareto(1.2, n_events) * n_leads / 40).astype(np.int64), n_leads - 1)
    lead = random.permutation(n_leads)[lead]
    at = (random.random(n_events) * 365 * DAY).astype(np.int64) + START
    kind = random.integers(0, KINDS, n_events).astype(np.int32)
    value = random.random(n_events).astype(np.float32) * 100
    as_of = ((180 + random.random(n_leads) * 185) * DAY + START).astype(np.int64)
    moments = pl.Datetime("us", "UTC")
    events = pl.DataFrame({"lead_id": lead, "at": pl.Series(at).cast(moments), "kind": kind, "value": value})
    leads = pl.DataFrame({"lead_id": np.arange(n_leads), "created_at": pl.Series(np.full(n_leads, START)).cast(moments), "as_of": pl.Series(as_of).cast(moments)})
    return leads, events


def polars_features(leads: Any, events: Any) -> Any:
    import polars as pl

    micros = [pl.col("at").cast(pl.Int64), pl.col("as_of").cast(pl.Int64)]
    age = pl.col("age")
    joined = (
        events.lazy().join(leads.lazy().select("lead_id", "as_of"), on="lead_id").with_columns(micros)
        .filter(pl.col("at") <= pl.col("as_of")).with_columns(age=(pl.col("as_of") - pl.col("at")) / DAY)
    )
    wanted = []
    for kind in range(KINDS):
        same = pl.col("kind") == kind
        wanted += [(same & (age < days)).sum().alias(f"{kind}.count.{days}d") for days in WINDOWS]
        wanted += [same.sum().alias(f"{kind}.count.ever"), age.filter(same).min().alias(f"{kind}.recency")]
        wanted += [((-age * (np.log(2) / days)).exp() * same).sum().alias(f"{kind}.decayed.{days}d") for days in HALF_LIVES]
    for days in WINDOWS:
        wanted += [pl.col("value").filter(age < days).sum().alias(f"sum.{days}d"), (pl.col("at").filter(age < days) // DAY).n_unique().alias(f"active_days.{days}d")]
    wanted += [pl.col("value").sum().alias("sum.ever"), (pl.col("at") // DAY).n_unique().alias("active_days.ever")]
    wanted += [pl.col("kind").sort_by("at").first().alias("first"), pl.col("kind").sort_by("at").last().alias("last")]
    return leads.lazy().select("lead_id").join(joined.group_by("lead_id").agg(wanted), on="lead_id", how="left").collect()


def duckdb_features(leads: Any, events: Any, threads: int) -> Any:
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads={threads}")
    connection.register("leads", leads.to_arrow())
    connection.register("events", events.to_arrow())
    wanted = []
    for kind in range(KINDS):
        wanted += [f"count(*) FILTER (kind = {kind} AND age < {days}) AS \"{kind}.count.{days}d\"" for days in WINDOWS]
        wanted += [f"count(*) FILTER (kind = {kind}) AS \"{kind}.count.ever\"", f"min(age) FILTER (kind = {kind}) AS \"{kind}.recency\""]
        wanted += [f"sum(exp(-age * {np.log(2) / days})) FILTER (kind = {kind}) AS \"{kind}.decayed.{days}d\"" for days in HALF_LIVES]
    for days in (*WINDOWS, 36500):
        wanted += [f"sum(value) FILTER (age < {days}) AS \"sum.{days}d\"", f"count(DISTINCT epoch_us(\"at\") // {DAY}) FILTER (age < {days}) AS \"active_days.{days}d\""]
    wanted += ["arg_min(kind, \"at\") AS first", "arg_max(kind, \"at\") AS last"]
    return connection.sql(
        f"SELECT l.lead_id, g.* EXCLUDE lead_id FROM leads l LEFT JOIN (SELECT lead_id, {', '.join(wanted)} FROM "
        f"(SELECT e.*, (epoch_us(l.as_of) - epoch_us(e.\"at\")) / {DAY} AS age FROM events e JOIN leads l USING (lead_id) WHERE e.\"at\" <= l.as_of) "
        f"GROUP BY lead_id) g USING (lead_id)"
    ).pl()


def pandas_features(leads: Any, events: Any) -> Any:
    import pandas as pd

    joined = events.to_pandas().merge(leads.to_pandas()[["lead_id", "as_of"]], on="lead_id")
    joined = joined[joined["at"] <= joined["as_of"]]
    joined["age"] = (joined["as_of"] - joined["at"]).dt.total_seconds() / 86_400
    joined["day"] = joined["at"].dt.floor("D")
    parts = []
    for days in (*WINDOWS, 36500):
        recent = joined[joined["age"] < days]
        parts += [recent.groupby(["lead_id", "kind"]).size().unstack(fill_value=0), recent.groupby("lead_id")["value"].sum(), recent.groupby("lead_id")["day"].nunique()]
    parts.append(joined.groupby(["lead_id", "kind"])["age"].min().unstack())
    for days in HALF_LIVES:
        joined["weight"] = np.exp(-joined["age"] * np.log(2) / days)
        parts.append(joined.groupby(["lead_id", "kind"])["weight"].sum().unstack(fill_value=0))
    joined = joined.sort_values("at")
    parts += [joined.groupby("lead_id")["kind"].first(), joined.groupby("lead_id")["kind"].last()]
    return pd.DataFrame(index=leads["lead_id"].to_numpy()).join(pd.concat(parts, axis=1))


def pinned(leads: Any, events: Any, n: int = 5_000) -> Any:
    """A model that reads the features of the task, trained on the first leads."""
    import leadscore as ls
    import polars as pl

    n = min(n, len(leads))
    some = leads.head(n)
    few = events.filter(pl.col("lead_id") < n)
    random = np.random.default_rng(1)
    closed = pl.Series(START + ((190 + random.random(n) * 80) * DAY).astype(np.int64)).cast(pl.Datetime("us", "UTC"))
    outcomes = pl.DataFrame({"lead_id": some["lead_id"], "won": random.random(n) < 0.4, "closed_at": closed})
    schema = ls.Schema(
        lead_id="lead_id", created_at="created_at", events=ls.EventColumns(lead_id="lead_id", at="at", kind="kind", value="value"),
        outcomes=ls.OutcomeColumns(lead_id="lead_id", won="won", closed_at="closed_at"),
    )
    features = ls.Features(
        windows=[f"{days}d" for days in WINDOWS], half_lives=[f"{days}d" for days in HALF_LIVES],
        families=("active_days", "sums", "edges"), kind_families=("counts", "recency", "decays"),
    )
    return ls.train(some, few, outcomes, schema=schema, features=features, snapshots=("180d",), horizon="90d", as_of="2024-11-01", algorithm="logistic")


def disagreement(ours: Any, theirs: Any) -> tuple[int, float]:
    """How many columns both have, and the largest difference in them, relative to 1 or to the value where that is greater."""
    import polars as pl

    theirs = theirs.sort("lead_id")
    n, worst = 0, 0.0
    for name in theirs.columns:
        column = name if "." in name and not name.startswith(("sum", "active")) else f"events.{name}"
        column = {"first": "events.first_kind", "last": "events.last_kind"}.get(name, column)
        if column not in ours.columns:
            continue
        n += 1
        mine, other = ours[column], theirs[name]
        if mine.dtype == pl.String:
            worst = max(worst, float((mine.fill_null("-") != other.cast(pl.String).fill_null("-")).any()))
            continue
        mine, other = mine.cast(pl.Float64), other.cast(pl.Float64)
        if "recency" not in name:
            mine, other = mine.fill_null(0.0), other.fill_null(0.0)
        if (mine.is_null() != other.is_null()).any():
            return n, float("inf")
        scale = other.abs().fill_null(0.0).to_numpy().clip(1.0)
        worst = max(worst, float((np.abs((mine - other).fill_null(0.0).to_numpy()) / scale).max()))
    return n, worst


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="features", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--leads", type=float, default=1e5)
    parser.add_argument("--events", type=float, default=5e6)
    parser.add_argument("--peers", type=names, default="polars,duckdb,pandas", help="comma-separated, of: polars, duckdb, pandas")
    parser.add_argument("--times", type=int, default=3, help="the fastest of so many runs counts")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args(arguments)
    print(machine(asked.threads), flush=True)
    leads, events = made(int(asked.leads), int(asked.events))
    model = pinned(leads, events)
    tasks: dict[str, Callable[[], Any]] = {"leadscore": lambda: model.features(leads, events, as_of="as_of")}
    peers = {"polars": lambda: polars_features(leads, events), "duckdb": lambda: duckdb_features(leads, events, asked.threads), "pandas": lambda: pandas_features(leads, events)}
    tasks.update({name: peers[name] for name in asked.peers})
    seconds: dict[str, float] = {}
    results: dict[str, Any] = {}
    # Turn by turn, so that a busy minute of the machine falls on all.
    for turn in range(asked.times):
        for name, task in tasks.items():
            if name == "pandas" and turn > 0:
                continue
            begin = time.perf_counter()
            results[name] = task()
            seconds[name] = min(seconds.get(name, float("inf")), time.perf_counter() - begin)
    lines = [
        [name, f"{seconds[name]:.3f}", f"{asked.events / seconds[name] / 1e6:.1f}", f"{seconds[name] / seconds['leadscore']:.2f}", str(results[name].shape[1])]
        for name in tasks
    ]
    print(table([f"{asked.leads:.0f} leads, {asked.events:.0f} events", "s", "M events/s", "x leadscore", "columns"], lines))
    if "polars" in results:
        n, worst = disagreement(results["leadscore"], results["polars"])
        print(f"{n} columns in common with polars; the largest difference is {worst:.1e}")


if __name__ == "__main__":
    main()
