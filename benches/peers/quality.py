"""How good the probabilities are, on real data: `python benches/peers/run.py quality`.

leadscore as it comes (`ls.train(..., algorithm="auto")`, no setting by data set) against each peer as it comes and LightGBM tuned and averaged over five folds, on the same
splits. scikit-learn's metrics judge. Per set: mean log loss and AUC over the splits, and the difference of log loss to the best peer with a 95 % interval from a paired
bootstrap of the test rows (Efron and Tibshirani 1993, section 8.3; rows of all splits are drawn together, a row that was tested several times as one).
"""

from __future__ import annotations

import argparse
import base64
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import log_loss, roc_auc_score

from contenders import OURS, PEERS, Task, machine, names, table, timed, version
from data import REAL_SETS, RealSet, Split, real_sets

RESAMPLES = 2000


class Cache:
    """Probabilities and seconds of peers that an earlier run found, by version, set and split."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, Any] = json.loads(path.read_text()) if path is not None and path.exists() else {}

    def get(self, key: str) -> tuple[np.ndarray, float] | None:
        found = self._known.get(key)
        return None if found is None else (np.frombuffer(base64.b64decode(found["p"])), found["seconds"])

    def put(self, key: str, probability: np.ndarray, seconds: float) -> None:
        self._known[key] = {"p": base64.b64encode(probability.astype(float).tobytes()).decode(), "seconds": seconds}
        if self._path is not None:
            partial = self._path.with_suffix(".part")
            partial.write_text(json.dumps(self._known))
            os.replace(partial, self._path)


def evaluate(real: RealSet, split: Split, name: str, threads: int, cache: Cache) -> tuple[np.ndarray, float]:
    """Probabilities of the test rows, and the seconds that training and predicting took."""
    key = "/".join([name, version(name), real.name, split.name, str(len(split.train))])
    found = cache.get(key) if name in PEERS else None
    if found is not None:
        return found
    task = Task(real.features.iloc[split.train].reset_index(drop=True), real.won[split.train], real.features.iloc[split.test].reset_index(drop=True), threads, split.ordered)
    contender = OURS.get(name) or PEERS[name]
    probability, seconds = timed(lambda: contender(task))
    probability = np.clip(np.asarray(probability, dtype=float), 1e-15, 1 - 1e-15)
    if name in PEERS:
        cache.put(key, probability, seconds)
    return probability, seconds


def losses(won: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """The log loss of each row."""
    return -np.log(np.where(won == 1, probability, 1 - probability))


def interval(rows: np.ndarray, difference: np.ndarray) -> tuple[float, float, float]:
    """The mean difference and its 95 % interval over resampled rows; `rows` says which row each difference belongs to."""
    _, place = np.unique(rows, return_inverse=True)
    total, times = np.bincount(place, difference), np.bincount(place)
    random = np.random.default_rng(0)
    means = []
    for _ in range(RESAMPLES):
        drawn = random.integers(0, len(total), len(total))
        means.append(total[drawn].sum() / times[drawn].sum())
    low, high = np.quantile(means, [0.025, 0.975])
    return float(difference.mean()), float(low), float(high)


def captured(won: np.ndarray, probability: np.ndarray, share: float = 0.2) -> int:
    """Won rows among the best-scored share, ties by order."""
    best = np.argsort(-probability, kind="stable")[: int(round(len(won) * share))]
    return int(won[best].sum())


def groups(real: RealSet) -> dict[str, list[Split]]:
    """Splits that are reported together: random ones are, and the newest part stands alone."""
    together: dict[str, list[Split]] = {}
    for split in real.splits:
        together.setdefault(split.name.split(" #")[0], []).append(split)
    return together


def report(real: RealSet, title: str, splits: list[Split], names: list[str], threads: int, cache: Cache) -> dict[str, float]:
    """Prints one table; gives each contender's mean log loss."""
    found: dict[str, list[tuple[np.ndarray, float]]] = {}
    for name in names:
        try:
            found[name] = [evaluate(real, split, name, threads, cache) for split in splits]
        except Exception as error:  # A peer that fails is reported, and the others go on.
            print(f"{real.name}, {title}: {name} failed: {type(error).__name__}: {str(error)[:200]}", flush=True)
    won = [real.won[split.test] for split in splits]
    rows = np.concatenate([split.test for split in splits])
    loss = {name: np.concatenate([losses(w, p) for w, (p, _) in zip(won, results)]) for name, results in found.items()}
    mean = {name: float(np.mean([log_loss(w, p, labels=[0, 1]) for w, (p, _) in zip(won, results)])) for name, results in found.items()}
    peers = [name for name in found if name in PEERS]
    best = min(peers, key=mean.__getitem__) if peers else None
    lines = []
    for name, results in sorted(found.items(), key=lambda item: mean[item[0]]):
        auc = np.mean([roc_auc_score(w, p) for w, (p, _) in zip(won, results)])
        capture = sum(captured(w, p) for w, (p, _) in zip(won, results)) / sum(int(w.sum()) for w in won)
        seconds = np.mean([seconds for _, seconds in results])
        against = "best peer"
        if best is not None and name != best:
            middle, low, high = interval(rows, loss[name] - loss[best])
            against = f"{middle:+.4f} [{low:+.4f}, {high:+.4f}]" + (" worse" if low > 0 else " better" if high < 0 else "")
        lines.append([name, f"{mean[name]:.4f}", f"{auc:.4f}", f"{capture:.1%}", against if best else "", f"{seconds:.1f}"])
    print(f"\n{real.name}, {title}: {len(splits)} split(s), {len(real.won)} rows, {real.won.mean():.1%} won\n")
    print(table(["", "log loss", "AUC", "captured in best fifth", "log loss against the best peer", "seconds"], lines), flush=True)
    return mean


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="quality", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=names, default=",".join(REAL_SETS), help="comma-separated (default: all)")
    parser.add_argument("--ours", type=names, default="leadscore auto", help=f"comma-separated, of: {', '.join(OURS)}; 'all'")
    parser.add_argument("--peers", type=names, default=",".join(name for name in PEERS if name != "perpetual"), help=f"comma-separated, of: {', '.join(PEERS)}; '' for none")
    parser.add_argument("--splits", default="", help="only splits whose name begins so, such as 'newest'")
    parser.add_argument("--seeds", type=int, default=5, help="random splits (or repetitions of five folds) per set")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--cache", type=Path, default=None, help="a JSON file that keeps the peers' results")
    asked = parser.parse_args(arguments)
    ours, peers = list(OURS) if asked.ours == ["all"] else asked.ours, asked.peers
    for name in [*ours, *peers]:
        if name not in OURS and name not in PEERS:
            parser.error(f"there is no contender {name!r}; there are {', '.join([*OURS, *PEERS])}")
    peers = [name for name in peers if version(name) != "absent" or print(f"{name}: not installed")]
    cache = Cache(asked.cache)
    print(machine(asked.threads), flush=True)
    means: dict[str, dict[str, float]] = {}
    for real in real_sets(asked.sets, asked.seeds):
        for title, splits in groups(real).items():
            if title.startswith(asked.splits):
                for name, loss in report(real, title, splits, [*ours, *peers], asked.threads, cache).items():
                    means.setdefault(name, {})[f"{real.name}, {title}"] = loss
    everywhere = {name: of for name, of in means.items() if len(of) == max(map(len, means.values()))}
    if everywhere:
        least = {where: min(of[where] for of in everywhere.values()) for where in next(iter(everywhere.values()))}
        lines = [
            [name, f"{np.mean(list(of.values())):.4f}", f"{np.mean([of[where] - least[where] for where in of]):.4f}"]
            for name, of in sorted(everywhere.items(), key=lambda item: np.mean(list(item[1].values())))
        ]
        print(f"\nover all {len(least)} of them\n")
        print(table(["", "mean log loss", "mean distance to the best"], lines))


if __name__ == "__main__":
    main()
