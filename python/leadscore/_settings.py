"""What a training and a retraining may be asked: features, algorithms, the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from ._checks import whole
from ._errors import ConfigError
from ._ranges import BOOSTING, LOGISTIC, Range, setting_name

__all__ = ["Boosting", "Features", "Gate", "Logistic"]


@dataclass(kw_only=True)
class Features:
    """Which features are made of events.

    Spans are written ``"30m"``, ``"12h"``, ``"7d"``, ``"2w"``.

    :param windows: lengths of the windows ``(as_of - w, as_of]`` over which events are counted; "ever" is always added.
    :param half_lives: half-lives of the decayed counts and sums.
    :param kinds: the only kinds (or groups or intents of the schema) of events to read; all by default.
    :param families: what is made of all events together, of groups of kinds and of intent signals: ``"counts"``, ``"active_days"``, ``"recency"``,
        ``"decays"``, ``"sums"``, ``"values"``, ``"momentum"``, ``"trend"``, ``"gaps"``, ``"streaks"``, ``"edges"`` (first and last kind and channel),
        ``"variety"``, ``"clock"`` (nights and weekends, and day and hour of creation by the lead's clock, in UTC without it; see
        ``lead_time_zone`` of :class:`Schema`). Not by default: ``"response"`` (time to first contact, who answers
        whom how soon; needs ``initiator`` in the schema), for it says what sales thought of the lead; and ``"account"`` (what the other words tell of the
        lead's own events, told of those of the other leads of its account as well; needs ``account`` in the schema), for whoever scores one lead must then give
        those events (``account_events`` of :meth:`Model.score_one`). Give tables all leads of an account, closed ones too: who is left out is not seen. With
        ``"edges"``, ``account.first_delay`` counts from the lead's own creation to the first event of the others, below 0 when they were active before; with
        ``"response"``, ``account.response.first_contact`` counts to the first contact by sales with one of them, and the other ``account.response`` features pool the
        answers found in each other lead's own stream (the mean, and the last one). Of an account, the newest 1,024 events count, for all of these.
    :param kind_families: what is made of each single kind; the same words but ``"response"``; with ``"account"`` each kind is told of the account's other leads
        as well (``account.demo_request.count.7d``). ``"edges"``, ``"variety"`` and ``"clock"`` are of
        all events only, and make nothing here.
    :param min_category_leads: a category, kind or channel, or a pair of categories that boosting tells apart, gets its own place when at least this many leads have it.
    :param max_categories: at most this many categories an attribute, the most common ones.
    :param max_kinds: at most this many kinds of events, the most common ones.
    :param attribute_parts: whether attributes are taken apart: e-mail addresses (well-formed, provider, shared mailbox, domain), telephone numbers (well-formed,
        country), job titles (seniority, department), dates (month, weekday, days after creation).

    >>> import leadscore as ls
    >>> ls.Features(windows=("7d", "30d"), kinds=["demo_request"]).windows
    ('7d', '30d')
    """

    windows: Sequence[str] = ("1d", "7d", "30d", "90d")
    half_lives: Sequence[str] = ("7d", "30d")
    kinds: Sequence[str] | None = None
    families: Sequence[str] = (
        "counts",
        "active_days",
        "recency",
        "decays",
        "sums",
        "values",
        "momentum",
        "trend",
        "gaps",
        "streaks",
        "edges",
        "variety",
        "clock",
    )
    kind_families: Sequence[str] = ("counts", "active_days", "recency", "decays", "sums", "gaps")
    min_category_leads: int = 20
    max_categories: int = 10_000
    max_kinds: int = 100
    attribute_parts: bool = True


@dataclass(kw_only=True)
class Gate:
    """What a challenger must show before it replaces the champion; both are measured on the same newest snapshots, which neither has seen.

    :param log_loss_margin: by how much the challenger's log loss may be above the champion's.
    :param auc_margin: by how much its AUC may be below the champion's.
    :param min_positives: wins that the block of snapshots must hold for a comparison.

    >>> import leadscore as ls
    >>> ls.Gate(min_positives=200)
    Gate(log_loss_margin=0.002, auc_margin=0.005, min_positives=200)
    """

    log_loss_margin: float = 0.002
    auc_margin: float = 0.005
    min_positives: int = 100


class _Algorithm:
    """Settings by name; those that are ``None`` stay at the library's defaults."""

    _ranges: ClassVar[Mapping[str, Range]]

    def _given(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if value is not None}

    def _checked(self) -> dict[str, Any]:
        """What is given, each within its range."""
        return {setting_name(name): self._ranges[name].checked(name, value) for name, value in self._given().items()}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._given().items())})"


