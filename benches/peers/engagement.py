"""How much the events say, on real data: `python benches/peers/run.py engagement`.

The loan applications of BPI Challenge 2012 (van Dongen), the oldest 70 % to train and the rest to test, observed at an hour, a day and a week after their first event while they are undecided.
leadscore as it comes, one model for all ages and a model for each, against what an expert would write by hand: features in pandas for each age, LightGBM tuned by cross-validation and averaged over
its five folds, one model for each age. scikit-learn's metrics judge; the differences come with 95 % intervals from a paired bootstrap of the test cases (Efron and Tibshirani 1993, section 8.3).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

from contenders import Task, lightgbm_tuned, machine, table, timed
from data import real_data

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from quality import bpic2012_schema, bpic2012_tables  # noqa: E402

AGES = {"1h": pd.Timedelta(hours=1), "1d": pd.Timedelta(days=1), "7d": pd.Timedelta(days=7)}
RESAMPLES = 2000


def undecided(leads: pd.DataFrame, outcomes: pd.DataFrame, age: pd.Timedelta) -> pd.DataFrame:
    """The decided cases that were undecided at an age, with the moment of it."""
    cases = leads.merge(outcomes, on="case_id")
    cases["as_of"] = cases["created_at"] + age
    return cases[cases["closed_at"] > cases["as_of"]].reset_index(drop=True)


def by_hand(cases: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """What an expert makes of the events of each case up to its moment, one row a case."""
    seen = events.merge(cases[["case_id", "created_at", "as_of"]], on="case_id")
    seen = seen[seen["at"] <= seen["as_of"]].sort_values(["case_id", "at"], kind="stable")
    hours = lambda delta: delta.dt.total_seconds() / 3600  # noqa: E731
    seen["since_start"] = hours(seen["at"] - seen["created_at"])
    seen["gap"] = hours(seen.groupby("case_id")["at"].diff())
    of_case = seen.groupby("case_id")
    made = pd.DataFrame(index=pd.Index(cases["case_id"], name="case_id"))
    made["amount"] = cases.set_index("case_id")["amount_req"]
    start = cases.set_index("case_id")["created_at"]
    made["hour"], made["weekday"], made["month"] = start.dt.hour, start.dt.dayofweek, start.dt.month
    made["n_events"], made["n_kinds"], made["n_resources"] = of_case.size(), of_case["kind"].nunique(), of_case["channel"].nunique()
    made["n_days"] = seen.assign(day=seen["at"].dt.floor("D")).groupby("case_id")["day"].nunique()
    made["since_last"] = hours(cases.set_index("case_id")["as_of"] - of_case["at"].max())
    made["last_at"] = of_case["since_start"].max()
    for what in ("mean", "max", "std", "last"):
        made[f"gap_{what}"] = getattr(of_case["gap"], what)()
    for what in ("first", "last"):
        made[f"{what}_kind"], made[f"{what}_resource"] = getattr(of_case["kind"], what)(), getattr(of_case["channel"], what)()
    made["kind_before_last"] = of_case["kind"].nth(-2).groupby(seen["case_id"]).first()
    kinds = pd.crosstab(seen["case_id"], seen["kind"])
    firsts = seen.groupby(["case_id", "kind"])["since_start"].agg(["first", "last"]).unstack()
    made = made.join(kinds.add_prefix("n ")).join(firsts["first"].add_prefix("first at ")).join(firsts["last"].add_prefix("last at "))
    # Work is done between the start and the completion of an activity by one resource.
    working = seen[seen["kind"].str.endswith("START") | seen["kind"].str.endswith("COMPLETE")]
    started = working["kind"].str.endswith("START") & (working["case_id"] == working["case_id"].shift(-1))
    lasted = hours(working["at"].shift(-1) - working["at"]).where(started)
    made["hours_worked"] = lasted.groupby(working["case_id"]).sum()
    counts = [name for name in made if name.startswith("n ")]
    made[counts] = made[counts].fillna(0)
    return made.reset_index(drop=True)


def by_leadscore(
    train: pd.DataFrame, tests: dict[str, pd.DataFrame], events: pd.DataFrame, outcomes: pd.DataFrame, threads: int, ages: list[tuple[str, ...]]
) -> dict[str, np.ndarray]:
    """Probabilities at each age, of a model with the defaults for each of the given sets of ages. 99 % of the wins come within 60 days."""
    import leadscore as ls

    of = lambda rows, cases: rows[rows["case_id"].isin(cases["case_id"])]  # noqa: E731
    columns = ["case_id", "created_at", "amount_req"]
    found = {}
    for together in ages:
        model = ls.train(
            train, of(events, train), of(outcomes, train), schema=bpic2012_schema(), snapshots=together, horizon="60d", as_of=events["at"].max(), threads=threads, progress=False
        )
        for age in together:
            cases = tests[age]
            found[age] = model.score(cases[columns], of(events, cases), as_of=cases["as_of"].to_numpy())["probability"].to_numpy()
    return found


def by_expert(train: pd.DataFrame, test: pd.DataFrame, events: pd.DataFrame, threads: int) -> np.ndarray:
    """Probabilities at one age, of a model for that age."""
    features = by_hand(pd.concat([train, test], ignore_index=True), events)
    words = features.columns[[not pd.api.types.is_numeric_dtype(kind) for kind in features.dtypes]]
    features[words] = features[words].astype(object).where(features[words].notna(), None)
    task = Task(features.iloc[: len(train)], train["won"].to_numpy().astype(int), features.iloc[len(train) :].reset_index(drop=True), threads, True)
    return lightgbm_tuned(task)


def bootstrap(won: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> tuple[str, str]:
    """Ours less theirs in AUC and in log loss, with intervals."""
    measures = (roc_auc_score, log_loss)
    random = np.random.default_rng(0)
    drawn = []
    while len(drawn) < RESAMPLES:
        rows = random.integers(0, len(won), len(won))
        if 0 < won[rows].sum() < len(won):
            drawn.append([measure(won[rows], ours[rows]) - measure(won[rows], theirs[rows]) for measure in measures])
    low, high = np.quantile(drawn, [0.025, 0.975], axis=0)
    return tuple(f"{measure(won, ours) - measure(won, theirs):+.4f} [{low[i]:+.4f}, {high[i]:+.4f}]" for i, measure in enumerate(measures))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="engagement", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--validate", action="store_true", help="the newest 30 %% of the training cases instead of the test cases")
    asked = parser.parse_args(arguments)
    if not (real_data() / "bpic2012").is_dir():
        print(f"bpic2012: absent from {real_data()}; LEADSCORE_REAL_DATA says where the real sets are")
        return
    print(machine(asked.threads), flush=True)
    leads, events, outcomes = bpic2012_tables(real_data())
    if asked.validate:
        leads = leads.iloc[: int(len(leads) * 0.7)]
    train, test = leads.iloc[: int(len(leads) * 0.7)], leads.iloc[int(len(leads) * 0.7) :]
    tests = {age: undecided(test, outcomes, after) for age, after in AGES.items()}
    contenders = {"leadscore, one model": [tuple(tests)], "leadscore, a model for each age": [(age,) for age in tests]}
    ours = {name: timed(lambda ages=ages: by_leadscore(train, tests, events, outcomes, asked.threads, ages)) for name, ages in contenders.items()}
    lines = []
    for age, cases in tests.items():
        won = cases["won"].to_numpy().astype(int)
        theirs, taken = timed(lambda age=age, cases=cases: by_expert(undecided(train, outcomes, AGES[age]), cases, events, asked.threads))
        rows = [(name, probability[age], spent) for name, (probability, spent) in ours.items()]
        for name, probability, spent in [*rows, ("an expert's pandas and LightGBM", theirs, taken)]:
            less = ("", "") if probability is theirs else bootstrap(won, probability, theirs)
            lines.append([age, name, f"{len(won)}", f"{roc_auc_score(won, probability):.4f}", f"{log_loss(won, probability):.4f}", f"{spent:.1f}", *less])
    print(table(["at", "", "cases", "AUC", "log loss", "seconds", "AUC of leadscore less", "log loss of leadscore less"], lines))


if __name__ == "__main__":
    main()
