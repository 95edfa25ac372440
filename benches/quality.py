"""What leadscore reaches on real data: `python benches/quality.py [--data ../shared/data] [--seeds 5]`.

Four sets, each split as it would be used; every choice is made inside the training part. Needs pandas and scikit-learn beside leadscore;
scikit-learn's metrics judge, not ours. The sets are public (X Education on Kaggle; UCI 222, Moro, Cortez, Rita 2014; BPI Challenge 2012,
van Dongen); a set that is not there is reported as absent.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

import leadscore as ls

X_EDUCATION_LEAKS = [
    "Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity",
    "Asymmetrique Activity Index", "Asymmetrique Profile Index", "Asymmetrique Activity Score", "Asymmetrique Profile Score",
]
WON = {"A_APPROVED", "A_REGISTERED", "A_ACTIVATED"}
LOST = {"A_DECLINED", "A_CANCELLED"}


def report(name: str, won, probability, target: str, seconds: float) -> None:
    p = np.clip(np.asarray(probability, dtype=float), 1e-15, 1 - 1e-15)
    print(f"{name:<44} n {len(won):>6}  AUC {roc_auc_score(won, p):.4f}  log loss {log_loss(won, p):.4f}  ({target})  {seconds:.1f} s", flush=True)


def x_education(data: Path, algorithm: str) -> None:
    leads = pd.read_csv(data / "x-education/leads.csv.gz").sort_values("Lead Number", kind="stable")
    cut = int(len(leads) * 0.75)
    train, test = leads.iloc[:cut], leads.iloc[cut:]
    start = time.perf_counter()
    model = ls.train(train, label="Converted", exclude=[*X_EDUCATION_LEAKS, "Lead Number", "Prospect ID"], ordered=True, algorithm=algorithm)
    seconds = time.perf_counter() - start
    scores = model.score(test)
    report(f"x-education, newest 25 % [{model.card.algorithm}]", test["Converted"], scores["probability"], "AUC >= 0.883, log loss <= 0.416", seconds)


def bank_marketing(data: Path, algorithm: str, seeds: int) -> None:
    leads = pd.read_csv(data / "bank-marketing/bank-additional-full.csv.gz", sep=";")
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(len(leads))
        cut = int(len(leads) * 0.75)
        train, test = leads.iloc[order[:cut]], leads.iloc[order[cut:]]
        start = time.perf_counter()
        model = ls.train(train, label="y", exclude=["duration"], algorithm=algorithm)
        seconds = time.perf_counter() - start
        scores = model.score(test)
        report(f"bank-marketing, random 25 %, seed {seed} [{model.card.algorithm}]", test["y"] == "yes", scores["probability"], "AUC >= 0.795, log loss <= 0.270", seconds)


def bpic2012_tables(data: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The event log as leads, events and outcomes. A case is closed by its first terminal activity, and nothing at or after that is an event."""
    log = pd.read_csv(data / "bpic2012/events.csv.gz", dtype={"case_id": str, "resource": str})
    log["timestamp"] = pd.to_datetime(log["timestamp"], utc=True, format="ISO8601")
    leads = log.groupby("case_id", sort=False).agg(created_at=("timestamp", "min"), amount_req=("amount_req", "first")).reset_index()
    terminal = log[log["activity"].isin(WON | LOST)].sort_values("timestamp", kind="stable").groupby("case_id", as_index=False).first()
    won_cases = set(log.loc[log["activity"].isin(WON), "case_id"])
    outcomes = pd.DataFrame({"case_id": terminal["case_id"], "won": terminal["case_id"].isin(won_cases), "closed_at": terminal["timestamp"]})
    events = log[~log["activity"].isin(WON | LOST)].merge(outcomes[["case_id", "closed_at"]], on="case_id", how="left")
    events = events[events["closed_at"].isna() | (events["timestamp"] < events["closed_at"])]
    events = pd.DataFrame({"case_id": events["case_id"], "at": events["timestamp"], "kind": events["activity"] + " " + events["lifecycle"], "channel": events["resource"]})
    return leads.sort_values("created_at", kind="stable"), events, outcomes


