"""Few rows: leadscore as it comes beside a ridge logistic regression, `python benches/peers/run.py small`.

Made tables whose probabilities are known, and draws from the training parts of the real sets (`quality`), of 200 rows of which 20 are won (give or take a fifth in the made ones). The ridge regression is scikit-learn's
`LogisticRegressionCV` on standardised numbers and one-hot categories, missing numbers at their mean, or with an indicator for them as well. Per kind of table the mean log loss of ridge
on rows it was not trained on, and of every other contender what it has more, with the standard error over the draws; then the same beside ridge with indicators. Draws from a real set share
most of the rows they are judged on, so that what is peculiar to these is not in its standard errors.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contenders import OURS, Task, machine, names, ridge, table
from data import REAL_SETS, real_sets

TEST_ROWS = 20_000


@dataclass(frozen=True)
class Draw:
    """A small table, and what the rows to predict will do: probabilities where they are known, outcomes elsewhere."""

    task: Task
    truth: np.ndarray


def _linear(random: np.random.Generator, rows: int, width: int, effects: list[float]) -> tuple[np.ndarray, np.ndarray]:
    x = random.standard_normal((rows, width))
    return x, x[:, : len(effects)] @ np.array(effects)


MANY, STRONG = [0.7, -0.6, 0.5, -0.4, 0.3, 0.3, -0.3, 0.2], [1.2, -1.0, 0.9, -0.8, 0.7]
"""Effects of standardised columns on the log-odds."""


def linear(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    return _linear(random, rows, 20, MANY)


def strong(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    return _linear(random, rows, 20, STRONG)


def wide(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    return _linear(random, rows, 60, MANY)


def noise(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    return _linear(random, rows, 20, [0.0])


def bends(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    x, _ = _linear(random, rows, 12, [0.0])
    return x, 0.8 * x[:, 0] + 0.7 * np.abs(x[:, 1]) - 0.9 * (x[:, 2] > 0.5) + 0.8 * np.sin(2 * x[:, 3])


def products(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    x, _ = _linear(random, rows, 12, [0.0])
    return x, 0.8 * x[:, 0] + 0.9 * x[:, 0] * x[:, 1] - 0.7 * x[:, 2] * x[:, 3]


def heavy_tails(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    x, log_odds = _linear(random, rows, 20, STRONG)
    return np.exp(1.5 * x), log_odds


def zeros_and_ones(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    x = (random.random((rows, 20)) < np.linspace(0.1, 0.6, 20)).astype(float)
    return x, x[:, :6] @ np.array([1.2, -1.0, 0.8, -0.8, 0.6, 0.6])


def missing_at_random(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """A fifth of the values is missing, whatever they are and whatever comes of it."""
    x, log_odds = linear(random, rows)
    return np.where(random.random(x.shape) < 0.2, np.nan, x), log_odds


def strong_missing_at_random(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    x, log_odds = strong(random, rows)
    return np.where(random.random(x.shape) < 0.2, np.nan, x), log_odds


def missing_tells(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """A fifth of the values is missing, and of three columns that says something."""
    x, log_odds = linear(random, rows)
    gone = random.random(x.shape) < 0.2
    return np.where(gone, np.nan, x), log_odds + gone[:, :3] @ np.array([1.5, -1.2, 1.0])


def never_happened(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """As of engagement: four columns at a time are missing where a lead has none of it, and then it is less likely won."""
    x, log_odds = linear(random, rows)
    never = random.random((rows, 4)) < np.array([0.3, 0.5, 0.6, 0.8])
    x[:, :16] = np.where(np.repeat(never, 4, axis=1), np.nan, x[:, :16])
    return x, log_odds - never @ np.array([1.0, 0.8, 0.6, 1.2])


def large_values_missing(random: np.random.Generator, rows: int) -> tuple[np.ndarray, np.ndarray]:
    x, log_odds = strong(random, rows)
    return np.where(x > random.normal(1.0, 0.3, x.shape), np.nan, x), log_odds


KINDS: dict[str, Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]] = {
    kind.__name__.replace("_", " "): kind
    for kind in (
        linear,
        strong,
        wide,
        noise,
        bends,
        products,
        heavy_tails,
        zeros_and_ones,
        missing_at_random,
        strong_missing_at_random,
        missing_tells,
        never_happened,
        large_values_missing,
    )
}


def _with_rate(log_odds: np.ndarray, rate: float) -> np.ndarray:
    """Probabilities of the log-odds, moved so that so many rows are won on average."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.mean(1 / (1 + np.exp(-log_odds - middle))) < rate else (low, middle)
    return 1 / (1 + np.exp(-log_odds - low))


def made(kind: str, rows: int, won: int, seed: int, threads: int) -> Draw:
    """A draw of a made table; outcomes are drawn until so many rows are won, give or take a fifth."""
    random = np.random.default_rng([seed, list(KINDS).index(kind)])
    x, log_odds = KINDS[kind](random, rows + TEST_ROWS)
    probability = _with_rate(log_odds, won / rows)
    while True:
        outcome = (random.random(rows) < probability[:rows]).astype(int)
        if abs(outcome.sum() - won) <= won / 5:
            break
    columns = pd.DataFrame(x, columns=[f"x{i}" for i in range(x.shape[1])])
    return Draw(Task(columns.iloc[:rows], outcome, columns.iloc[rows:], threads), probability[rows:])


