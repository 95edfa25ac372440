"""What `algorithm="auto"` costs beside each of its two models: CPU seconds of trainings on one thread, on made tables.

    python benches/auto_cost.py [--kinds linear,bend] [--rows 500,2000,10000] [--boosting]

CPU time is compared, the least of several, so that other work on the machine matters little.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
import pandas as pd

import leadscore as ls

KINDS = ("linear", "weak interaction", "interaction", "bend", "weak", "noise", "categories", "effects of categories", "wide")
LEVELS = (10, 20, 30, 40)


def made(rows: int, kind: str, seed: int = 0) -> pd.DataFrame:
    """Twelve normal features of which four matter, and what the kind adds; about a sixth of the rows are won."""
    random = np.random.default_rng(seed)
    numbers = random.normal(size=(rows, 12))
    log_odds = -2 + numbers[:, :4] @ np.array([1, 0.7, 0.5, 0.4])
    table = pd.DataFrame(numbers, columns=[f"f{i}" for i in range(12)])
    if kind == "weak interaction":
        log_odds = log_odds + 0.25 * numbers[:, 0] * numbers[:, 4]
    elif kind == "interaction":
        log_odds = log_odds + 0.5 * numbers[:, 0] * numbers[:, 4]
    elif kind == "bend":
        log_odds = -2.3 + 0.8 * numbers[:, 0] + 0.5 * numbers[:, 1] + 0.25 * np.abs(numbers[:, 2]) + 0.3 * (numbers[:, 3] > 1)
    elif kind == "weak":
        log_odds = -2 + 0.2 * numbers[:, 0] + 0.1 * numbers[:, 1]
    elif kind == "noise":
        log_odds = np.full(rows, -2.0)
    elif kind in ("categories", "effects of categories"):
        for levels in LEVELS:
            codes = random.integers(0, levels, rows)
            table[f"c{levels}"] = np.array([f"v{level}" for level in range(levels)])[codes]
            if kind == "effects of categories":
                log_odds = log_odds + random.normal(0, 0.5, levels)[codes]
    elif kind == "wide":
        more = random.normal(size=(rows, 48))
        table = pd.concat([table, pd.DataFrame(more, columns=[f"e{i}" for i in range(48)])], axis=1)
        log_odds = log_odds + 0.15 * more[:, :8].sum(axis=1)
    table["won"] = (random.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return table


def seconds(table: pd.DataFrame, algorithm: str, times: int) -> tuple[float, ls.Model]:
    """The least CPU time of so many trainings, and the model of the last."""
    least = float("inf")
    for _ in range(times):
        begin = time.process_time()
        model = ls.train(table, label="won", algorithm=algorithm, threads=1)
        least = min(least, time.process_time() - begin)
    return least, model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--rows", default="500,2000,10000")
    parser.add_argument("--boosting", action="store_true", help="time boosting alone, too")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    for kind in asked.kinds.split(","):
        for rows in map(int, asked.rows.split(",")):
            table = made(rows, kind)
            times = 5 if rows <= 1000 else 2 if rows <= 5000 else 1
            logistic, _ = seconds(table, "logistic", times)
            auto, model = seconds(table, "auto", times)
            line = f"{kind:22} {rows:7,} logistic {logistic:.3f} auto {auto:.3f} = {auto / logistic:.1f} times"
            if asked.boosting:
                boosting, _ = seconds(table, "boosting", times)
                line += f", boosting {boosting:.3f}, auto = {auto / boosting:.2f} times"
            compared = ", ".join(f"{name.split(' (')[0]} {loss:.4f}" for name, loss in model.card.candidates)
            print(f"{line}: {model.card.algorithm} of {compared}", flush=True)


if __name__ == "__main__":
    main()
