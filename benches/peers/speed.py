"""How fast, and how good for it: `python benches/peers/run.py speed [--rows 1e6]`.

Training from the raw table to the fitted model, predicting as many rows, and one row through Python, on made leads whose true probabilities are known: 40 numeric columns and
10 categorical ones, 9 % won. Boosting: 100 trees of 31 leaves, 255 bins, learning rate 0.1. Logistic regression: on the 40 numeric columns, standardised beforehand and missing
values put at their mean, and on all columns with one coefficient a category. Log loss and AUC are of rows that nobody was trained on. Seconds are the least of `--times` runs.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.metrics import log_loss, roc_auc_score

from contenders import machine, names, table, timed
from data import made

TREES, LEAVES, RATE, BINS = 100, 31, 0.1, 255


@dataclass
class Data:
    """The rows to train on and those to predict, in the forms that contenders need. What a form costs is not in anyone's time unless it says so."""

    rows: int
    threads: int
    times: int
    numeric: list[str] = field(init=False)
    words: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.train, self.won, _ = made(self.rows, 1)
        self.test, self.won_test, self.truth = made(min(self.rows, 1_000_000), 2)
        self.words = [name for name in self.train if name.startswith("c")]
        self.numeric = [name for name in self.train if name.startswith("n")]

    @cached_property
    def dense(self) -> tuple[np.ndarray, np.ndarray]:
        """The numeric columns, standardised, missing values at the mean."""
        train, test = self.train[self.numeric].to_numpy(), self.test[self.numeric].to_numpy()
        mean, deviation = np.nanmean(train, 0), np.nanstd(train, 0)
        return tuple(np.ascontiguousarray(np.nan_to_num((part - mean) / deviation)) for part in (train, test))

    @cached_property
    def coded(self) -> tuple[np.ndarray, np.ndarray]:
        """All columns as numbers, categories as their codes."""

        def numbers(part: pd.DataFrame) -> np.ndarray:
            codes = [part[name].cat.codes.to_numpy(float)[:, None] for name in self.words]
            return np.concatenate([part[self.numeric].to_numpy(), *codes], axis=1)

        return numbers(self.train), numbers(self.test)


@dataclass
class Result:
    """What one contender took, and how good it was."""

    train: float
    predict: float
    probability: np.ndarray
    one: float | None = None
    """Seconds of one row through Python, from an array where the library takes arrays."""
    note: str = ""


def microseconds(work: Callable[[], Any], times: int = 300) -> float:
    """Seconds of one call: the least mean of three rounds."""
    return timed(lambda: [work() for _ in range(times)], 3)[1] / times


def _trees(data: Data, model_of: Callable[[], Any]) -> tuple[Any, Result]:
    model, train = timed(lambda: model_of().fit(data.train, data.won), data.times)
    probability, predict = timed(lambda: model.predict_proba(data.test)[:, 1], data.times)
    return model, Result(train, predict, probability)


def boosting(data: Data, **settings: Any) -> Result:
    import leadscore as ls

    model, result = _trees(data, lambda: ls.BoostingClassifier(n_estimators=TREES, n_jobs=data.threads, random_state=0, **settings))
    # One row of an array, by a model of an array: fewer rows do, since the trees are as large.
    few, test = data.coded[0][:100_000], data.coded[1]
    coded = ls.BoostingClassifier(n_estimators=TREES, n_jobs=data.threads, random_state=0, categorical_features=range(len(data.numeric), few.shape[1]), **settings)
    coded.fit(few, data.won[:100_000])
    row, frame = test[:1], data.test.iloc[:1]
    result.one = microseconds(lambda: coded.predict_proba(row))
    result.note = f"one row of a frame {microseconds(lambda: model.predict_proba(frame), 30) * 1e6:.0f} us"
    return result


def boosting_alike(data: Data) -> Result:
    return boosting(data, num_leaves=LEAVES, learning_rate=RATE, min_child_samples=20, max_bins=BINS, feature_fraction=1.0, reg_lambda=0.0)


def boosting_default(data: Data) -> Result:
    return boosting(data)


def lightgbm(data: Data, **settings: Any) -> Result:
    import lightgbm as library

    model, result = _trees(data, lambda: library.LGBMClassifier(n_estimators=TREES, num_leaves=LEAVES, n_jobs=data.threads, verbose=-1, random_state=0, **settings))
    row, frame = data.coded[1][:1], data.test.iloc[:1]
    result.one = microseconds(lambda: model.booster_.predict(row, num_threads=1))
    result.note = f"one row of a frame {microseconds(lambda: model.predict_proba(frame), 30) * 1e6:.0f} us"
    return result