def real(names: list[str], rows: int, won: int, draws: int, threads: int) -> Iterator[tuple[str, list[Draw]]]:
    """Draws from the rows that the first split of each real set trains on: exactly so many won ones."""
    for found in real_sets(names, 1):
        part = found.splits[0].train
        columns, outcome = found.features.iloc[part].reset_index(drop=True), found.won[part]
        drawn = []
        for seed in range(draws):
            random = np.random.default_rng(seed)
            taken = np.concatenate([random.permutation(np.flatnonzero(outcome == which))[:count] for which, count in ((1, won), (0, rows - won))])
            taken = random.permutation(taken)
            # The others are judged at the rate that was trained on, which is what was drawn.
            rest = np.setdiff1d(np.arange(len(outcome)), taken)
            lost = rest[outcome[rest] == 0]
            wins = rest[outcome[rest] == 1]
            keep = min(len(wins), int(len(lost) * won / (rows - won)), TEST_ROWS * won // rows)
            if len(taken) < rows or keep < won:
                print(f"{found.name}: left out, for it has {int(outcome.sum())} won rows of {len(outcome)} to draw from: too few for {won} of {rows} and as many to be judged on", flush=True)
                break
            test = np.concatenate([random.permutation(wins)[:keep], random.permutation(lost)[: keep * (rows - won) // won]])
            task = Task(columns.iloc[taken].reset_index(drop=True), outcome[taken], columns.iloc[test].reset_index(drop=True), threads)
            drawn.append(Draw(task, outcome[test].astype(float)))
        if len(drawn) == draws:
            yield found.name, drawn


def log_loss(draw: Draw, probability: np.ndarray) -> float:
    """Expected where the truth is known."""
    p = np.clip(np.asarray(probability, dtype=float), 1e-7, 1 - 1e-7)
    return float(-np.mean(draw.truth * np.log(p) + (1 - draw.truth) * np.log(1 - p)))


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="small", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", type=names, default=",".join(KINDS), help="comma-separated made tables (default: all); '' for none")
    parser.add_argument("--sets", type=names, default=",".join(REAL_SETS), help="comma-separated real sets (default: all); '' for none")
    parser.add_argument("--ours", type=names, default="LogisticClassifier,BoostingClassifier,leadscore auto", help=f"comma-separated, of: {', '.join(OURS)}")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--won", type=int, default=20)
    parser.add_argument("--draws", type=int, default=16)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args(arguments)
    kinds, sets, ours = asked.kinds, asked.sets, asked.ours
    for given, known, what in ((kinds, KINDS, "made table"), (sets, REAL_SETS, "real set"), (ours, OURS, "contender")):
        for name in given:
            if name not in known:
                parser.error(f"there is no {what} {name!r}; there are {', '.join(known)}")
    if not kinds and not sets:
        parser.error("name a made table or a real set")
    if not 5 <= asked.won <= asked.rows - 5:
        parser.error("at least 5 of the rows must be won and 5 lost, one for each fold of ridge")
    if asked.draws < 1 or asked.threads < 1:
        parser.error("--draws and --threads are whole numbers of at least 1")
    warnings.simplefilter("ignore")
    print(machine(asked.threads), flush=True)
    print(f"\n{asked.rows} rows, {asked.won} won, {asked.draws} draws; log loss of ridge, and what the others have more (standard error)\n")
    contenders = {"ridge": ridge, "ridge with indicators": lambda task: ridge(task, indicators=True)} | {name: OURS[name] for name in ours}
    tables: dict[str, list[list[str]]] = {"ridge": [], "ridge with indicators": []}
    means: dict[str, list[list[float]]] = {beside: [] for beside in tables}
    for kind, draws in _all_draws(kinds, sets, asked):
        found = {name: np.array([log_loss(draw, contender(draw.task)) for draw in draws]) for name, contender in contenders.items()}
        for beside, lines in tables.items():
            more = [losses - found[beside] for name, losses in found.items() if name != beside]
            means[beside].append([each.mean() for each in more])
            lines.append([kind, f"{found[beside].mean():.4f}", *(f"{each.mean():+.4f} ({_error(each):.4f})" for each in more)])
        print(f"{kind}: done", flush=True)
    for beside, lines in tables.items():
        if not lines:
            break
        lines.append(["mean", "", *(f"{each:+.4f}" for each in np.mean(means[beside], axis=0))])
        print("\n" + table(["", beside, *(name for name in contenders if name != beside)], lines), flush=True)


def _all_draws(kinds: list[str], sets: list[str], asked: argparse.Namespace) -> Iterator[tuple[str, list[Draw]]]:
    for kind in kinds:
        yield kind, [made(kind, asked.rows, asked.won, seed, asked.threads) for seed in range(asked.draws)]
    yield from real(sets, asked.rows, asked.won, asked.draws, asked.threads)


def _error(differences: np.ndarray) -> float:
    """The standard error of their mean."""
    return float(differences.std(ddof=1) / np.sqrt(len(differences))) if len(differences) > 1 else float("nan")
