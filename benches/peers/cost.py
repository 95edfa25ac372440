"""What a row costs: `python benches/peers/run.py cost [--rows 1e5,1e6,1e7]`.

Each size is trained on and predicted in a process of its own, which reports the seconds and the most memory that it ever held. Linear cost is a time per row that does not
grow with the rows. The table is 50 columns, numbers in single precision, made piece by piece so that making it does not set the peak; `data` is what it takes by itself.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from contenders import machine, names, table
from data import LEVELS, made

PIECE = 250_000


def leads(rows: int) -> tuple[pd.DataFrame, np.ndarray]:
    """`made` leads, piece by piece."""
    numbers = np.empty((40, rows), dtype=np.float32)
    codes = [np.empty(rows, dtype=np.int16) for _ in LEVELS]
    won = np.empty(rows, dtype=np.int8)
    for piece, begin in enumerate(range(0, rows, PIECE)):
        end = min(begin + PIECE, rows)
        part, won[begin:end], _ = made(end - begin, 1000 + piece)
        numbers[:, begin:end] = part.iloc[:, :40].to_numpy().T
        for i, code in enumerate(codes):
            code[begin:end] = part[f"c{i}"].cat.codes
    columns: dict[str, Any] = {f"n{i}": numbers[i] for i in range(40)}
    for i, (levels, code) in enumerate(zip(LEVELS, codes)):
        columns[f"c{i}"] = pd.Categorical.from_codes(code, [f"v{level}" for level in range(levels)])
    return pd.DataFrame(columns, copy=False), won


def boosting(threads: int) -> Any:
    import leadscore as ls

    return ls.BoostingClassifier(n_estimators=100, num_leaves=31, learning_rate=0.1, n_jobs=threads)


def logistic(threads: int) -> Any:
    import leadscore as ls

    return ls.LogisticClassifier(l2=1.0, n_jobs=threads)


def lightgbm(threads: int) -> Any:
    import lightgbm as library

    return library.LGBMClassifier(n_estimators=100, num_leaves=31, n_jobs=threads, verbose=-1)


MODELS: dict[str, Callable[[int], Any]] = {"leadscore boosting": boosting, "leadscore logistic": logistic, "lightgbm": lightgbm}


def peak() -> float:
    """The most memory that this process ever held, in GiB."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (2**30 if sys.platform == "darwin" else 2**20)


def measure(name: str, rows: int, threads: int) -> dict[str, float]:
    """Trains and predicts in this process."""
    frame, won = leads(rows)
    before = peak()
    start = time.perf_counter()
    model = MODELS[name](threads).fit(frame, won)
    trained = time.perf_counter()
    model.predict_proba(frame)
    return {"data": frame.memory_usage().sum() / 2**30, "before": before, "train": trained - start, "predict": time.perf_counter() - trained, "peak": peak()}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="cost", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=names, default="1e5,1e6,1e7", help="comma-separated")
    parser.add_argument("--models", type=names, default="leadscore boosting,leadscore logistic", help=f"comma-separated, of: {', '.join(MODELS)}")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    sizes = [int(float(size)) for size in asked.rows]
    if asked.measure:
        print(json.dumps(measure(asked.models[0], sizes[0], asked.threads)))
        return
    print(machine(asked.threads), flush=True)
    lines = []
    for name in asked.models:
        for rows in sizes:
            command = [sys.executable, str(Path(__file__)), "--measure", "--models", name, "--rows", str(rows), "--threads", str(asked.threads)]
            done = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
            if done.returncode != 0:
                # Killed by the system when memory runs out, for one.
                lines.append([name, f"{rows:,}", f"failed ({done.returncode}): {done.stderr.strip().splitlines()[-1:]}", "", "", "", "", ""])
                continue
            of = json.loads(done.stdout.splitlines()[-1])
            per_row = [f"{of[what] / rows * 1e6:.2f}" for what in ("train", "predict")]
            lines.append([name, f"{rows:,}", f"{of['train']:.2f}", per_row[0], f"{of['predict']:.3f}", per_row[1], f"{of['data']:.2f}", f"{of['peak']:.2f}"])
            print(f"  {name}, {rows:,} rows: {of['train']:.1f} s, {of['peak']:.2f} GiB", flush=True)
    print()
    print(table(["", "rows", "train s", "us a row", "predict s", "us a row", "data GiB", "peak GiB"], lines))


if __name__ == "__main__":
    main()
