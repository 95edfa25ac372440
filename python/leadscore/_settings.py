"""What a training and a retraining may be asked: features, algorithms, the gate."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from ._errors import ConfigError

__all__ = ["Boosting", "Features", "Gate", "Logistic"]


@dataclass(kw_only=True)
class Features:
    """Which features are made of events.

    Spans are written ``"30m"``, ``"12h"``, ``"7d"``, ``"2w"``.

    :param windows: lengths of the windows ``(as_of - w, as_of]`` over which events are counted; "ever" is always added.
    :param half_lives: half-lives of the decayed counts and sums.
    :param kinds: the only kinds (or groups of the schema) of events to read; all by default.
    :param min_category_leads: a category, kind or channel gets its own place when at least this many leads have it.
    :param max_categories: at most this many categories an attribute, the most common ones.
    :param max_kinds: at most this many kinds of events, the most common ones.

    >>> Features(windows=("7d", "30d"), kinds=["demo_request"]).windows
    ('7d', '30d')
    """

    windows: Sequence[str] = ("1d", "7d", "30d", "90d")
    half_lives: Sequence[str] = ("7d", "30d")
    kinds: Sequence[str] | None = None
    min_category_leads: int = 20
    max_categories: int = 250
    max_kinds: int = 100


@dataclass(kw_only=True)
class Gate:
    """What a challenger must show before it replaces the champion; both are measured on the same newest snapshots, which neither has seen.

    :param log_loss_margin: by how much the challenger's log loss may be above the champion's.
    :param auc_margin: by how much its AUC may be below the champion's.
    :param min_positives: wins that the block of snapshots must hold for a comparison.

    >>> Gate(min_positives=200)
    Gate(log_loss_margin=0.002, auc_margin=0.005, min_positives=200)
    """

    log_loss_margin: float = 0.002
    auc_margin: float = 0.005
    min_positives: int = 100


class _Algorithm:
    """Settings by name; those not given stay at the library's defaults."""

    _name: str

    def __init__(self, **settings: Any) -> None:
        self.__dict__.update({name: value for name, value in settings.items() if value is not None})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment]


class Logistic(_Algorithm):
    """Logistic regression with L2 penalty on standardised features.

    >>> Logistic(l2=0.1)
    Logistic(l2=0.1)
    """

    _name = "logistic"

    def __init__(self, *, l2: float | None = None, **settings: Any) -> None:
        super().__init__(l2=l2, **settings)


class Boosting(_Algorithm):
    """Histogram gradient boosting of trees. The names are LightGBM's.

    :param n_estimators: trees at most; early stopping may take fewer.
    :param learning_rate: how much of each tree is taken.
    :param num_leaves: leaves of a tree at most.
    :param min_child_samples: rows of a leaf at least.

    >>> Boosting(num_leaves=15, learning_rate=0.05)
    Boosting(learning_rate=0.05, num_leaves=15)
    """

    _name = "boosting"

    def __init__(
        self,
        *,
        n_estimators: int | None = None,
        learning_rate: float | None = None,
        num_leaves: int | None = None,
        min_child_samples: int | None = None,
        **settings: Any,
    ) -> None:
        super().__init__(
            n_estimators=n_estimators,
            learning_rate=learning_rate,
            num_leaves=num_leaves,
            min_child_samples=min_child_samples,
            **settings,
        )


def algorithm_json(algorithm: object) -> str:
    """``"auto"``, ``"logistic"``, ``"boosting"``, or the settings of one, as JSON ``{"name": ..., "settings": {...}}``."""
    if isinstance(algorithm, _Algorithm):
        return json.dumps({"name": algorithm._name, "settings": algorithm.__dict__})
    if algorithm in ("auto", "logistic", "boosting"):
        return json.dumps({"name": algorithm, "settings": {}})
    raise ConfigError(f'algorithm must be "auto", "logistic", "boosting", ls.Logistic(...) or ls.Boosting(...). Got {algorithm!r}')


def features_json(features: Features | Mapping[str, Any] | None) -> str:
    """The settings of features as JSON."""
    given = asdict(features) if isinstance(features, Features) else dict(features or {})
    for name in ("windows", "half_lives", "kinds"):
        if isinstance(given.get(name), str):
            raise ConfigError(f"features.{name} must be a sequence of words. Got the single word {given[name]!r}")
    return json.dumps({name: list(value) if isinstance(value, (tuple, list, set)) else value for name, value in given.items() if value is not None})
