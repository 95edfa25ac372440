"""leadscore and its peers behind one face: train on a table, give the probabilities of another. Each peer is used as its documentation says."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Task:
    """Rows to train on and rows to predict. Words are of dtype object or category."""

    train: pd.DataFrame
    won: np.ndarray
    test: pd.DataFrame
    threads: int
    ordered: bool = False


Contender = Callable[[Task], np.ndarray]
"""The probabilities of the test rows."""


def categorical(table: pd.DataFrame) -> list[str]:
    """Columns of words."""
    return [name for name in table.columns if not pd.api.types.is_numeric_dtype(table[name])]


def _as_categories(task: Task) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Words as categories of the training rows; others are missing, which is what LightGBM's and XGBoost's wrappers make of them."""
    train, test = task.train.copy(), task.test.copy()
    for name in categorical(train):
        levels = pd.Index(train[name].dropna().unique())
        train[name] = pd.Categorical(train[name], levels)
        test[name] = pd.Categorical(test[name], levels)
    return train, test


def _as_text(table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    for name in categorical(table):
        table[name] = table[name].astype(object).fillna("missing").astype(str)
    return table


def leadscore_auto(task: Task, algorithm: Any = "auto") -> np.ndarray:
    """`ls.train` at its defaults, calibration and all."""
    import leadscore as ls

    label = "label"
    while label in task.train:
        label += "_"
    table = task.train.assign(**{label: task.won})
    model = ls.train(table, label=label, algorithm=algorithm, ordered=task.ordered, threads=task.threads, progress=False)
    return np.asarray(model.score(task.test)["probability"], dtype=float)


def leadscore_train_logistic(task: Task) -> np.ndarray:
    return leadscore_auto(task, "logistic")


def leadscore_train_boosting(task: Task) -> np.ndarray:
    return leadscore_auto(task, "boosting")


def leadscore_boosting(task: Task) -> np.ndarray:
    import leadscore as ls

    return ls.BoostingClassifier(n_jobs=task.threads).fit(task.train, task.won).predict_proba(task.test)[:, 1]


def leadscore_logistic(task: Task) -> np.ndarray:
    import leadscore as ls

    return ls.LogisticClassifier(n_jobs=task.threads).fit(task.train, task.won).predict_proba(task.test)[:, 1]


def lightgbm_default(task: Task) -> np.ndarray:
    import lightgbm

    train, test = _as_categories(task)
    return lightgbm.LGBMClassifier(n_jobs=task.threads, verbose=-1, random_state=0).fit(train, task.won).predict_proba(test)[:, 1]


def lightgbm_tuned(task: Task, trials: int = 10, folds: int = 5) -> np.ndarray:
    """Random search by cross-validated log loss with early stopping; the models of the best trial's folds, averaged."""
    import lightgbm
    from sklearn.metrics import log_loss
    from sklearn.model_selection import StratifiedKFold

    train, test = _as_categories(task)
    random = np.random.default_rng(0)
    splits = list(StratifiedKFold(folds, shuffle=True, random_state=0).split(train, task.won))
    best, best_models = np.inf, []
    for _ in range(trials):
        settings = {
            "num_leaves": int(random.choice([4, 7, 15, 31, 63])),
            "min_child_samples": int(random.choice([5, 10, 20, 50, 100])),
            "reg_lambda": float(random.choice([0, 1, 3, 10, 30])),
            "colsample_bytree": float(random.choice([0.3, 0.5, 0.7, 1.0])),
            "subsample": float(random.choice([0.6, 0.8, 1.0])),
            "cat_smooth": float(random.choice([5, 10, 30, 100])),
        }
        models, loss = [], 0.0
        for fit, stop in splits:
            model = lightgbm.LGBMClassifier(n_estimators=2000, learning_rate=0.03, subsample_freq=1, n_jobs=task.threads, verbose=-1, random_state=0, **settings)
            watched = [(train.iloc[stop], task.won[stop])]
            model.fit(train.iloc[fit], task.won[fit], eval_set=watched, eval_metric="binary_logloss", callbacks=[lightgbm.early_stopping(50, verbose=False)])
            loss += log_loss(task.won[stop], model.predict_proba(train.iloc[stop])[:, 1], labels=[0, 1]) / folds
            models.append(model)
        if loss < best:
            best, best_models = loss, models
    return np.mean([model.predict_proba(test)[:, 1] for model in best_models], axis=0)


def xgboost_default(task: Task) -> np.ndarray:
    import xgboost

    train, test = _as_categories(task)
    return xgboost.XGBClassifier(enable_categorical=True, tree_method="hist", n_jobs=task.threads).fit(train, task.won).predict_proba(test)[:, 1]


def catboost_default(task: Task) -> np.ndarray:
    import catboost

    model = catboost.CatBoostClassifier(verbose=0, thread_count=task.threads, cat_features=categorical(task.train), allow_writing_files=False, random_seed=0)
    return model.fit(_as_text(task.train), task.won).predict_proba(_as_text(task.test), thread_count=task.threads)[:, 1]


def sklearn_hgb(task: Task) -> np.ndarray:
    """Its categories are limited to 255; columns of more are read as numbers of the categories in order of frequency."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    train, test = _as_categories(task)
    for name in categorical(train):
        if len(train[name].cat.categories) > 255:
            train[name], test[name] = (table[name].cat.codes.astype(float) for table in (train, test))
    return HistGradientBoostingClassifier(categorical_features="from_dtype", random_state=0).fit(train, task.won).predict_proba(test)[:, 1]


def sklearn_logistic(task: Task) -> np.ndarray:
    """Standardised numbers with an indicator of missing values, one-hot categories, the penalty chosen by cross-validated log loss."""
    return _one_hot_logistic(task, "median", indicators=True)


def ridge(task: Task, indicators: bool = False) -> np.ndarray:
    """The same with missing numbers at their mean, and an indicator of them only where it is asked for."""
    return _one_hot_logistic(task, "mean", indicators)


def _one_hot_logistic(task: Task, filled_with: str, indicators: bool) -> np.ndarray:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegressionCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    words = categorical(task.train)
    numbers = [name for name in task.train.columns if name not in words]
    columns = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy=filled_with, add_indicator=indicators), StandardScaler()), numbers),
            ("words", OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=10), words),
        ]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logistic = LogisticRegressionCV(Cs=10, cv=5, scoring="neg_log_loss", max_iter=500, n_jobs=task.threads)
        model = make_pipeline(columns, logistic).fit(_as_text(task.train), task.won)
        return model.predict_proba(_as_text(task.test))[:, 1]


def perpetual_default(task: Task) -> np.ndarray:
    import perpetual

    train, test = _as_categories(task)
    booster = perpetual.PerpetualBooster(objective="LogLoss", budget=0.5, num_threads=task.threads)
    booster.fit(train, task.won.astype(float))
    return np.asarray(booster.predict_proba(test))[:, 1]


OURS: dict[str, Contender] = {
    "leadscore auto": leadscore_auto,
    "leadscore train logistic": leadscore_train_logistic,
    "leadscore train boosting": leadscore_train_boosting,
    "BoostingClassifier": leadscore_boosting,
    "LogisticClassifier": leadscore_logistic,
}
PEERS: dict[str, Contender] = {
    "lightgbm": lightgbm_default,
    "lightgbm tuned": lightgbm_tuned,
    "xgboost": xgboost_default,
    "catboost": catboost_default,
    "sklearn hgb": sklearn_hgb,
    "sklearn logistic": sklearn_logistic,
    "perpetual": perpetual_default,
}
PACKAGES = {"sklearn": "scikit-learn"}


def version(name: str) -> str:
    """The version of the package of a contender's name; `absent` when it is not installed."""
    package = name.split()[0]
    try:
        return importlib.metadata.version(PACKAGES.get(package, package))
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def machine(threads: int) -> str:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:
            model = next(line.split(":", 1)[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    versions = ", ".join(f"{name} {version(name)}" for name in ("lightgbm", "xgboost", "catboost", "sklearn", "glum", "perpetual", "numpy", "pandas"))
    import leadscore as ls

    return f"{model}, {os.cpu_count()} processors, {threads} threads; Python {platform.python_version()}, leadscore {ls.__version__}, {versions}"


def names(text: str) -> list[str]:
    """The names in a comma-separated list: the type of a command's argument."""
    return [name.strip() for name in text.split(",") if name.strip()]


def timed(work: Callable[[], Any], times: int = 1) -> tuple[Any, float]:
    """The result, and the least seconds of so many runs."""
    least, result = float("inf"), None
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        least = min(least, time.perf_counter() - start)
    return result, least


def table(header: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown, columns aligned."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    line = lambda cells: "| " + " | ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(cells, widths))) + " |"
    rule = "|" + "|".join("-" * (width + 2) if i == 0 else "-" * (width + 1) + ":" for i, width in enumerate(widths)) + "|"
    return "\n".join([line(header), rule, *(line(row) for row in rows)])
