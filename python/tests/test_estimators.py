"""The scikit-learn estimators: scikit-learn's own checks, every kind of table, categories, labels, pickles, and what bad input is told."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import threading
import time
import warnings
from typing import Any

# Read by scipy when it is imported; without it scikit-learn skips a check.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import leadscore as ls


def both() -> list[Any]:
    return [ls.BoostingClassifier(n_estimators=30, num_leaves=7, random_state=0), ls.LogisticClassifier(l2=1.0)]


@parametrize_with_checks([ls.BoostingClassifier(), ls.LogisticClassifier()])
def test_scikit_learns_own_checks_pass(estimator: Any, check: Any) -> None:
    check(estimator)


def leads(rows: int = 1500, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    random = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "visits": random.poisson(4, rows),
            "size": np.where(random.random(rows) < 0.2, np.nan, random.lognormal(3, 1, rows)),
            "source": random.choice(["web", "mail", "fair", "call"], rows),
            "asked": random.random(rows) < 0.3,
        }
    )
    table.loc[random.random(rows) < 0.1, "source"] = None
    log_odds = -2 + 0.3 * table["visits"] + 1.5 * (table["source"] == "fair") + 1.0 * table["asked"]
    return table, (random.random(rows) < 1 / (1 + np.exp(-log_odds))).to_numpy()


def forms(table: pd.DataFrame) -> dict[str, Any]:
    """The same leads in every kind of table."""
    return {
        "pandas, objects": table.assign(source=table["source"].astype(object)),
        "pandas, categorical": table.assign(source=table["source"].astype("category")),
        "pandas, nullable": table.convert_dtypes(),
        "pandas, shuffled categories": table.assign(source=pd.Categorical(table["source"], ["web", "never", "fair", "call", "mail"])),
        "polars": pl.from_pandas(table),
        "polars, categorical": pl.from_pandas(table).with_columns(pl.col("source").cast(pl.Categorical)),
        "polars, enum": pl.from_pandas(table).with_columns(pl.col("source").cast(pl.Enum(["x", "fair", "web", "mail", "call"]))),
        "pyarrow": pa.Table.from_pandas(table),
        "pyarrow, dictionary": pa.Table.from_pandas(table.assign(source=table["source"].astype("category"))),
        "pyarrow, batch": pa.RecordBatch.from_pandas(table),
        "a mapping": {name: list(table[name].astype(object).where(table[name].notna(), None)) for name in table},
    }


@pytest.mark.parametrize("estimator", both())
@pytest.mark.parametrize("form", forms(leads(10)[0]))
def test_every_kind_of_table_gives_the_same_bits(estimator: Any, form: str) -> None:
    table, won = leads()
    expected = clone(estimator).fit(table, won).predict_proba(table)
    given = forms(table)[form]
    fitted = clone(estimator).fit(given, won)
    np.testing.assert_array_equal(fitted.predict_proba(given), expected)
    np.testing.assert_array_equal(clone(estimator).fit(table, won).predict_proba(given), expected)
    assert fitted.categories_ == [None, None, ["call", "fair", "mail", "web"], None]
    assert list(fitted.feature_names_in_) == list(table.columns)


@pytest.mark.parametrize("estimator", both())
def test_arrays_of_any_layout_and_precision_give_the_same_bits(estimator: Any) -> None:
    random = np.random.default_rng(0)
    X = random.standard_normal((400, 5)).astype(np.float32)
    y = X[:, 0] + random.standard_normal(400) > 0
    expected = clone(estimator).fit(X, y).predict_proba(X)
    wide = np.zeros((800, 10), np.float32)
    wide[::2, ::2] = X
    for form in (X.astype(float), np.asfortranarray(X), wide[::2, ::2], X.astype(object), X.tolist(), X.astype(">f4")):
        np.testing.assert_array_equal(clone(estimator).fit(form, y).predict_proba(form), expected)
    np.testing.assert_array_equal(np.concatenate([clone(estimator).fit(X, y).predict_proba(X[i : i + 1]) for i in range(20)]), expected[:20])


@pytest.mark.parametrize("estimator", both())
@pytest.mark.parametrize("labels", [("lost", "won"), (-1, 1), (False, True), (0.0, 1.0)])
def test_any_two_labels_are_told_apart(estimator: Any, labels: tuple[Any, Any]) -> None:
    table, won = leads()
    estimator = clone(estimator).fit(table, np.where(won, labels[1], labels[0]))
    assert estimator.classes_.tolist() == sorted(labels)
    probability = estimator.predict_proba(table)
    np.testing.assert_allclose(probability.sum(axis=1), 1)
    np.testing.assert_allclose(probability[:, 1], 1 / (1 + np.exp(-estimator.decision_function(table))), rtol=1e-12)
    np.testing.assert_array_equal(estimator.predict(table), np.where(probability[:, 1] > 0.5, labels[1], labels[0]))
    assert roc_auc_score(won, probability[:, 1]) > 0.7


@pytest.mark.parametrize("estimator", both())
def test_a_category_that_training_did_not_see_is_another_one_and_missing_is_missing(estimator: Any) -> None:
    table, won = leads()
    estimator = clone(estimator).fit(table, won)
    one = table.iloc[[0] * 4].assign(source=["billboard", "radio", None, "fair"])
    probability = estimator.predict_proba(one)[:, 1]
    assert probability[0] == probability[1]
    assert probability[3] > probability[2]
    assert np.isfinite(probability).all()
    # As if it were missing, for a frame that holds nothing else.
    alone = estimator.predict_proba(one.assign(source=pd.Categorical([None] * 4)))[:, 1]
    assert (alone == probability[2]).all()


@pytest.mark.parametrize("estimator", both())
def test_columns_of_numbers_are_categories_when_asked(estimator: Any) -> None:
    random = np.random.default_rng(0)
    X = np.column_stack([random.integers(0, 30, 2000), random.standard_normal(2000)]).astype(float)
    won = random.random(2000) < 0.2 + 0.6 * (X[:, 0] % 2)
    expected = clone(estimator).set_params(categorical_features=[0]).fit(X, won)
    assert expected.categories_ == [[float(word) for word in sorted(range(30), key=lambda word: str(float(word)))], None]
    assert roc_auc_score(won, expected.predict_proba(X)[:, 1]) > 0.75
    frame = pd.DataFrame(X, columns=["code", "x"])
    for asked in (["code"], [True, False], [-2]):
        fitted = clone(estimator).set_params(categorical_features=asked).fit(frame, won)
        np.testing.assert_array_equal(fitted.predict_proba(frame), expected.predict_proba(X))
        np.testing.assert_array_equal(fitted.predict_proba(frame.iloc[:3]), expected.predict_proba(X)[:3])
    words = np.array([[f"code {int(code)}"] for code in X[:, 0]])
    assert roc_auc_score(won, clone(estimator).fit(words, won).predict_proba(words)[:, 1]) > 0.75
    with pytest.raises(ls.ConfigError, match="X has no column 'cod'; it has code, x"):
        clone(estimator).set_params(categorical_features=["cod"]).fit(frame, won)


@pytest.mark.parametrize("estimator", both())
def test_a_pickle_is_the_same_model_and_a_spoiled_one_is_refused(estimator: Any) -> None:
    table, won = leads()
    estimator = clone(estimator).fit(table, won)
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        again = pickle.loads(pickle.dumps(estimator, protocol))
        np.testing.assert_array_equal(again.predict_proba(table), estimator.predict_proba(table))
        assert again.get_params() == estimator.get_params()
    restore, (state, categorical, names) = estimator._fitted.__reduce__()
    with pytest.raises(ls.ArtifactError):
        restore(state[:-1], categorical, names)
    with pytest.raises(ls.ArtifactError):
        restore(state, categorical[:-1], names)
    with pytest.raises(ls.ArtifactError):
        restore(state, [None] * len(categorical), names)


@pytest.mark.parametrize("estimator", both())
def test_it_works_where_scikit_learns_do(estimator: Any) -> None:
    table, won = leads()
    numbers = table[["visits", "size"]].fillna(0)
    pipeline = make_pipeline(StandardScaler(), clone(estimator)).fit(numbers, won)
    assert pipeline.predict_proba(numbers).shape == (len(won), 2)
    assert cross_val_score(estimator, table, won, scoring="roc_auc", cv=3).mean() > 0.7
    calibrated = CalibratedClassifierCV(clone(estimator), cv=3).fit(table, won)
    assert log_loss(won, calibrated.predict_proba(table)) < log_loss(won, np.full(len(won), won.mean()))
    assert "Classifier" in estimator._repr_html_()
    assert clone(estimator).get_params() == estimator.get_params()


def test_parameters_of_a_search_may_be_numpys() -> None:
    table, won = leads()
    search = GridSearchCV(ls.BoostingClassifier(), {"n_estimators": np.arange(5, 15, 5), "learning_rate": np.array([0.1, 0.2])}, cv=2).fit(table, won)
    assert search.best_estimator_.n_iter_ in (5, 10)


def test_what_a_setting_may_be_is_said_by_name() -> None:
    table, won = leads(200)
    for setting, message in (
        ({"learning_rate": 0.0}, r"learning_rate must be in \(0, 1\]. Got 0"),
        ({"n_estimators": "ten"}, "n_estimators must be a whole number from 1 to 100000. Got 'ten'"),
        ({"n_estimators": 10.0}, "n_estimators must be a whole number from 1 to 100000. Got 10.0"),
        ({"n_estimators": True}, "n_estimators must be a whole number from 1 to 100000. Got True"),
        ({"n_estimators": np.array([3])}, r"n_estimators must be a whole number from 1 to 100000. Got array\(\[3\]\)"),
        ({"n_estimators": 0}, "n_estimators must be"),
        ({"num_leaves": 2.5}, "num_leaves must be a whole number from 2 to 4096. Got 2.5"),
        ({"min_child_samples": 2**70}, r"min_child_samples must be a whole number below 2\*\*63. Got 1180591620717411303424"),
        ({"max_depth": -2}, "max_depth must be a whole number of at least 1. Got -2"),
        ({"learning_rate": float("nan")}, r"learning_rate must be in \(0, 1\]. Got nan"),
        ({"reg_lambda": "much"}, "reg_lambda must be a finite number of at least 0. Got 'much'"),
        ({"n_jobs": 0}, "n_jobs must be a number of threads"),
        ({"n_jobs": 1.5}, "n_jobs must be a number of threads.* Got 1.5"),
        ({"random_state": -1}, r"random_state must be a whole number from 0 to 2\*\*64 - 1, .* Got -1"),
        ({"random_state": 2**70}, r"random_state must be a whole number from 0 to 2\*\*64 - 1, .* Got 1180591620717411303424"),
        ({"random_state": "x"}, "random_state must be a whole number.* Got 'x'"),
        ({"random_state": True}, "random_state must be a whole number.* Got True"),
        ({"random_state": np.random.default_rng(0)}, "random_state must be a whole number.* Got Generator"),
        ({"monotone_constraints": [0.9, 0, 0, 0]}, "monotone_constraints must be 1, -1 or 0. Got 0.9"),
        ({"monotone_constraints": [None, 0, 0, 0]}, "monotone_constraints must be 1, -1 or 0. Got None"),
        ({"monotone_constraints": 1}, "monotone_constraints must map columns"),
        ({"monotone_constraints": np.array(1)}, r"monotone_constraints must map columns .* Got array\(1\)"),
        ({"monotone_constraints": {"visit": 1}}, "X has no column 'visit'"),
        ({"monotone_constraints": {"source": 1}}, 'monotone_constraints must be 0 for column "source": it is categorical, and categories have no order. Got 1'),
        ({"monotone_constraints": [0, 0, -1, 0]}, 'monotone_constraints must be 0 for column "source": .* Got -1'),
        ({"monotone_constraints": [1, 0]}, "monotone_constraints has 2 entries, but the rows have 4 features"),
        ({"categorical_features": [True]}, "a mask of 1 entries, but X has 4"),
        ({"categorical_features": 0}, "categorical_features must be names or positions of columns, or a mask. Got 0"),
        ({"categorical_features": len}, "categorical_features must be names or positions of columns, or a mask. Got <built-in"),
        ({"categorical_features": [0, True]}, "categorical_features: X has no column True"),
        ({"interaction_constraints": "pairwise"}, "interaction_constraints must be groups of columns.* Got 'pairwise'"),
        ({"interaction_constraints": ["visits", "size"]}, r"interaction_constraints must be groups of columns.* Got \['visits', 'size'\]"),
        ({"interaction_constraints": [0, 1]}, r"interaction_constraints must be groups of columns.* Got \[0, 1\]"),
        ({"interaction_constraints": np.array(5)}, r"interaction_constraints must be groups of columns.* Got array\(5\)"),
        ({"interaction_constraints": 5}, "interaction_constraints must be groups of columns.* Got 5"),
        ({"interaction_constraints": [["visits"], []]}, "interaction_constraints: a group must name at least one column"),
    ):
        with pytest.raises(ls.ConfigError, match=message):
            ls.BoostingClassifier(**setting).fit(table, won)
    with pytest.raises(ls.ConfigError, match="l2 must be"):
        ls.LogisticClassifier(l2=-1.0).fit(table, won)
    with pytest.raises(ls.ConfigError, match="log_transform must be True or False. Got 1"):
        ls.LogisticClassifier(log_transform=1).fit(table, won)


def test_too_few_rows_to_train_on_beside_those_that_early_stopping_holds_out_are_told_by_the_setting() -> None:
    table, won = leads(200)
    for fraction, order, message in (
        (0.999, slice(None), "no rows with a positive weight to train on"),
        (0.6, np.argsort(won), "all 80 training rows are lost"),
    ):
        with pytest.raises(ls.ConfigError, match=f"validation_fraction = {fraction} holds out too many rows, .*: {message}"):
            ls.BoostingClassifier(early_stopping_rounds=5, validation_fraction=fraction).fit(table.iloc[order], won[order])


LABELS: list[tuple[str, Any, str]] = [
    ("None alone", [None] * 6, "Input y contains NaN: row 0 is None; leave out the rows whose label is not known"),
    ("a None", [0, 1, None, 0, 1, 1], "Input y contains NaN: row 2 is None"),
    ("a None among words", ["a", "b", "a", None, "b", "b"], "Input y contains NaN: row 3 is None"),
    ("a NaN", [0.0, 1.0, np.nan, 0.0, 1.0, 1.0], "Input y contains NaN: row 2 is nan"),
    ("pandas' missing value", pd.array([0, 1, 0, pd.NA, 1, 1]), "Input y contains NaN: row 3 is nan"),
    ("a missing word", pd.array(["a", "b", pd.NA] * 2, dtype="string"), "Input y contains NaN: row 2 is <NA>"),
    ("a missing category", pd.Categorical(["a", "b", None] * 2), "Input y contains NaN: row 2 is nan"),
    ("polars' null", pl.Series(["a", "b", None] * 2), "Input y contains NaN: row 2 is None"),
    ("pyarrow's null", pa.array(["a", "b", None] * 2), "Input y contains NaN: row 2 is None"),
    ("a masked label", np.ma.masked_array([0, 1, 0, 1, 0, 1], [False] * 5 + [True]), "Input y contains NaN: row 5 is None"),
    ("no moment", pd.to_datetime(["2026-01-01", "2026-01-02", None] * 2), "Input y contains NaN: row 2 is NaT"),
    ("numbers and words", [1, "a", 1, "a", 1, "a"], r"y mixes numbers \(1 in row 0\) with words \('a' in row 1\); make them all of one type"),
    ("numbers and words as objects", np.array(["1", 1] * 3, object), r"y mixes words \('1' in row 0\) with numbers \(1 in row 1\)"),
    ("numbers and booleans", np.array([True, 0] * 3, object), r"y mixes booleans \(True in row 0\) with numbers \(0 in row 1\)"),
    ("numbers beyond numpy's", [2**70, 0] * 3, "y must hold words, whole numbers of 64 bits or booleans. Got int in row 0"),
    ("objects", [object()] * 6, "y must hold words, .* Got object in row 0"),
    ("complex numbers", np.array([1j, 0] * 3), "Complex data not supported: y is complex128"),
    ("bytes", np.array([b"a", b"b"] * 3), "bytes is not supported"),
    ("a single word", "abc", "y should be a 1d array"),
    ("two columns", np.zeros((6, 2)), "y should be a 1d array"),
]


@pytest.mark.parametrize(("labels", "message"), [(labels, message) for _, labels, message in LABELS], ids=[name for name, _, _ in LABELS])
def test_labels_that_are_missing_or_of_mixed_types_are_told_by_row(labels: Any, message: str) -> None:
    X = np.arange(6.0).reshape(-1, 1)
    for estimator in both():
        with pytest.raises(ls.DataError, match=message):
            clone(estimator).fit(X, labels)


def test_labels_as_python_objects_are_what_their_values_are() -> None:
    table, won = leads(300)
    expected = ls.LogisticClassifier(l2=1.0).fit(table, won).predict_proba(table)
    for labels in (won.astype(object), won.astype(int).astype(object), won.tolist(), pd.array(won), pd.Series(won.astype(int), dtype="Int8"), pl.Series(won)):
        fitted = ls.LogisticClassifier(l2=1.0).fit(table, labels)
        assert fitted.classes_.tolist() == [0, 1] and fitted.classes_.dtype.kind in "bi"
        np.testing.assert_array_equal(fitted.predict_proba(table), expected)


@pytest.mark.parametrize("estimator", both())
def test_groups_that_are_missing_or_cannot_be_told_apart_are_told_by_row(estimator: Any) -> None:
    table, won = leads(6)
    won = np.arange(6) % 2
    for groups, message in (
        ([None] * 6, "Input groups contains NaN: row 0 is None; give a row that belongs to no other a group of its own"),
        ([1, 2, None] * 2, "Input groups contains NaN: row 2 is None"),
        ([1.0, 2.0, np.nan] * 2, "Input groups contains NaN: row 2 is nan"),
        (["a", None, "b"] * 2, "Input groups contains NaN: row 1 is None"),
        (pd.array([0, 1, pd.NA] * 2), "Input groups contains NaN: row 2 is nan"),
        ([pd.NaT] * 6, "Input groups contains NaN: row 0 is NaT"),
        (["a", 1] * 3, r"groups mixes words \('a' in row 0\) with numbers \(1 in row 1\)"),
        ([object()] * 6, "groups must hold words or numbers. Got object in row 0"),
        (np.arange(5), r"groups.shape == \(5,\), expected \(6,\)!"),
        (np.zeros((6, 2)), r"groups.shape == \(6, 2\), expected \(6,\)!"),
        (3, r"groups.shape == \(\), expected \(6,\)!"),
        ("abc", r"groups.shape == \(\), expected \(6,\)!"),
    ):
        with pytest.raises(ls.DataError, match=message):
            clone(estimator).fit(table, won, groups=groups)
    for groups in (None, list("aabbcc"), pd.date_range("2026-01-01", periods=6), np.arange(6) > 2, pl.Series(["x", "y"] * 3)):
        clone(estimator).fit(table, won, groups=groups)


@pytest.mark.parametrize("estimator", both())
def test_weights_and_offsets_that_are_no_numbers_are_told_by_row(estimator: Any) -> None:
    X, y = np.arange(6.0).reshape(-1, 1), np.arange(6) % 2
    for name in ("sample_weight", "offset"):
        for given, message in (
            ([1, 1, None] * 2, f"Input {name} contains NaN: row 2 has no number"),
            (np.ma.masked_array(np.ones(6), np.arange(6) == 4), f"Input {name} contains NaN: row 4"),
            (pd.array([1, 1, pd.NA] * 2), f"Input {name} contains NaN: row 2"),
            ([1, 1, np.inf] * 2, f"Input {name} contains infinity .*: row 2 has inf"),
            (["a"] * 6, f"{name} must hold numbers. Got <U1, such as 'a'"),
            (np.array([1, "1"] * 3, object), f"{name} must hold numbers. Row 1 has '1'"),
            (pd.date_range("2026-01-01", periods=6), f"{name} must hold numbers. Got datetime64"),
            (np.ones(6) * 1j, f"{name} must hold numbers. Got complex128"),
            ({}, rf"{name}.shape == \(\), expected \(6,\)!"),
            (2.0, rf"{name}.shape == \(\), expected \(6,\)!"),
            (np.ones(5), rf"{name}.shape == \(5,\), expected \(6,\)!"),
            (np.ones((6, 1)), rf"{name}.shape == \(6, 1\), expected \(6,\)!"),
            ([[1], [1, 2]], f"{name} must hold one value per row"),
        ):
            with pytest.raises(ls.DataError, match=message):
                clone(estimator).fit(X, y, **{name: given})
    for weights, message in (
        ([1, -1e-300] * 3, "Negative values in data passed to `sample_weight`: row 1 has -1e-300"),
        ([1, 1e300] * 3, r"sample_weight is too large for single precision \(3.4e38\): row 1 has 1e\+300"),
        ([1e-300] * 6, r"sample_weight is too small for single precision \(1e-45\): the largest, in row 0, is 1e-300"),
    ):
        with pytest.raises(ls.DataError, match=message):
            clone(estimator).fit(X, y, sample_weight=weights)


@pytest.mark.parametrize("estimator", both())
def test_offsets_are_log_odds_and_bounded(estimator: Any) -> None:
    X, y = np.random.default_rng(0).normal(size=(300, 2)), np.arange(300) % 2
    offset = np.zeros(300)
    fitted = clone(estimator).fit(X, y, offset=offset)
    for far in (1e300, -1e300, 1000.001):
        offset[[7, 9]] = -0.5, far
        with pytest.raises(ls.DataError, match=f"offset is in log-odds, from -1000 to 1000: row 9 has {re.escape(str(far))}"):
            clone(estimator).fit(X, y, offset=offset)
        with pytest.raises(ls.DataError, match="offset is in log-odds, from -1000 to 1000: row 9"):
            fitted.predict_proba(X, offset=offset)
    offset = np.where(y == fitted.classes_[1], 900.0, -900.0)
    assert fitted.score(X, y, offset=offset) == 1.0
    assert fitted.score(X, y, np.ones(300), offset=-offset) == 0.0
    offset[[7, 9]] = -1000.0, 1000.0
    assert np.isfinite(clone(estimator).fit(X, y, offset=offset).decision_function(X, offset=offset)).all()


def test_whole_weights_above_ten_thousand_rows_are_repeated_rows_only_nearly() -> None:
    table, won = leads(8_000)
    weights = np.random.default_rng(1).integers(1, 4, 8_000)
    assert weights.sum() > 10_000
    repeated = table.index.repeat(weights)
    for estimator in both():
        weighted = clone(estimator).fit(table, won, sample_weight=weights).predict_proba(table)[:, 1]
        rows = clone(estimator).fit(table.loc[repeated], won[repeated]).predict_proba(table)[:, 1]
        assert 0 < np.abs(weighted - rows).mean() < 0.05, estimator


@pytest.mark.parametrize("estimator", both())
def test_bad_input_is_told_in_scikit_learns_manner(estimator: Any) -> None:
    table, won = leads(300)
    fitted = clone(estimator).fit(table, won)

    def refused(X: Any, y: Any, message: str, error: type[Exception] = ValueError, **more: Any) -> None:
        with pytest.raises(error, match=message):
            clone(estimator).fit(X, y, **more)

    refused(table, np.arange(300) % 3, "Only binary classification is supported. The type of the target is multiclass")
    refused(table, np.linspace(0, 1, 300), "Unknown label type")
    refused(table, np.ones(300), "y contains 1 class")
    refused(table, won[:-1], "inconsistent numbers of samples")
    refused(table, None, "requires y to be passed")
    refused(table.iloc[:0], won[:0], r"Found array with 0 sample\(s\)")
    refused(table[[]], won, r"Found array with 0 feature\(s\)")
    refused(table, won, "Negative values in data passed to `sample_weight`", sample_weight=np.full(300, -1.0))
    refused(table, won, "contains NaN", sample_weight=np.full(300, np.nan))
    refused(table, won, "at least one non-zero number", sample_weight=np.zeros(300))
    refused(table, won, "1 class", sample_weight=won.astype(float))
    refused(table, won, r"sample_weight.shape == \(299,\), expected \(300,\)", sample_weight=np.ones(299))
    refused(table.assign(size=1e308), won, 'infinity or a value too large .* row 0 of column "size" is 1e308')
    refused(table.assign(size=pd.Timestamp("2026-01-01")), won, 'column "size" is datetime64.* convert it')
    refused(table.assign(source=[1, "two"] * 150), won, 'column "source" mixes words')
    refused(table.assign(source=[{}] * 300), won, 'column "source" is neither of numbers nor of words.* argument must be .* string.* number', TypeError)
    refused(table.assign(source=[b"web"] * 300), won, "column \"source\" is neither of numbers nor of words.* b'web'")
    refused(table.assign(source=[10**400] * 300), won, 'column "source" is neither of numbers nor of words.*too large')
    refused(table.assign(source=[[1, 2]] * 300), won, 'column "source" is neither of numbers nor of words')
    refused(pd.concat([table, table[["size"]]], axis=1), won, 'X has several columns "size"; rename or drop all but one')
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(table.rename(columns={"size": "height"}))
    with pytest.raises(ValueError, match="feature names should match"):
        fitted.predict(table[["size", "visits", "source", "asked"]])
    with pytest.raises(ValueError, match='column "size" was numeric in fit, and now holds words'):
        fitted.predict(table.assign(size="large"))
    with pytest.raises(ValueError, match='row 7 of column "size" is inf'):
        fitted.predict(table.assign(size=[1.0] * 7 + [np.inf] + [2.0] * 292))
    X = table[["visits", "asked"]].to_numpy(float)
    with pytest.raises(ValueError, match="X has 3 features, but .*Classifier is expecting 2 features as input"):
        clone(estimator).fit(X, won).predict(np.zeros((4, 3)))
    if hasattr(pl, "LazyFrame"):
        refused(pl.from_pandas(table).lazy(), won, "call .collect\\(\\) first")


@pytest.mark.parametrize("estimator", both())
def test_constant_and_unknown_columns_change_nothing_and_break_nothing(estimator: Any) -> None:
    table, won = leads(400)
    with_useless = table.assign(constant=1.0, unknown=np.nan, nothing=None, one_word="x")
    probability = clone(estimator).fit(with_useless, won).predict_proba(with_useless)
    assert np.isfinite(probability).all()
    alone = clone(estimator).fit(with_useless[["constant", "unknown"]], won).predict_proba(with_useless[["constant", "unknown"]])
    np.testing.assert_allclose(alone[:, 1], won.mean(), rtol=1e-6)


@pytest.mark.parametrize("estimator", [*both(), ls.LogisticClassifier()])
def test_a_weight_of_two_is_the_row_twice_to_the_bit(estimator: Any) -> None:
    table, won = leads(500)
    weights = np.random.default_rng(1).integers(0, 4, 500)
    repeated = table.loc[table.index.repeat(weights)].sample(frac=1, random_state=2)
    expected = clone(estimator).fit(repeated, won[repeated.index.to_numpy()]).predict_proba(table)
    np.testing.assert_array_equal(clone(estimator).fit(table, won, sample_weight=weights).predict_proba(table), expected)


def test_offsets_are_started_from_and_added_again() -> None:
    table, won = leads(3000)
    offset = 0.3 * table["visits"].to_numpy()
    others = table.drop(columns="visits")
    plain = ls.BoostingClassifier(n_estimators=60).fit(others, won)
    given = ls.BoostingClassifier(n_estimators=60).fit(others, won, offset=offset)
    assert log_loss(won, given.predict_proba(others, offset=offset)) < log_loss(won, plain.predict_proba(others)) - 0.02
    shift = given.decision_function(others, offset=offset + 1) - given.decision_function(others, offset=offset)
    np.testing.assert_allclose(shift, 1)
    with pytest.raises(ls.DataError, match="was fitted with offset"):
        given.predict(others)
    with pytest.raises(ls.DataError, match="offset.shape"):
        given.predict(others, offset=offset[:-1])


def test_monotone_constraints_go_by_name() -> None:
    table, won = leads(1000)
    classifier = ls.BoostingClassifier(n_estimators=50, monotone_constraints={"visits": -1}).fit(table, won)
    swept = table.iloc[[3] * 30].assign(visits=np.arange(30))
    assert (np.diff(classifier.decision_function(swept)) <= 0).all()


def test_interaction_constraints_go_by_name() -> None:
    table, won = leads(1000)
    classifier = ls.BoostingClassifier(n_estimators=30, interaction_constraints=[["visits"], ["size", "source", "asked"]]).fit(table, won)
    # What visits add does not depend on the other columns.
    swept = [classifier.decision_function(table.iloc[[row] * 30].assign(visits=np.arange(30))) for row in (0, 5, 9)]
    np.testing.assert_allclose(np.diff(swept[0]), np.diff(swept[1]), atol=1e-9)
    np.testing.assert_allclose(np.diff(swept[0]), np.diff(swept[2]), atol=1e-9)


def test_logistic_attributes_say_how_the_fit_ended() -> None:
    random = np.random.default_rng(0)
    # Of two values each: there is nothing to clip or to draw together before they are standardised.
    X = random.integers(0, 2, (1000, 3)).astype(float)
    y = random.random(1000) < 1 / (1 + np.exp(-X[:, 0] + 2 * X[:, 1]))
    classifier = ls.LogisticClassifier(l2=1.0, tolerance=1e-10).fit(X, y)
    assert classifier.converged_ and classifier.l2_ == 1.0 and classifier.n_iter_ >= 1
    # scikit-learn 1.9's LogisticRegression(C=1) on the same standardised columns.
    peer = LogisticRegression(C=1.0, tol=1e-10).fit((X - X.mean(0)) / X.std(0), y)
    np.testing.assert_allclose(classifier.standardized_coef_, peer.coef_[0], atol=2e-5)
    assert ls.LogisticClassifier().fit(X, y).l2_ > 0


def test_logistic_regression_says_what_only_the_penalty_bounds() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame({"x": random.standard_normal(400), "word": random.choice(["a", "b", "never won"], 400)})
    won = np.where((table["word"] != "never won") & (random.random(400) < 1 / (1 + np.exp(-table["x"]))), "won", "lost")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        classifier = ls.LogisticClassifier(l2=1.0).fit(table, won)
    assert classifier.separated_ is False and classifier.one_class_features_ == ["word"]
    with pytest.warns(ls.DataWarning, match="every row of class 'won' has higher log-odds than all of class 'lost': the penalty alone .l2=0.01."):
        classifier = ls.LogisticClassifier(l2=0.01).fit(table[["x"]], np.where(table["x"] > 0.3, "won", "lost"))
    assert classifier.separated_ is True and classifier.converged_ and classifier.one_class_features_ == []
    # Names of an array's columns; a row without weight, that of the other class, is as if it were not there.
    X = np.column_stack([table["x"], np.where(np.arange(400) < 50, np.nan, table["x"])])
    y = np.where(np.arange(400) < 50, 1, np.arange(400) % 2)
    y[0], weight = 0, np.where(np.arange(400) == 0, 0.0, 1.0)
    assert ls.LogisticClassifier(l2=1.0).fit(X, y).one_class_features_ == []
    assert ls.LogisticClassifier(l2=1.0).fit(X, y, sample_weight=weight).one_class_features_ == ["x1"]
    unfitted = ls.LogisticClassifier()
    with pytest.raises(ls.DataError):
        unfitted.fit(X, np.ones(400))
    with pytest.raises(NotFittedError):
        unfitted.separated_


@pytest.mark.parametrize("estimator", [ls.LogisticClassifier(l2=1.0), ls.BoostingClassifier(n_estimators=2)], ids=["logistic", "boosting"])
def test_other_columns_than_those_of_fit_are_a_data_error(estimator: Any) -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.standard_normal((60, 3)), columns=list("abc"))
    fitted = clone(estimator).fit(table, np.arange(60) % 2)
    for other, message in (
        (table[["b", "a", "c"]], "same order"),
        (table[["a", "b"]], "yet now missing:\n- c"),
        (table.assign(d=1.0), "unseen at fit time:\n- d"),
        (table.rename(columns={"a": "z"}), "unseen at fit time:\n- z"),
    ):
        with pytest.raises(ls.DataError, match=message):
            fitted.predict_proba(other)


def test_threads_change_no_bit() -> None:
    table, won = leads(20_000)
    for estimator in both():
        one, two = (clone(estimator).set_params(n_jobs=n).fit(table, won) for n in (1, 2))
        np.testing.assert_array_equal(one.predict_proba(table), two.predict_proba(table))


def test_other_threads_go_on_while_it_fits() -> None:
    table, won = leads(60_000)
    counted, done = 0, threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    begin = time.monotonic()
    ls.BoostingClassifier(n_estimators=200).fit(table, won)
    took = time.monotonic() - begin
    done.set()
    thread.join()
    assert counted > min(20, took * 20)


FIT = """
import numpy as np
import leadscore as ls
X = np.random.default_rng(0).standard_normal((100000, 20))
ls.BoostingClassifier(n_estimators=5)
print("ready", flush=True)
try:
    ls.BoostingClassifier(n_estimators=50000).fit(X, X[:, 0] > 1)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_stops_a_fit() -> None:
    import signal

    with subprocess.Popen([sys.executable, "-c", FIT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        time.sleep(1.5)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert out == "interrupted\n", err


def test_importing_leadscore_does_not_import_scikit_learn() -> None:
    script = (
        "import sys, leadscore as ls; assert 'sklearn' not in sys.modules and 'numpy' not in sys.modules; sys.modules['sklearn'] = None; sys.modules['sklearn.base'] = None\n"
        "try: ls.BoostingClassifier\n"
        "except ImportError as error: print(error)\n"
        "try: ls.Nothing\n"
        "except AttributeError as error: print(error)\n"
        "from leadscore import *\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "pip install 'leadscore[sklearn]'" in done.stdout and "has no attribute 'Nothing'" in done.stdout, done.stdout + done.stderr
    assert done.returncode == 0, done.stderr


def test_settings_that_others_write_so_are_taken() -> None:
    table, won = leads(300)
    free = ls.BoostingClassifier(n_estimators=5).fit(table, won).predict_proba(table)
    for other in (ls.BoostingClassifier(n_estimators=5, max_depth=-1), ls.BoostingClassifier(n_estimators=5, n_jobs=-2), ls.BoostingClassifier(n_estimators=5, n_jobs=5000)):
        assert (other.fit(table, won).predict_proba(table) == free).all()


@pytest.mark.parametrize("estimator", both())
@pytest.mark.parametrize("weighted", [False, True])
def test_a_bad_number_is_named_by_the_callers_own_row(estimator: Any, weighted: bool) -> None:
    n = 12_000 if weighted else 500
    random = np.random.default_rng(0)
    X, y = random.normal(size=(n, 3)), random.integers(0, 2, n)
    weights = np.ones(n)
    weights[[1, 2, 4]] = 0.0
    X[7, 1] = np.inf
    with pytest.raises(ValueError, match='row 7 of column "x1" is inf'):
        clone(estimator).fit(X, y, sample_weight=weights if weighted else None)
    # What does not count may be anything.
    X[7, 1], X[2, 1] = 0.0, np.inf
    if weighted:
        clone(estimator).fit(X, y, sample_weight=weights)


@pytest.mark.parametrize("estimator", [ls.BoostingClassifier(n_estimators=30), ls.LogisticClassifier()])
def test_weights_below_one_only_compare_rows(estimator: Any) -> None:
    random = np.random.default_rng(1)
    X = random.normal(size=(12_000, 4))
    y = random.random(12_000) < 1 / (1 + np.exp(1 - X[:, 0] - X[:, 1] * X[:, 2]))
    plain = clone(estimator).fit(X, y).predict_proba(X)[:, 1]
    for scale in (1 / 12_000, 1e-6, 0.5):
        scaled = clone(estimator).fit(X, y, sample_weight=np.full(12_000, scale)).predict_proba(X)[:, 1]
        assert np.abs(scaled - plain).max() < 1e-6, scale


def test_one_heavy_row_does_not_blind_the_trees_to_all_others() -> None:
    random = np.random.default_rng(2)
    X = random.normal(size=(20_000, 5))
    y = random.random(20_000) < 1 / (1 + np.exp(1 - X[:, 0] - X[:, 1] * X[:, 2]))
    weights = np.ones(20_000)
    weights[0] = 1e5
    fitted = ls.BoostingClassifier(n_estimators=60).fit(X, y, sample_weight=weights)
    # The heavy row rules the base rate and little else.
    assert roc_auc_score(y, fitted.decision_function(X)) > 0.8


@pytest.mark.parametrize("estimator", [ls.BoostingClassifier(n_estimators=20), ls.LogisticClassifier(l2=1.0)])
def test_offsets_far_from_zero_are_met_by_the_base(estimator: Any) -> None:
    random = np.random.default_rng(3)
    X = random.normal(size=(2_000, 2))
    y = random.random(2_000) < 0.3
    for far in (100.0, 1000.0, -1000.0):
        fitted = clone(estimator).fit(X, y, offset=np.full(2_000, far))
        assert abs(fitted.predict_proba(X, offset=np.full(2_000, far))[:, 1].mean() - y.mean()) < 0.01, far


def test_numbers_that_are_categories_are_found_in_either_precision() -> None:
    random = np.random.default_rng(4)
    X = random.choice([0.1, 0.2, 0.3, 0.7], (3_000, 1))
    y = random.random(3_000) < X[:, 0]
    for fit, ask in ((np.float64, np.float32), (np.float32, np.float64)):
        fitted = ls.BoostingClassifier(n_estimators=20, categorical_features=[0]).fit(X.astype(fit), y)
        assert (fitted.predict_proba(X.astype(ask)) == fitted.predict_proba(X.astype(fit))).all()
        assert (fitted.predict_proba(X[:3].astype(ask)) == fitted.predict_proba(X[:3].astype(fit))).all()


def test_features_of_no_group_interact_with_none() -> None:
    random = np.random.default_rng(5)
    X = random.normal(size=(6_000, 3))
    y = random.random(6_000) < 1 / (1 + np.exp(-2 * np.sign(X[:, 0] * X[:, 2])))
    corners = np.array([[a, 0.0, c] for a in (1.0, -1.0) for c in (1.0, -1.0)])

    def together(groups: Any) -> float:
        fitted = ls.BoostingClassifier(n_estimators=40, interaction_constraints=groups, feature_fraction=1.0, n_jobs=1).fit(X, y)
        a, b, c, d = fitted.decision_function(corners)
        return abs(a - b - c + d)

    assert together(None) > 1.0
    for groups in ([[0, 1]], [[0, 1], [1]], [[0, 1], [2, 1]]):
        assert together(groups) < 1e-9, groups


def test_levels_that_say_nothing_teach_next_to_nothing() -> None:
    random = np.random.default_rng(6)
    excess = []
    for _ in range(3):
        X, other = (pd.DataFrame({"c": random.integers(0, 2_000, 20_000).astype(str), "x": random.normal(size=20_000)}) for _ in range(2))
        y, outcome = (random.random(20_000) < 0.1 for _ in range(2))
        fitted = ls.BoostingClassifier(n_estimators=100).fit(X, y)
        excess.append(log_loss(outcome, fitted.predict_proba(other)[:, 1]) - log_loss(outcome, np.full(20_000, y.mean())))
    assert np.mean(excess) < 0.007, excess


@pytest.mark.parametrize("classifier", [ls.LogisticClassifier(l2=1.0), ls.BoostingClassifier(n_estimators=5)])
def test_categories_that_come_back_as_another_type_are_refused_and_masked_values_are_missing(classifier: Any) -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, 600)
    won = random.random(600) < np.array([0.1, 0.9, 0.4])[codes]
    of_words = clone(classifier).fit(pd.DataFrame({"zip": codes.astype(str)}), won)
    of_numbers = clone(classifier).set_params(categorical_features=["zip"]).fit(pd.DataFrame({"zip": codes}), won)
    for rows in (3, 100):
        with pytest.raises(ls.DataError, match='column "zip" held categories such as \'0\' in fit, and now holds'):
            of_words.predict_proba(pd.DataFrame({"zip": codes[:rows]}))
        with pytest.raises(ls.DataError, match='column "zip" held categories such as 0.0 in fit, and now holds'):
            of_numbers.predict_proba(pd.DataFrame({"zip": codes[:rows].astype(str)}))
        # Nothing known is of no type.
        assert of_words.predict_proba(pd.DataFrame({"zip": [None] * rows})).shape == (rows, 2)
        assert of_words.predict_proba(pd.DataFrame({"zip": [np.nan] * rows})).shape == (rows, 2)
    X = random.normal(size=(600, 2))
    masked = np.ma.masked_array(X, mask=np.abs(X) > 1)
    expected = clone(classifier).fit(np.where(np.abs(X) > 1, np.nan, X), won).predict_proba(X)
    assert (clone(classifier).fit(masked, won).predict_proba(X) == expected).all()


@pytest.mark.parametrize("estimator", [ls.BoostingClassifier(), ls.BoostingClassifier(n_estimators=50), ls.LogisticClassifier()])
def test_rows_in_either_precision_and_what_says_nothing_of_a_row_fit_the_same(estimator: Any) -> None:
    random = np.random.default_rng(0)
    X = random.normal(size=(500, 6))
    y = X[:, 0] + X[:, 1] * X[:, 2] + random.normal(size=500) > 0.5
    expected = clone(estimator).fit(X, y).predict_proba(X)
    for table in (X.astype(np.float32), pd.DataFrame(X.astype(np.float32)), pl.DataFrame(X.astype(np.float32))):
        assert (clone(estimator).fit(table, y).predict_proba(table) == expected).all()
    zeros = np.zeros(500)
    np.testing.assert_allclose(clone(estimator).fit(X, y, offset=zeros).predict_proba(X, offset=zeros), expected, rtol=1e-12)
    np.testing.assert_allclose(clone(estimator).fit(X, y, sample_weight=np.full(500, 0.5)).predict_proba(X), expected, rtol=1e-12)


@pytest.mark.parametrize("estimator", [ls.BoostingClassifier(n_estimators=20), ls.LogisticClassifier()])
def test_a_category_of_rows_without_weight_is_as_if_it_were_not_there(estimator: Any) -> None:
    random = np.random.default_rng(1)
    X = pd.DataFrame({"c": ["a"] + ["b"] * 150 + [None] + ["d"] * 149, "x": np.arange(301.0)})
    y = np.r_[True, random.random(300) < 0.3]
    weights = np.r_[0.0, np.ones(300)]
    with_it, without = clone(estimator).fit(X, y, sample_weight=weights), clone(estimator).fit(X[1:], y[1:])
    assert (with_it.predict_proba(X) == without.predict_proba(X)).all()
    assert with_it.categories_ == without.categories_ == [["b", "d"], None]