def lightgbm_quantized(data: Data) -> Result:
    return lightgbm(data, use_quantized_grad=True)


def xgboost(data: Data) -> Result:
    import xgboost as library

    settings = {"n_estimators": TREES, "max_leaves": LEAVES, "max_depth": 0, "grow_policy": "lossguide", "learning_rate": RATE, "max_bin": BINS + 1}
    return _trees(data, lambda: library.XGBClassifier(tree_method="hist", enable_categorical=True, n_jobs=data.threads, **settings))[1]


def catboost(data: Data) -> Result:
    import catboost as library

    text = [part.astype({name: str for name in data.words}) for part in (data.train, data.test)]
    model_of = lambda: library.CatBoostClassifier(iterations=TREES, verbose=0, thread_count=data.threads, cat_features=data.words, allow_writing_files=False)
    model, train = timed(lambda: model_of().fit(text[0], data.won), data.times)
    probability, predict = timed(lambda: model.predict_proba(text[1], thread_count=data.threads)[:, 1], data.times)
    return Result(train, predict, probability)


def sklearn_hgb(data: Data) -> Result:
    """At most 255 categories: columns of more are read as numbers."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    train, test = data.train.copy(), data.test.copy()
    for part in (train, test):
        for name in data.words:
            if len(part[name].cat.categories) > 255:
                part[name] = part[name].cat.codes.astype(float)
    model_of = lambda: HistGradientBoostingClassifier(max_iter=TREES, max_leaf_nodes=LEAVES, categorical_features="from_dtype", early_stopping=False, random_state=0)
    model, seconds = timed(lambda: model_of().fit(train, data.won), data.times)
    probability, predict = timed(lambda: model.predict_proba(test)[:, 1], data.times)
    return Result(seconds, predict, probability)


def _dense(data: Data, model_of: Callable[[], Any]) -> Result:
    train, test = data.dense
    model, seconds = timed(lambda: model_of().fit(train, data.won), data.times)
    probability, predict = timed(lambda: model.predict_proba(test)[:, 1], data.times)
    row = test[:1]
    return Result(seconds, predict, probability, microseconds(lambda: model.predict_proba(row)), f"iterations {np.ravel(model.n_iter_)[0]}")


def logistic_dense(data: Data) -> Result:
    import leadscore as ls

    return _dense(data, lambda: ls.LogisticClassifier(l2=1.0, log_transform=False, standardize=False, n_jobs=data.threads))


def sklearn_lbfgs(data: Data) -> Result:
    from sklearn.linear_model import LogisticRegression

    return _dense(data, lambda: LogisticRegression(max_iter=200))


def sklearn_newton(data: Data) -> Result:
    from sklearn.linear_model import LogisticRegression

    return _dense(data, lambda: LogisticRegression(solver="newton-cholesky", max_iter=200))


def logistic_categories(data: Data) -> Result:
    """From the raw table: what the others get prepared is in its time."""
    import leadscore as ls

    return _trees(data, lambda: ls.LogisticClassifier(l2=1.0, n_jobs=data.threads))[1]


def logistic_one_hot(data: Data) -> Result:
    """What the others fit: a coefficient per category, numbers as they are."""
    import leadscore as ls

    return _trees(data, lambda: ls.LogisticClassifier(l2=1.0, log_transform=False, standardize=False, level_statistics=False, n_jobs=data.threads))[1]


def logistic_path(data: Data) -> Result:
    """The same with the penalty chosen by cross-validation, which none of the others does here."""
    import leadscore as ls

    return _trees(data, lambda: ls.LogisticClassifier(n_jobs=data.threads))[1]


def glum(data: Data) -> Result:
    from glum import GeneralizedLinearRegressor

    parts = []
    for numbers, part in zip(data.dense, (data.train, data.test)):
        frame = pd.DataFrame(numbers, columns=data.numeric)
        for name in data.words:
            frame[name] = part[name]
        parts.append(frame)
    # glum takes categories that training has no row of for columns of zeros.
    for name in data.words:
        used = parts[0][name].cat.remove_unused_categories().cat.categories
        for frame in parts:
            frame[name] = frame[name].cat.set_categories(used)
            frame[name] = frame[name].fillna(used[0])
    model_of = lambda: GeneralizedLinearRegressor(family="binomial", l1_ratio=0, alpha=1 / len(data.won))
    model, seconds = timed(lambda: model_of().fit(parts[0], data.won.astype(float)), data.times)
    probability, predict = timed(lambda: model.predict(parts[1]), data.times)
    return Result(seconds, predict, np.asarray(probability), note=f"iterations {model.n_iter_}")


def sklearn_one_hot(data: Data) -> Result:
    """The expansion to one-hot columns is in its time, as it is in a pipeline."""
    import scipy.sparse
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder

    def fit() -> tuple[Any, Any]:
        encoder = OneHotEncoder(handle_unknown="ignore").fit(data.train[data.words])
        wide = scipy.sparse.hstack([scipy.sparse.csr_matrix(data.dense[0]), encoder.transform(data.train[data.words])]).tocsr()
        return encoder, LogisticRegression(max_iter=300).fit(wide, data.won)

    (encoder, model), seconds = timed(fit, data.times)

    def probabilities() -> np.ndarray:
        wide = scipy.sparse.hstack([scipy.sparse.csr_matrix(data.dense[1]), encoder.transform(data.test[data.words])]).tocsr()
        return model.predict_proba(wide)[:, 1]

    probability, predict = timed(probabilities, data.times)
    return Result(seconds, predict, probability, note=f"iterations {int(model.n_iter_[0])}")


KINDS: dict[str, tuple[str, dict[str, Callable[[Data], Result]]]] = {
    "boosting": (
        "lightgbm",
        {
            "leadscore, LightGBM's settings": boosting_alike,
            "leadscore, its own defaults": boosting_default,
            "lightgbm": lightgbm,
            "lightgbm, quantized": lightgbm_quantized,
            "xgboost hist": xgboost,
            "catboost": catboost,
            "sklearn hgb": sklearn_hgb,
        },
    ),
    "dense": ("sklearn lbfgs", {"leadscore logistic": logistic_dense, "sklearn lbfgs": sklearn_lbfgs, "sklearn newton-cholesky": sklearn_newton}),
    "one-hot": (
        "glum",
        {
            "leadscore logistic, one-hot alone": logistic_one_hot,
            "leadscore logistic": logistic_categories,
            "leadscore logistic, penalty chosen": logistic_path,
            "glum": glum,
            "sklearn lbfgs, sparse": sklearn_one_hot,
        },
    ),
}
"""Kinds of task: the contender that ratios are to, and all contenders."""


def report(data: Data, kind: str, only: list[str]) -> None:
    """Prints the table of one kind."""
    base, contenders = KINDS[kind]
    results: dict[str, Result] = {}
    for name, contender in contenders.items():
        if only and not any(name.startswith(word) for word in only):
            continue
        try:
            results[name] = contender(data)
        except Exception as error:  # A peer that fails or is absent is reported, and the others go on.
            print(f"{kind}: {name} failed: {type(error).__name__}: {str(error)[:200]}", flush=True)
            continue
        print(f"  {name}: {results[name].train:.2f} s", flush=True)
    reference = results.get(base)
    lines = []
    for name, result in results.items():
        ratio = lambda value, of: f" (x{value / of:.2f})" if reference is not None and of else ""
        p = np.clip(result.probability, 1e-15, 1 - 1e-15)
        lines.append(
            [
                name,
                f"{result.train:.2f}" + ratio(result.train, reference and reference.train),
                f"{result.predict:.3f}" + ratio(result.predict, reference and reference.predict),
                "" if result.one is None else f"{result.one * 1e6:.1f}" + ratio(result.one, reference and reference.one),
                f"{log_loss(data.won_test, p):.4f}",
                f"{roc_auc_score(data.won_test, p):.4f}",
                result.note,
            ]
        )
    print(f"\n{kind}: ratios in brackets are to {base}\n")
    print(table(["", "train s", f"predict {len(data.test):,} s", "one row us", "log loss", "AUC", ""], lines), flush=True)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="speed", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=lambda text: int(float(text)), default=1_000_000)
    parser.add_argument("--kinds", type=names, default=",".join(KINDS), help=f"comma-separated, of: {', '.join(KINDS)}")
    parser.add_argument("--only", type=names, default="", help="only contenders whose names begin with one of these, comma-separated")
    parser.add_argument("--times", type=int, default=2, help="runs of which the fastest counts")
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args(arguments)
    print(machine(asked.threads), flush=True)
    data = Data(asked.rows, asked.threads, asked.times)
    print(f"{asked.rows:,} rows, {data.won.mean():.2%} won; the true probabilities reach log loss {log_loss(data.won_test, data.truth):.4f}, AUC {roc_auc_score(data.won_test, data.truth):.4f}", flush=True)
    for kind in asked.kinds:
        report(data, kind, asked.only)


if __name__ == "__main__":
    main()
