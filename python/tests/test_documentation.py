"""The stub is true, the types hold, and every example in a docstring runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import json
import math
import pathlib
import pkgutil
import re
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import leadscore as ls

ROOT = pathlib.Path(__file__).resolve().parents[2]


def modules() -> list[str]:
    return ["leadscore", *(f"leadscore.{module.name}" for module in pkgutil.iter_modules(ls.__path__))]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    found = {test.name: test for test in finder.find(module, name)}
    if name == "leadscore":
        # Native classes and functions: the finder takes them for foreign.
        for public in ls.__all__:
            value = getattr(ls, public)
            members = [(public, value), *((f"{public}.{n}", m) for n, m in inspect.getmembers(value))] if inspect.isclass(value) else [(public, value)]
            for label, member in members:
                documentation = getattr(member, "__doc__", None)
                if documentation and ">>>" in documentation:
                    found[label] = doctest.DocTestParser().get_doctest(documentation, {}, label, None, None)
    for test in found.values():
        runner.run(test)
    assert runner.failures == 0


@pytest.mark.parametrize("name", [*sorted(ls.__all__), *ls._ESTIMATORS])
def test_every_public_name_is_documented(name: str) -> None:
    value = getattr(ls, name)
    if not isinstance(value, str):
        assert inspect.getdoc(value)
    if inspect.isclass(value) and value.__module__ == "leadscore":
        for member, found in inspect.getmembers(value):
            # What a builtin exception has of its own is documented by Python, or not at all.
            inherited = any(member in vars(base) for base in value.__mro__ if base.__module__ == "builtins")
            if not member.startswith("_") and not inherited and (callable(found) or inspect.isdatadescriptor(found)):
                assert inspect.getdoc(found), f"{name}.{member}"


def parameters(documented: Any) -> dict[str, str]:
    """What a docstring says of each parameter."""
    found = re.findall(r"^:param (\w+):(.*?)(?=^:|^$|\Z)", inspect.getdoc(documented) or "", flags=re.MULTILINE | re.DOTALL)
    return {name: " ".join(words.split()) for name, words in found}


@pytest.mark.parametrize("name", ls._ESTIMATORS)
def test_every_parameter_of_an_estimator_is_documented_with_its_default(name: str) -> None:
    estimator = getattr(ls, name)
    told = parameters(estimator)
    assert list(told) == list(inspect.signature(estimator).parameters)
    for parameter, words in told.items():
        assert "``None``" in words, parameter
    for method in ("fit", "decision_function", "predict_proba", "predict"):
        taken = [parameter for parameter in inspect.signature(getattr(estimator, method)).parameters if parameter != "self"]
        assert list(parameters(getattr(estimator, method))) == taken, method


SHARE = ([1e-9, 0.5, 1, 1.0], [0, -0.1, 1.0000001, 2])
NOT_NEGATIVE = ([0, 1e-9, 1e6], [-1e-9, -1])
POSITIVE = ([1e-3, 1, 1e6], [0, -1e-9, -1.0])
COUNT = ([1, 2**40], [0, -1])
SMALLER_COUNT = ([1, 2**32 - 1], [0, -1, 2**32])
FLAG = ([True, False, np.True_], [])
# What the docstring says of each range, and values just within it and just outside.
BOOSTING: dict[str, tuple[str, tuple[list[Any], list[Any]]]] = {
    "n_estimators": ("a whole number from 1 to 100,000", ([1, 100_000], [0, -1, 100_001])),
    "learning_rate": ("above 0, at most 1", SHARE),
    "num_leaves": ("a whole number from 2 to 4096", ([2, 4096], [1, 0, 4097])),
    "max_depth": ("a whole number of at least 1", ([1, 2**40], [0])),
    "min_child_samples": ("a whole number of at least 1", COUNT),
    "min_child_weight": ("at least 0", NOT_NEGATIVE),
    "reg_lambda": ("at least 0", NOT_NEGATIVE),
    "min_split_gain": ("at least 0", NOT_NEGATIVE),
    "path_smooth": ("at least 0", NOT_NEGATIVE),
    "max_bins": ("a whole number from 2 to 65,535", ([2, 65_535], [1, 65_536])),
    "feature_fraction": ("above 0, at most 1", SHARE),
    "bagging_fraction": ("above 0, at most 1", SHARE),
    "gradient_sampling": ("above 0, at most 1", SHARE),
    "early_stopping_rounds": ("a whole number of at least 1", COUNT),
    "validation_fraction": ("above 0, below 1", ([1e-9, 0.5, 0.9999999], [0, 1, -0.1, 1.1])),
    "cat_smooth": ("at least 0", NOT_NEGATIVE),
    "cat_l2": ("at least 0", NOT_NEGATIVE),
    "max_cat_threshold": ("a whole number of at least 1", COUNT),
    "max_cat_to_onehot": ("a whole number of at least 0", ([0, 2**40], [-1])),
    "min_data_per_group": ("a whole number of at least 1", COUNT),
    "statistics_from": ("a whole number of at least 0", ([0, 2**40], [-1])),
    "statistics_strength": ("above 0", POSITIVE),
    "statistics_pairs": ("a whole number of at least 0", ([0, 2**40], [-1])),
    "min_pair_rows": ("a whole number of at least 1", COUNT),
    "averaging": ("a whole number from 1 to 100", ([1, 100], [0, 101])),
}
LOGISTIC: dict[str, tuple[str, tuple[list[Any], list[Any]]]] = {
    "l2": ("above 0", POSITIVE),
    "l1_ratio": ("from 0 to 1", ([0, 0.5, 1], [-1e-9, 1.0000001])),
    "log_transform": ("whether", FLAG),
    "standardize": ("whether", FLAG),
    "level_statistics": ("whether", FLAG),
    "max_iterations": ("a whole number from 1 to 4294967295", SMALLER_COUNT),
    "tolerance": ("above 0", POSITIVE),
    "folds": ("a whole number from 2 to 100", ([2, 100], [1, 101])),
    "min_level_rows": ("a whole number from 1 to 4294967295", SMALLER_COUNT),
    "solver": ('``"auto"``, ``"newton"`` or ``"lbfgs"``', (["auto", "newton", "lbfgs"], ["magic", "", 1])),
}
# Those of other types than numbers and flags, whose errors are tested one by one.
OTHERS = {"monotone_constraints", "interaction_constraints", "categorical_features", "random_state", "n_jobs"}
CASES = [("BoostingClassifier", BOOSTING, name) for name in BOOSTING] + [("LogisticClassifier", LOGISTIC, name) for name in LOGISTIC]


def test_every_range_is_held_to_its_words() -> None:
    for estimator, table in ((ls.BoostingClassifier, BOOSTING), (ls.LogisticClassifier, LOGISTIC)):
        assert set(inspect.signature(estimator).parameters) - OTHERS == set(table)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize(("estimator", "table", "setting"), CASES, ids=[f"{estimator}.{setting}" for estimator, _, setting in CASES])
def test_the_documented_range_of_a_setting_is_the_true_one(estimator: str, table: Any, setting: str) -> None:
    words, (within, outside) = table[setting]
    assert words in parameters(getattr(ls, estimator))[setting]
    random = np.random.default_rng(0)
    X, y = random.normal(size=(60, 3)), np.arange(60) % 2
    few = {"n_estimators": 3} if estimator == "BoostingClassifier" else {"l2": 1.0}
    if setting == "n_estimators":
        # Of a column of one value no tree can be made, however many are asked for.
        X, few = np.zeros((60, 1)), {"bagging_fraction": 1.0}
    if setting == "folds":
        few = {}
    for value in within:
        getattr(ls, estimator)(**{**few, setting: value}).fit(X, y)
    flag, whole = words == "whether", "whole" in words
    for value in [*outside, math.nan, math.inf, -math.inf, "x", "1", [1], {}, np.array([1]), 1j, 10**400, *((1.5, 10.0) if whole else ()), *((0, 1, 1.0) if flag else (True, np.False_))]:
        with pytest.raises(ls.ConfigError, match=f"^{setting} must be .*Got ") as told:
            getattr(ls, estimator)(**{**few, setting: value}).fit(X, y)
        assert len(str(told.value)) < 200
    # The library itself refuses what is outside, whoever asks.
    for value in outside:
        given = json.dumps({setting: value})
        with pytest.raises(ls.ConfigError, match=setting):
            ls._leadscore.fit_classifier(getattr(ls, estimator)._algorithm, given, ["x"] * X.shape[1], X, [None] * X.shape[1], y == 1, None, None, None, 1)


def test_the_stub_is_true_and_the_types_hold(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("mypy")
    # scikit-learn makes these methods by itself, one for each method that takes metadata.
    made = tmp_path / "made_by_scikit_learn.txt"
    made.write_text("leadscore(\\._estimators)?\\..*\\.set_.*_request\n")
    stubtest = ["mypy.stubtest", "leadscore", "--mypy-config-file", "pyproject.toml", "--allowlist", str(made), "--ignore-unused-allowlist"]
    for command in (["mypy"], stubtest):
        done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