@dataclass(kw_only=True, repr=False)
class Logistic(_Algorithm):
    """Logistic regression with an L2 penalty, or an elastic net, on standardised features. What is ``None`` stays at the library's default.

    :param l2: strength of the penalty, above 0 (scikit-learn's ``1 / C``); by default chosen by cross-validation.
    :param l1_ratio: share of the penalty that is on magnitudes instead of squares (elastic net), from 0 to 1. By default 0.
    :param log_transform: whether heavy-tailed numbers may be replaced by their signed logarithm, where that tells more of the outcome. By default they may.
    :param standardize: whether numbers are divided by their standard deviation before their coefficients are penalised. By default they are.
    :param level_statistics: whether columns of more than 64 categories also tell the share of won rows of their categories. By default when that lowers the log loss
        of rows that are held out for the question.
    :param solver: ``"newton"``, or ``"lbfgs"`` for linfa-logistic's, an independent check: for equal weights only, slower, and it cannot be stopped while
        it runs. By default ``"auto"``, which is Newton's method.
    :param max_iterations: iterations of the solver at most.
    :param tolerance: largest component of the mean gradient at which the fit has converged.
    :param folds: folds that choose the penalty, 2 to 100.
    :param min_level_rows: a category has a coefficient of its own from this many rows on.

    >>> import leadscore as ls
    >>> ls.Logistic(l2=0.1)
    Logistic(l2=0.1)
    """

    _ranges: ClassVar[Mapping[str, Range]] = LOGISTIC

    l2: float | None = None
    l1_ratio: float | None = None
    log_transform: bool | None = None
    standardize: bool | None = None
    level_statistics: bool | None = None
    solver: str | None = None
    max_iterations: int | None = None
    tolerance: float | None = None
    folds: int | None = None
    min_level_rows: int | None = None