def bpic2012_schema() -> ls.Schema:
    return ls.Schema(
        lead_id="case_id", created_at="created_at", attributes={"amount_req": ls.Numeric()},
        events=ls.EventColumns(lead_id="case_id", at="at", kind="kind", channel="channel"),
        outcomes=ls.OutcomeColumns(lead_id="case_id", won="won", closed_at="closed_at"),
    )


def bpic2012(data: Path, algorithm: str) -> None:
    leads, events, outcomes = bpic2012_tables(data)
    train = leads.iloc[: int(len(leads) * 0.7)]
    test = leads.iloc[len(train) :]
    schema = bpic2012_schema()
    of = lambda table, part: table[table["case_id"].isin(part["case_id"])]  # noqa: E731
    # 99 % of the wins come within 60 days, and every training case is that old by the end of the log: the label is "won at all".
    start = time.perf_counter()
    model = ls.train(
        train, of(events, train), of(outcomes, train), schema=schema, algorithm=algorithm,
        snapshots=("1h", "1d", "7d"), horizon="60d", as_of=events["at"].max(),
    )
    seconds = time.perf_counter() - start
    closed = test.merge(outcomes, on="case_id", how="inner")
    for age in ("1h", "1d", "7d"):
        moment = closed["created_at"] + pd.Timedelta(age.replace("d", "D"))
        open_then = closed[closed["closed_at"] > moment]
        scores = model.score(open_then[["case_id", "created_at", "amount_req"]], of(events, open_then), as_of=(open_then["created_at"] + pd.Timedelta(age.replace("d", "D"))).to_numpy())
        report(f"bpic2012 at {age} [{model.card.algorithm}]", open_then["won"], scores["probability"], "AUC >= 0.68", seconds)


def expected_auc(score, probability) -> float:
    """The AUC of a score when each lead is won with its own probability: the mean over all outcomes that could be drawn, in closed form."""
    order = np.argsort(score, kind="stable")
    won = np.asarray(probability)[order]
    lost = 1 - won
    pairs_ahead = (won * (np.cumsum(lost) - lost)).sum()
    return pairs_ahead / (won.sum() * lost.sum() - (won * lost).sum())


def generated(algorithm: str, n: int) -> None:
    made = ls.datasets.make_leads(n, seed=0)
    start = time.perf_counter()
    model = ls.train(made.leads, made.events, made.outcomes, algorithm=algorithm)
    seconds = time.perf_counter() - start
    truth = made.truth[made.truth["open"]]
    # The newest leads only: their labels were not known to training.
    for snapshot in ("0d", "7d", "30d", "end"):
        rows = truth[(truth["snapshot"] == snapshot) & (truth["as_of"] > "2026-04-02")]
        leads = made.leads.merge(rows[["lead_id", "as_of", "probability"]], on="lead_id")
        ours = model.score(leads.drop(columns="probability"), made.events, as_of="as_of")["probability"]
        reached, best = expected_auc(ours, leads["probability"]), expected_auc(leads["probability"], leads["probability"])
        print(f"generated, {n} leads, at {snapshot:<3} [{model.card.algorithm}] n {len(leads):>6}  AUC {reached:.4f}, true probabilities {best:.4f}, distance {best - reached:.4f}  (<= 0.02)  {seconds:.1f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path(__file__).resolve().parents[2] / "shared/data")
    parser.add_argument("--algorithm", default="auto", choices=["auto", "logistic", "boosting"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--generated", type=int, nargs="*", default=[20_000, 60_000], help="numbers of made leads")
    args = parser.parse_args()
    print(f"leadscore {ls.__version__}")
    for folder, run in {
        "x-education": lambda: x_education(args.data, args.algorithm),
        "bank-marketing": lambda: bank_marketing(args.data, args.algorithm, args.seeds),
        "bpic2012": lambda: bpic2012(args.data, args.algorithm),
    }.items():
        if (args.data / folder).is_dir():
            run()
        else:
            print(f"{folder}: absent from {args.data}")
    for n in args.generated:
        generated(args.algorithm, n)


if __name__ == "__main__":
    main()
