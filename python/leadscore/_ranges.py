"""What each setting of the estimators may be. The library checks again; here the value is told as the caller wrote it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Union

from ._checks import flag, number, whole, word

__all__ = ["BOOSTING", "LOGISTIC", "Flag", "Number", "Range", "Whole", "Word", "setting_name"]


class Whole(NamedTuple):
    """A whole number, as Python's and numpy's are: 10.0 and ``True`` are none."""

    least: int
    most: int | None = None

    def checked(self, name: str, value: Any) -> int:
        """The number, or a :class:`ConfigError` by name."""
        return whole(name, value, self.least, self.most)


class Number(NamedTuple):
    """A finite number of any type of real numbers."""

    words: str
    holds: Callable[[float], bool]

    def checked(self, name: str, value: Any) -> float:
        """The number, or a :class:`ConfigError` by name."""
        return number(name, value, self.words, self.holds)


class Flag(NamedTuple):
    """``True`` or ``False``."""

    def checked(self, name: str, value: Any) -> bool:
        """The answer, or a :class:`ConfigError` by name."""
        return flag(name, value)


class Word(NamedTuple):
    """One of some words."""

    words: tuple[str, ...]

    def checked(self, name: str, value: Any) -> str:
        """The word, or a :class:`ConfigError` by name."""
        return word(name, value, self.words)


Range = Union[Whole, Number, Flag, Word]

_SHARE = Number("in (0, 1]", lambda value: 0 < value <= 1)
_NOT_NEGATIVE = Number("a finite number of at least 0", lambda value: value >= 0)
_POSITIVE = Number("a finite number above 0", lambda value: value > 0)
_MOST_COUNTED = 2**32 - 1

BOOSTING: Mapping[str, Range] = {
    "n_estimators": Whole(1, 100_000),
    "learning_rate": _SHARE,
    "num_leaves": Whole(2, 4096),
    "max_depth": Whole(1),
    "min_child_samples": Whole(1),
    "min_child_weight": _NOT_NEGATIVE,
    "reg_lambda": _NOT_NEGATIVE,
    "min_split_gain": _NOT_NEGATIVE,
    "path_smooth": _NOT_NEGATIVE,
    "max_bins": Whole(2, 65_535),
    "feature_fraction": _SHARE,
    "bagging_fraction": _SHARE,
    "gradient_sampling": _SHARE,
    "early_stopping_rounds": Whole(1),
    "validation_fraction": Number("in (0, 1)", lambda value: 0 < value < 1),
    "cat_smooth": _NOT_NEGATIVE,
    "cat_l2": _NOT_NEGATIVE,
    "max_cat_threshold": Whole(1),
    "max_cat_to_onehot": Whole(0),
    "min_data_per_group": Whole(1),
    "statistics_from": Whole(0),
    "statistics_strength": _POSITIVE,
    "statistics_pairs": Whole(0),
    "min_pair_rows": Whole(1),
    "averaging": Whole(1, 100),
}

LOGISTIC: Mapping[str, Range] = {
    "l2": _POSITIVE,
    "l1_ratio": Number("in [0, 1]", lambda value: 0 <= value <= 1),
    "log_transform": Flag(),
    "standardize": Flag(),
    "level_statistics": Flag(),
    "max_iterations": Whole(1, _MOST_COUNTED),
    "tolerance": _POSITIVE,
    "folds": Whole(2, 100),
    "min_level_rows": Whole(1, _MOST_COUNTED),
    "solver": Word(("auto", "newton", "lbfgs")),
}


def setting_name(name: str) -> str:
    """What the library calls a setting. scikit-learn takes what has an attribute ``transform`` for a transformer.

    >>> setting_name("log_transform"), setting_name("l2")
    ('transform', 'l2')
    """
    return "transform" if name == "log_transform" else name
