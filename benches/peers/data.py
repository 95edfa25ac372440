"""The data that every contender gets: one made set of any size, and the real sets with their leaks removed.

The real sets are public (X Education on Kaggle; UCI 222, Moro, Cortez, Rita 2014; CoIL Challenge 2000, UCI 125; BPI Challenge 2012, van Dongen). They are looked for
under `LEADSCORE_REAL_DATA`, by default `../shared/data` beside the checkout; a set that is not there is said to be absent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

LEVELS = (8, 8, 12, 20, 30, 50, 100, 200, 500, 1000)


def made(rows: int, seed: int, numeric: int = 40, dtype: str = "float64") -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Leads whose probability is known: features, outcomes, probabilities; about 9 % are won.

    Numeric columns, the first ten with 20 % missing, ten of them log-normal, ten counts; ten categorical columns of 8 to 1,000 levels whose frequencies follow a
    power law. The order of draws is part of the definition: figures from elsewhere are of the same distribution, and with `numeric=40` of the same rows.
    """
    random = np.random.default_rng(seed)
    numbers = random.standard_normal((rows, numeric)).astype(dtype, copy=False)
    numbers[:, 10:20] = np.exp(numbers[:, 10:20])
    numbers[:, 20:30] = np.floor(np.abs(numbers[:, 20:30]) * 5)
    codes = [np.minimum((random.pareto(1.0, rows) * levels / 20).astype(int), levels - 1) for levels in LEVELS]
    effects_of = np.random.default_rng(99)
    log_odds = (
        -4.2
        + 0.8 * numbers[:, 0]
        - 0.6 * numbers[:, 1]
        + 0.7 * numbers[:, 2] * numbers[:, 3]
        + 0.5 * np.log1p(numbers[:, 10])
        + 0.15 * numbers[:, 20]
        - 0.4 * (numbers[:, 4] > 1)
        + 0.6 * np.sin(2 * numbers[:, 5])
    )
    for levels, code in zip(LEVELS, codes):
        log_odds = log_odds + (effects_of.standard_normal(levels) * 0.5)[code]
    probability = 1 / (1 + np.exp(-log_odds))
    won = (random.random(rows) < probability).astype(np.int8)
    for column in range(10):
        numbers[random.random(rows) < 0.2, column] = np.nan
    table = pd.DataFrame(numbers, columns=[f"n{i}" for i in range(numeric)], copy=False)
    for i, (levels, code) in enumerate(zip(LEVELS, codes)):
        table[f"c{i}"] = pd.Categorical.from_codes(code, [f"v{level}" for level in range(levels)])
    return table, won, probability


@dataclass(frozen=True)
class Split:
    """One way of telling training rows from test rows."""

    name: str
    train: np.ndarray
    test: np.ndarray
    ordered: bool
    """Whether training rows are in order of time, oldest first."""


@dataclass(frozen=True)
class RealSet:
    """A real set, leaks removed, words as `str`; rows are in order of time where there is one."""

    name: str
    features: pd.DataFrame
    won: np.ndarray
    splits: tuple[Split, ...]


def real_data() -> Path:
    """Where the real sets are looked for."""
    return Path(os.environ.get("LEADSCORE_REAL_DATA", Path(__file__).resolve().parents[2].parent / "shared" / "data"))


def real_sets(names: list[str], seeds: int) -> Iterator[RealSet]:
    """Those of the sets that are there; says which are not."""
    for name in names:
        try:
            yield REAL_SETS[name](real_data(), seeds)
        except FileNotFoundError as absent:
            print(f"{name}: absent ({absent.filename}); LEADSCORE_REAL_DATA says where the real sets are", flush=True)


def _newest(rows: int, share: float = 0.25) -> Split:
    cut = int(rows * (1 - share))
    return Split(f"newest {share:.0%}", np.arange(cut), np.arange(cut, rows), True)


def _random(rows: int, seeds: int, share: float = 0.25) -> list[Split]:
    splits = []
    for seed in range(seeds):
        order = np.random.default_rng(seed).permutation(rows)
        cut = int(rows * (1 - share))
        splits.append(Split(f"random {share:.0%} #{seed}", order[:cut], order[cut:], False))
    return splits


def _folds(won: np.ndarray, seeds: int, folds: int = 5) -> list[Split]:
    from sklearn.model_selection import StratifiedKFold

    splits = []
    for seed in range(seeds):
        split = StratifiedKFold(folds, shuffle=True, random_state=seed).split(np.zeros(len(won)), won)
        splits += [Split(f"{folds} folds #{seed}, {fold + 1}", train, test, False) for fold, (train, test) in enumerate(split)]
    return splits