@dataclass(kw_only=True, repr=False)
class Boosting(_Algorithm):
    """Histogram gradient boosting of trees. Names and meanings are LightGBM's; what is ``None`` stays at the library's default.

    :param n_estimators: the number of trees, which are all grown unless ``early_stopping_rounds`` is given, too; each of the models that are averaged has as many. Left alone, rows
        not seen in training settle it, and with it the leaves of a tree; where fewer than 100 leads have the rarer outcome and all that says what a leaf may be is left alone, too, the trees
        start from a ridge regression (see :class:`BoostingClassifier`).
    :param learning_rate: how much of each tree is taken, above 0, at most 1.
    :param num_leaves: leaves of a tree at most.
    :param max_depth: depth of a tree at most.
    :param min_child_samples: rows of a leaf at least.
    :param min_child_weight: sum of the hessian of a leaf at least.
    :param reg_lambda: L2 penalty on the values of leaves.
    :param min_split_gain: gain of a split at least.
    :param path_smooth: how strongly leaves are drawn to their parents.
    :param max_bins: bins of a feature at most, 2 to 255.
    :param feature_fraction: share of the features that each tree may use.
    :param bagging_fraction: share of the rows that the shape of each tree is chosen on, drawn anew; the values of its leaves are those of all rows.
    :param early_stopping_rounds: trees without improvement after which fitting stops.
    :param validation_fraction: share of the rows, the newest, that early stopping looks at.
    :param cat_smooth: rows that a category must have to be told apart, and smoothing of categories in the order of their rates; left alone 10, or 100 times the rows of a lead, as cross-validation likes better.
    :param cat_l2: L2 penalty of splits by category.
    :param max_cat_threshold: categories on the smaller side of a split at most.
    :param max_cat_to_onehot: features with at most this many categories are split one against the rest.
    :param min_data_per_group: rows of a category at least.
    :param statistics_from: a category of at least so many levels also has an ordered target statistic (Prokhorenkova et al. 2018); left alone 19, a huge number, as ``2**40``, for none.
    :param statistics_strength: how many rows of the overall rate are mixed into each level's statistic.
    :param statistics_pairs: pairs of categorical features at most that have an ordered target statistic, if there are such whose levels say together what they do not say one by one; a
        pair of levels has a value of its own from ``features.min_category_leads`` leads on. Left alone, up to 8, or none if rows not seen in training are told better so.
    :param gradient_sampling: share of the rows that each tree's shape is chosen on, above 0, at most 1.
    :param averaging: models that are fitted, each with draws of its own, and averaged on the log-odds: so many times the trees and the time, and a little better. Left alone, :func:`train` averages 3 models of up to 50,000 rows.

    >>> import leadscore as ls
    >>> ls.Boosting(num_leaves=15, learning_rate=0.05)
    Boosting(learning_rate=0.05, num_leaves=15)
    """

    _ranges: ClassVar[Mapping[str, Range]] = BOOSTING

    n_estimators: int | None = None
    learning_rate: float | None = None
    num_leaves: int | None = None
    max_depth: int | None = None
    min_child_samples: int | None = None
    min_child_weight: float | None = None
    reg_lambda: float | None = None
    min_split_gain: float | None = None
    path_smooth: float | None = None
    max_bins: int | None = None
    feature_fraction: float | None = None
    bagging_fraction: float | None = None
    early_stopping_rounds: int | None = None
    validation_fraction: float | None = None
    cat_smooth: float | None = None
    cat_l2: float | None = None
    max_cat_threshold: int | None = None
    max_cat_to_onehot: int | None = None
    min_data_per_group: int | None = None
    statistics_from: int | None = None
    statistics_strength: float | None = None
    statistics_pairs: int | None = None
    gradient_sampling: float | None = None
    averaging: int | None = None


def algorithm_settings(algorithm: object) -> dict[str, Any]:
    """``"auto"``, ``"logistic"``, ``"boosting"``, or the settings of one, as ``{"name": ..., "settings": {...}}``."""
    if isinstance(algorithm, (Logistic, Boosting)):
        return {"name": type(algorithm).__name__.lower(), "settings": algorithm._checked()}
    if isinstance(algorithm, str) and algorithm in ("auto", "logistic", "boosting"):
        return {"name": algorithm, "settings": {}}
    raise ConfigError(f'algorithm must be "auto", "logistic", "boosting", ls.Logistic(...) or ls.Boosting(...). Got {algorithm!r}')


def gate_settings(gate: Gate | None) -> dict[str, Any]:
    """What a challenger must show."""
    if not isinstance(gate, (Gate, type(None))):
        raise ConfigError(f"gate must be ls.Gate(...). Got {gate!r}")
    given = asdict(gate or Gate())
    return {**given, "min_positives": whole("gate.min_positives", given["min_positives"], 1)}


def features_settings(features: Features | None) -> dict[str, Any]:
    """The settings of features, spans as text."""
    if not isinstance(features, (Features, type(None))):
        raise ConfigError(f"features must be ls.Features(...). Got {features!r}")
    given = asdict(features or Features())
    for name in ("windows", "half_lives", "kinds", "families", "kind_families"):
        if isinstance(given.get(name), str):
            raise ConfigError(f"features.{name} must be a sequence of words. Got the single word {given[name]!r}")
        for word in given.get(name) or ():
            if not isinstance(word, str):
                example = 'spans such as "7d"' if name in ("windows", "half_lives") else "words"
                raise ConfigError(f"features.{name} must be {example}. Got {word!r}")
    for name in ("min_category_leads", "max_categories", "max_kinds"):
        given[name] = whole(f"features.{name}", given[name], 0)
    return {name: list(value) if isinstance(value, (tuple, list, set)) else value for name, value in given.items()}