def _words(table: pd.DataFrame) -> pd.DataFrame:
    """Columns of words as Python's, so that every library reads the same."""
    table = table.reset_index(drop=True)
    for name in table.columns:
        if not pd.api.types.is_numeric_dtype(table[name]):
            table[name] = table[name].astype(object).where(table[name].notna(), None)
    return table


def x_education(folder: Path, seeds: int) -> RealSet:
    """Filled in by sales or at extraction: nine columns. "Select" means that the visitor chose nothing."""
    leads = pd.read_csv(folder / "x-education/leads.csv.gz").sort_values("Lead Number", kind="stable")
    leaks = ["Tags", "Lead Quality", "Lead Profile", "Last Activity", "Last Notable Activity"]
    leaks += [f"Asymmetrique {what}" for what in ("Activity Index", "Profile Index", "Activity Score", "Profile Score")]
    features = leads.drop(columns=[*leaks, "Lead Number", "Prospect ID", "Converted"]).replace("Select", None)
    won = leads["Converted"].to_numpy()
    return RealSet("x-education", _words(features), won, (_newest(len(won)), *_random(len(won), seeds)))


def bank_marketing(folder: Path, seeds: int) -> RealSet:
    """The duration of the call that decided is left out; `pdays` 999 means never contacted before."""
    leads = pd.read_csv(folder / "bank-marketing/bank-additional-full.csv.gz", sep=";")
    features = leads.drop(columns=["duration", "y"])
    features["pdays"] = features["pdays"].where(features["pdays"] != 999).astype(float)
    won = (leads["y"] == "yes").to_numpy().astype(int)
    return RealSet("bank-marketing", _words(features), won, (_newest(len(won)), *_random(len(won), seeds)))


def coil2000(folder: Path, seeds: int) -> RealSet:
    """Columns 1 and 5 are codes of customer types."""
    leads = pd.read_csv(folder / "coil2000/ticdata2000.txt.gz", sep="\t", header=None)
    features = leads.iloc[:, :85].copy()
    features.columns = [f"c{i + 1}" for i in range(85)]
    for code in ("c1", "c5"):
        features[code] = "type " + features[code].astype(str)
    won = leads.iloc[:, 85].to_numpy()
    return RealSet("coil2000", _words(features), won, tuple(_folds(won, seeds)))


def bpic2012(folder: Path, seeds: int) -> RealSet:
    """Loan applications a day after their first event, those still undecided then; known are the amount and what happened in that day."""
    log = pd.read_csv(folder / "bpic2012/events.csv.gz", dtype={"case_id": str, "resource": str})
    log["at"] = pd.to_datetime(log["timestamp"], utc=True, format="ISO8601")
    log = log.sort_values(["case_id", "at"], kind="stable")
    won = {"A_APPROVED", "A_REGISTERED", "A_ACTIVATED"}
    decided = log[log["activity"].isin(won | {"A_DECLINED", "A_CANCELLED"})].groupby("case_id").agg(at=("at", "first"), activity=("activity", "first"))
    first = log.groupby("case_id")["at"].first()
    cases = decided[decided["at"] > first.reindex(decided.index) + pd.Timedelta("1D")]
    seen = log[log["case_id"].isin(cases.index) & (log["at"] <= log["case_id"].map(first) + pd.Timedelta("1D"))].copy()
    seen["kind"] = seen["activity"] + "." + seen["lifecycle"]
    by_case = seen.groupby("case_id")
    features = pd.crosstab(seen["case_id"], seen["kind"])
    features["amount_req"] = by_case["amount_req"].first()
    features["hour"] = by_case["at"].first().dt.hour
    features["weekday"] = by_case["at"].first().dt.day_name()
    features["hours_to_last"] = (by_case["at"].last() - by_case["at"].first()).dt.total_seconds() / 3600
    for column in ("kind", "resource"):
        features[f"last_{column}"] = by_case[column].last()
    features["n_resources"] = by_case["resource"].nunique()
    features = features.loc[first.reindex(features.index).sort_values(kind="stable").index]
    labels = decided["activity"].reindex(features.index).isin(won).to_numpy().astype(int)
    return RealSet("bpic2012", _words(features), labels, (_newest(len(labels)), *_random(len(labels), seeds)))


REAL_SETS: dict[str, Callable[[Path, int], RealSet]] = {"x-education": x_education, "bank-marketing": bank_marketing, "coil2000": coil2000, "bpic2012": bpic2012}
