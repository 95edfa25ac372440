"""The two models as scikit-learn estimators on a plain ``X, y``.

This module needs scikit-learn and is imported when one of its classes is asked for; ``import leadscore`` alone does without.
"""

from __future__ import annotations

import json
import numbers
import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import accuracy_score
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from ._checks import shown
from ._column_settings import interaction_groups, monotone_signs, positions
from ._columns import Categories, Column, Dictionary, dictionary, frame_columns, matrix_columns, native_frame
from ._errors import ConfigError, DataError, DataWarning
from ._leadscore import FittedClassifier, fit_classifier, refuse_infinite
from ._per_row import read_groups, read_labels, read_offsets, read_weights
from ._ranges import BOOSTING, LOGISTIC, Range, setting_name
from ._row_order import FEW_ROWS, canonical

__all__ = ["BoostingClassifier", "LogisticClassifier"]


class _Classifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What both estimators have in common: reading tables and labels, and asking the fitted model."""

    _algorithm: str
    _ranges: Mapping[str, Range]

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None, offset: Any = None) -> Any:
        """Fits the model.

        :param X: a table, rows x features: an array, nested lists, or a frame of pandas, polars or pyarrow. NaN and null are "not known"; infinite values are refused.
        :param y: a label per row, of two: words, whole numbers or booleans, none missing. The second in sorted order is the one whose probability is modelled.
        :param sample_weight: a finite weight of at least 0 per row; a weight of 2 is the row twice, 0 is as if it were not there. ``None``: 1 each. Up to 10,000 rows (whole weights
            counted as so many; no ``groups``, no early stopping) a fit to whole weights is that to the repeated rows to the bit, whatever the order of the rows. Above 10,000 rows it is not
            to the bit, and the order of the rows counts: settings that count rows, such as ``min_child_samples``, draws of rows and folds count a row once whatever
            its weight. Weights that are all below 1 can count no rows: they say how much one weighs beside another, and are brought to the mean 1 (a penalty that is given stays as it is).
        :param groups: which rows belong together (those of one lead, say): a word or a number per row, none missing. What is learned of a category from one row of a group is not told
            another. ``None``: each row is a group of its own.
        :param offset: log-odds per row that are known beforehand, from -1000 to 1000: beyond 745 a probability is 0 or 1 in double precision already. The model learns what is left; give them
            again when predicting. ``None``: 0 each.
        :returns: the estimator itself.
        :raises DataError: (a ``ValueError``) for values that cannot be learned from, such as infinite ones or labels of one class, with the row.
        :raises ConfigError: (a ``ValueError``) for a setting outside its range, with the range and what was given.
        """
        columns = self._training_columns(X)
        rows = len(columns) if isinstance(columns, numpy.ndarray) else len(columns[0])
        self.classes_, won = read_labels(y, rows, self)
        weights = read_weights(sample_weight, rows)
        offset = read_offsets(offset, rows)
        groups = read_groups(groups, rows)
        # Rows change places below, and messages speak of those that the caller knows.
        places = numpy.arange(rows, dtype=numpy.int64)
        if weights is not None:
            # What a row without weight says, such as where bins could lie, must not count either.
            kept = weights > 0
            if not kept.all():
                columns = columns[kept] if isinstance(columns, numpy.ndarray) else self._without_unseen([column[kept] for column in columns])
                won, weights, places = won[kept], weights[kept], places[kept]
                groups = None if groups is None else groups[kept]
                offset = None if offset is None else offset[kept]
                refuse_infinite(self._names, columns, places)
                rows = len(won)
        if groups is None and getattr(self, "early_stopping_rounds", None) is None and rows <= FEW_ROWS:
            refuse_infinite(self._names, columns, places)
            columns, won, weights, offset = canonical(columns, won, weights, offset)
            rows = len(won)
        if won.all() or not won.any():
            raise DataError(f"y contains 1 class in {rows} rows of positive weight, {self.classes_.tolist()[int(won[0])]!r}; a classifier needs 2 classes: give rows of the other a weight above 0")
        self._fitted: FittedClassifier = fit_classifier(
            self._algorithm,
            json.dumps(self._settings()),
            self._names,
            columns,
            [None if categories is None else len(categories.words) for categories in self._categories],
            won,
            weights,
            groups,
            offset,
            self._workers(),
        )
        self._offset_given = offset is not None
        self._numeric = not any(self._categories)
        self._after_fit()
        return self

    def decision_function(self, X: Any, *, offset: Any = None) -> Any:
        """The log-odds of the second class.

        :param X: a table of the columns that ``fit`` saw, as there.
        :param offset: log-odds per row, from -1000 to 1000, which are added; needed when ``fit`` was given them.
        :returns: an array of float64, one per row.
        :raises DataError: (a ``ValueError``) for columns that differ from those of ``fit``, infinite values, or offsets out of range.
        """
        columns, offset = self._columns(X, offset)
        return self._fitted.log_odds(columns, offset, self._workers())

    def predict_proba(self, X: Any, *, offset: Any = None) -> Any:
        """The probabilities of both classes.

        :param X: a table of the columns that ``fit`` saw, as there.
        :param offset: as for :meth:`decision_function`.
        :returns: an array of float64, rows x 2, in the order of ``classes_``; each row sums to 1.
        :raises DataError: as for :meth:`decision_function`.
        """
        columns, offset = self._columns(X, offset)
        return self._fitted.probabilities(columns, offset, self._workers())

    def predict(self, X: Any, *, offset: Any = None) -> Any:
        """The more probable class.

        :param X: a table of the columns that ``fit`` saw, as there.
        :param offset: as for :meth:`decision_function`.
        :returns: an array of labels, one per row; at a probability of one half the first of ``classes_``.
        :raises DataError: as for :meth:`decision_function`.
        """
        log_odds = self.decision_function(X, offset=offset)
        return self.classes_[(log_odds > 0).astype(int)]

    def score(self, X: Any, y: Any, sample_weight: Any = None, *, offset: Any = None) -> float:
        """The share of rows whose class :meth:`predict` tells.

        :param X: a table of the columns that ``fit`` saw, as there.
        :param y: the true label per row.
        :param sample_weight: how much each row counts, at least 0. ``None``: 1 each.
        :param offset: as for :meth:`decision_function`.
        :returns: between 0 and 1.
        :raises DataError: as for :meth:`decision_function`.
        """
        return float(accuracy_score(y, self.predict(X, offset=offset), sample_weight=sample_weight))

    @property
    def feature_importances_(self) -> Any:
        """How much each feature matters: its share of the gain of all splits (boosting), the standard deviation of its log-odds (logistic)."""
        check_is_fitted(self)
        return numpy.array(self._fitted.importance())

    @property
    def categories_(self) -> list[Any]:
        """Per feature the categories that training saw, ``None`` for a numeric one."""
        check_is_fitted(self)
        return [None if categories is None else list(categories.words) for categories in self._categories]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        # A lead is won or lost: the models are of one probability.
        tags.classifier_tags.multi_class = False
        return tags

    def _after_fit(self) -> None:
        raise NotImplementedError

    def _training_columns(self, X: Any) -> Any:
        """The table to learn from; sets what is known of its columns."""
        frame = native_frame(X)
        if frame is None:
            X = _array(self, X, reset=True)
            self._names = [f"x{i}" for i in range(X.shape[1])]
            asked = positions(self.categorical_features, self._names)
            if X.dtype in (numpy.float32, numpy.float64) and X.flags.aligned and not asked:
                self._categories: list[Categories | None] = [None] * X.shape[1]
                return X
            columns = matrix_columns(X)
        else:
            _named(self, frame, reset=True)
            self._names, columns = frame_columns(frame)
            asked = positions(self.categorical_features, self._names)
        self._categories = [_categories(column, i in asked, name) for i, (column, name) in enumerate(zip(columns, self._names))]
        return self._encoded(columns)

    def _columns(self, X: Any, offset: Any) -> tuple[Any, Any]:
        """The table to predict, and the offsets."""
        columns: Any
        if "_fitted" not in self.__dict__:
            # It looks at the tags, which takes longer than predicting a row.
            check_is_fitted(self)
        numeric = self._numeric
        plain = type(X) is numpy.ndarray and X.ndim == 2 and X.dtype in _FLOATS and len(X) and X.shape[1] == self.n_features_in_ and X.flags.aligned
        if plain and (numeric or len(X) <= _SINGLE_ROWS) and not hasattr(self, "feature_names_in_"):
            # Most of the time of a single row would be spent on checks that these say pass.
            columns = X if numeric else self._coded(X)
        else:
            frame = native_frame(X)
            if frame is None:
                X = _array(self, X, reset=False)
                columns = X if numeric and X.dtype in _FLOATS and X.flags.aligned else self._encoded(matrix_columns(X))
            else:
                _named(self, frame, reset=False)
                columns = self._encoded(frame_columns(frame)[1])
        if offset is None and not self._offset_given:
            return columns, None
        if offset is None:
            raise DataError("the model was fitted with offset; give offset, the same log-odds for the rows to predict (zeros for none)")
        return columns, read_offsets(offset, len(columns) if isinstance(columns, numpy.ndarray) else len(columns[0]))

    def _coded(self, X: Any) -> Any:
        """A small matrix with its categories as codes."""
        coded = X.copy()
        for i, categories in enumerate(self._categories):
            if categories is not None:
                coded[:, i] = categories.codes(X[:, i], self._names[i])
        return coded

    def _encoded(self, columns: Sequence[Column]) -> list[Any]:
        encoded = []
        for column, categories, name in zip(columns, self._categories, self._names):
            if categories is not None:
                column = categories.codes(column, name)
            elif isinstance(column, Dictionary):
                if len(column.words) and (numpy.asarray(column.codes) >= 0).any():
                    raise DataError(f'column "{name}" was numeric in fit, and now holds words such as {column.words[0]!r}')
                column = numpy.full(len(column.codes), numpy.nan, numpy.float32)
            encoded.append(column)
        return encoded

    def _without_unseen(self, encoded: Sequence[Any]) -> list[Any]:
        """The columns without the categories that none of their rows has, which are forgotten."""
        narrowed = [(None, column) if known is None else known.narrowed(column) for known, column in zip(self._categories, encoded)]
        self._categories = [known for known, _ in narrowed]
        return [column for _, column in narrowed]

    def _settings(self) -> dict[str, Any]:
        """The settings that are not to be as by default, for JSON."""
        values = {name: getattr(self, name) for name in self._ranges if getattr(self, name) is not None}
        if "max_depth" in values and _is_minus_one(values["max_depth"]):
            # LightGBM's word for no limit, which is the default.
            del values["max_depth"]
        given: dict[str, Any] = {setting_name(name): self._ranges[name].checked(name, value) for name, value in values.items()}
        constraints = getattr(self, "monotone_constraints", None)
        if constraints is not None:
            given["monotone_constraints"] = monotone_signs(constraints, self._names)
        groups = getattr(self, "interaction_constraints", None)
        if groups is not None:
            given["interaction_constraints"] = interaction_groups(groups, self._names)
        if getattr(self, "random_state", None) is not None:
            given["seed"] = _seed(self.random_state)
        return given

    def _workers(self) -> int | None:
        if self.n_jobs is None or self.n_jobs == -1:
            return None
        if not isinstance(self.n_jobs, numbers.Integral) or isinstance(self.n_jobs, bool) or self.n_jobs == 0:
            raise ConfigError(f"n_jobs must be a number of threads, None or -1 for all processors, -2 for all but one. Got {shown(self.n_jobs)}")
        processors = os.cpu_count() or 1
        return max(1, processors + 1 + int(self.n_jobs)) if self.n_jobs < 0 else min(int(self.n_jobs), processors)


_SINGLE_ROWS = 16
_FLOATS = (numpy.dtype("float32"), numpy.dtype("float64"))


class BoostingClassifier(_Classifier):
    """Gradient boosting of trees for two classes (Friedman 2001), leaf by leaf on binned values (Ke et al. 2017, LightGBM, whose names and meanings the settings have).

    Frames bring categories along: columns of words, of pandas' and polars' categoricals and Arrow's dictionaries are split by subsets of categories (Fisher 1958). A category that
    training did not see is "any other category"; a missing value is missing, and each split learns which side it goes to (Chen and Guestrin 2016). Booleans are 0 and 1. The same
    data and ``random_state`` give the same model, to the bit, on any number of threads.

    A setting that is ``None`` has the default that is told with it, which may depend on the rows: those with weight are meant, and of them those of the rarer class. A setting outside
    its range is a :class:`ConfigError` when fitting.

    :param n_estimators: how many trees are grown, a whole number from 1 to 100,000; fewer when early stopping says so, or when nothing is left to split. ``None``: chosen by
        cross-validation inside ``fit`` together with ``num_leaves``: five folds, of more than 50,000 rows a fifth held out once. Then all rows are fitted, up to 50,000 of them
        several times and averaged (see ``averaging``). With fewer than 100 rows of the rarer class (of different ``groups``), up to 50,000 rows in all, and
        all that says what a leaf may be left alone (``num_leaves``, ``max_depth``, ``min_...``, ``reg_lambda``, ``path_smooth``, ``cat_...``, ``max_cat_...``), the trees start from a ridge regression, which is
        written as trees too, one a feature, of up to 32 leaves, and learn what it leaves over: so few rows seldom tell more than straight lines. It takes many times as long as a fit of a given number. Folds keep
        ``groups`` whole, or without them rows that are copies of one another; where that leaves nothing to hold out, such as with one row of the rarer class, 200 trees. With ``early_stopping_rounds``: 200.
    :param learning_rate: how much of each tree is taken, above 0, at most 1. ``None``: with a number of trees that is given, as fits it: the number times the rate is about 10 at 20,000
        rows and 20 at a million, and the rate from 0.02 to 0.3. Else 0.05, from 500,000 rows on 0.1.
    :param num_leaves: leaves of a tree at most, a whole number from 2 to 4096. ``None``: where ``fit`` chooses the number of trees, chosen with it from 4, 8, 15, 31 and 63, of
        more than 50,000 rows from 15, 31, 63 and 127. Else 4 below 100 rows of the rarer class, 8 below 400, then 15, and 31 from 500,000 rows in all on.
    :param max_depth: splits between root and leaf at most, a whole number of at least 1. ``None`` (or -1): no limit but ``num_leaves``.
    :param min_child_samples: rows of a leaf at least, whatever their weights; a whole number of at least 1. ``None``: 10, from 500,000 rows on 20.
    :param min_child_weight: sum of the hessian ``weight * p * (1 - p)`` of a leaf at least, at least 0. ``None``: 0.001.
    :param reg_lambda: L2 penalty on the values of leaves, in units of the hessian; at least 0. ``None``: 3.
    :param min_split_gain: gain that a split must exceed, at least 0. ``None``: 0.
    :param path_smooth: draws leaves of few rows to their parents: of ``n`` rows the leaf's own value has the share ``n / (n + path_smooth)``; at least 0. ``None``: 0.
    :param max_bins: bins of a numeric feature at most, missing values apart, a whole number from 2 to 65,535; above 255 counts as 255. ``None``: 255.
    :param feature_fraction: share of the features that each tree may use, drawn anew, never fewer than 4; above 0, at most 1. ``None``: 0.4, from 500,000 rows on 0.7.
    :param bagging_fraction: share of the rows that the shape of each tree is chosen on, drawn anew (Friedman 2002), above 0, at most 1; the values of its leaves are those of all rows.
        ``None``: 0.65, from 500,000 rows on 1.
    :param gradient_sampling: share of those rows that the shape of each tree is chosen on, those with most left to teach preferred (minimal variance sampling, Ibragimov and Gusev 2019); above
        0, at most 1. ``None``: 1 of up to 65,536 rows, and of ``n`` more ``0.15 + 0.85 * 65536 / n``.
    :param early_stopping_rounds: trees without improvement of the held-out log loss after which fitting stops, to keep the best number of them; a whole number of at least 1. ``None``: never.
    :param validation_fraction: share of the rows, the last ones, that early stopping holds out and does not train on, above 0, below 1; rows should be in order of time. Without
        ``early_stopping_rounds`` it is not read. ``None``: 0.1.
    :param cat_smooth: rows that a category must have to be told apart, and how much hessian of the mean is mixed into its own when categories are put in order; at least 0. ``None``: 10, or, where
        cross-validation on up to 50,000 rows likes it better, 100 times the rows of a group; 30 rows at least of a category that has a statistic.
    :param cat_l2: L2 penalty on both sides of a split of many categories, added to ``reg_lambda``; at least 0. ``None``: 10.
    :param max_cat_threshold: categories on the smaller side of a split at most, a whole number of at least 1. ``None``: 32.
    :param max_cat_to_onehot: up to so many categories at a node are split one against the rest, instead of in order; a whole number of at least 0. ``None``: 20.
    :param min_data_per_group: rows between two tried cuts in the order of categories at least, a whole number of at least 1. ``None``: 100.
    :param statistics_from: columns of at least so many categories have an ordered target statistic beside their own splits (Prokhorenkova et al. 2018); a whole number of at least 0, a huge
        one for none. ``None``: 19.
    :param statistics_strength: how many rows of the overall share are mixed into each category's statistic, above 0. ``None``: 10.
    :param statistics_pairs: pairs of columns of categories at most that have an ordered target statistic, if there are such whose categories say together what they do not say one by
        one (a route, beside its two ends); a whole number of at least 0. ``None``: up to 8, none for trees of a single split; where ``fit`` chooses the number of trees, it chooses between these and none, too.
    :param min_pair_rows: rows that a pair of categories must have for a value of its own, of different ``groups`` where they are given; all other pairs of the two columns share one; a
        whole number of at least 1. ``None``: 1.
    :param averaging: models that are fitted, each with draws of its own, and averaged on the log-odds (Breiman 1996), a whole number from 1 to 100: so many times the trees and the time, and a little
        better. ``None``: 3 where ``fit`` chooses the number of trees and there are up to 50,000 rows, else 1.
    :param monotone_constraints: by name of column, or one per feature: 1 when the probability may only rise with it, -1 when it may only fall, 0 when it is free, as categories must be.
        ``None``: all are free.
    :param interaction_constraints: groups of columns, by name or position: the columns that one path of a tree asks are all of one group; a column of no group is asked alone. ``None``: all
        may be asked together.
    :param categorical_features: further columns to read as categories, by name or position, or a mask; columns of words always are. ``None``: no further ones.
    :param random_state: draws features and rows: a whole number from 0 to 2**64 - 1, or a ``numpy.random.RandomState`` to draw one from. ``None``: 0.
    :param n_jobs: threads, a whole number other than 0, at most one for each processor; -1 for all processors, -2 for all but one. ``None``: all.

    Numbers are read in single precision: seven digits; subtract a large common part first, such as a year from a date in days.

    Fitted attributes: ``classes_`` (2), ``n_features_in_``, ``feature_names_in_`` (when the columns have names), ``n_iter_`` (the trees, of averaged models all together),
    ``feature_importances_`` (features), ``categories_``.

    >>> import leadscore as ls
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(500, random_state=0)
    >>> classifier = ls.BoostingClassifier(n_estimators=20, num_leaves=7).fit(X, y)
    >>> classifier.n_iter_
    20
    >>> classifier.predict_proba(X).shape
    (500, 2)
    """

    _algorithm = "boosting"
    _ranges = BOOSTING

    def __init__(
        self,
        *,
        n_estimators: int | None = None,
        learning_rate: float | None = None,
        num_leaves: int | None = None,
        max_depth: int | None = None,
        min_child_samples: int | None = None,
        min_child_weight: float | None = None,
        reg_lambda: float | None = None,
        min_split_gain: float | None = None,
        path_smooth: float | None = None,
        max_bins: int | None = None,
        feature_fraction: float | None = None,
        bagging_fraction: float | None = None,
        gradient_sampling: float | None = None,
        early_stopping_rounds: int | None = None,
        validation_fraction: float | None = None,
        cat_smooth: float | None = None,
        cat_l2: float | None = None,
        max_cat_threshold: int | None = None,
        max_cat_to_onehot: int | None = None,
        min_data_per_group: int | None = None,
        statistics_from: int | None = None,
        statistics_strength: float | None = None,
        statistics_pairs: int | None = None,
        min_pair_rows: int | None = None,
        averaging: int | None = None,
        monotone_constraints: Mapping[str, int] | Sequence[int] | None = None,
        interaction_constraints: Sequence[Sequence[str] | Sequence[int]] | None = None,
        categorical_features: Sequence[str] | Sequence[int] | Sequence[bool] | None = None,
        random_state: Any = None,
        n_jobs: int | None = None,
    ) -> None:
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.num_leaves = num_leaves
        self.max_depth = max_depth
        self.min_child_samples = min_child_samples
        self.min_child_weight = min_child_weight
        self.reg_lambda = reg_lambda
        self.min_split_gain = min_split_gain
        self.path_smooth = path_smooth
        self.max_bins = max_bins
        self.feature_fraction = feature_fraction
        self.bagging_fraction = bagging_fraction
        self.gradient_sampling = gradient_sampling
        self.early_stopping_rounds = early_stopping_rounds
        self.validation_fraction = validation_fraction
        self.cat_smooth = cat_smooth
        self.cat_l2 = cat_l2
        self.max_cat_threshold = max_cat_threshold
        self.max_cat_to_onehot = max_cat_to_onehot
        self.min_data_per_group = min_data_per_group
        self.statistics_from = statistics_from
        self.statistics_strength = statistics_strength
        self.statistics_pairs = statistics_pairs
        self.min_pair_rows = min_pair_rows
        self.averaging = averaging
        self.monotone_constraints = monotone_constraints
        self.interaction_constraints = interaction_constraints
        self.categorical_features = categorical_features
        self.random_state = random_state
        self.n_jobs = n_jobs

    def _after_fit(self) -> None:
        self.n_iter_ = self._fitted.n_trees


class LogisticClassifier(_Classifier):
    """Logistic regression for two classes with an L2 penalty (le Cessie and van Houwelingen 1992), or an elastic net (Zou and Hastie 2005), on standardised numbers and one coefficient per category.

    Nothing need be prepared: numbers are clipped to the range seen in training, drawn together when their tails are heavy, and standardised; missing values have a
    coefficient of their own; words, categoricals and Arrow's dictionaries are categories. A category that training did not see is "any other category". What is minimised is
    ``sum(weight * log loss) + l2 / 2 * sum(coefficient ** 2)``, the intercept free, by Newton's method in double precision (with magnitudes by proximal Newton steps: Lee, Sun and Saunders
    2014; Friedman, Hastie and Tibshirani 2010). The same data give the same model, to the bit, on any number of threads.

    A setting that is ``None`` has the default that is told with it. A setting outside its range is a :class:`ConfigError` when fitting.

    :param l2: strength of the penalty, above 0 (scikit-learn's ``1 / C``). ``None``: the one of 1000, 316, 100 ... 0.1 with the least log loss in cross-validation.
    :param l1_ratio: share of the penalty that is on magnitudes instead of squares (elastic net), from 0 to 1; with more than 4096 coefficients 0 only. ``None``: 0.
    :param log_transform: whether heavy-tailed numbers may be replaced by their signed logarithm, where that tells more of the outcome. ``None``: ``True``.
    :param standardize: whether numbers are divided by their standard deviation before their coefficients are penalised. ``None``: ``True``.
    :param level_statistics: whether columns of more than 64 categories also tell the share of won rows of their categories, each row that among rows before it in a random order
        (Prokhorenkova et al. 2018). ``None``: when that lowers the log loss of rows that are held out for the question.
    :param max_iterations: iterations of the solver at most, a whole number from 1 to 4294967295. ``None``: 100.
    :param tolerance: largest component of the gradient, divided by the sum of weights, at which the fit has converged; above 0. ``None``: 1e-8.
    :param folds: folds that choose the penalty, a whole number from 2 to 100; no more than there are rows of the rarer class, and with a single one of these the penalty is 10. ``None``: 5.
    :param min_level_rows: a category has a coefficient of its own from this many rows on, a whole number from 1 to 4294967295. A number that differs from its commonest value in fewer rows
        is dropped, and fewer missing values have no coefficient. Below 500 rows a fiftieth of them, if that is lower. ``None``: 10.
    :param solver: ``"auto"``, ``"newton"`` or ``"lbfgs"``; the last is linfa-logistic's, an independent check for equal weights and no elastic net, slower, and it cannot be stopped
        while it runs. ``None``: ``"auto"``, which is Newton's method.
    :param categorical_features: further columns to read as categories, by name or position, or a mask; columns of words always are. ``None``: no further ones.
    :param n_jobs: threads, a whole number other than 0, at most one for each processor; -1 for all processors, -2 for all but one. ``None``: all.

    Numbers are read in single precision: seven digits; subtract a large common part first, such as a year from a date in days.

    Fitted attributes: ``classes_`` (2), ``n_features_in_``, ``feature_names_in_`` (when the columns have names), ``l2_`` (given or chosen), ``n_iter_`` (``None`` with ``solver="lbfgs"``, which does not tell), ``converged_``,
    ``separated_`` (whether every row of one class has higher log-odds, without ``offset``, than all of the other, so that nothing but the penalty bounds the coefficients),
    ``one_class_features_`` (names of the columns with a coefficient whose rows are all of one class, which nothing but the penalty bounds: that of a category, of the rare ones
    together, or of missing values),
    ``intercept_`` (the log-odds where every number is at its mean, missing values and categories aside), ``standardized_coef_`` (per feature, where it is numeric the log-odds per standard deviation, NaN for the others), ``feature_importances_`` (features), ``categories_``.
    A fit that did not converge warns (:class:`sklearn.exceptions.ConvergenceWarning`), and so does one of separated classes (:class:`DataWarning`).

    >>> import leadscore as ls
    >>> from sklearn.datasets import make_classification
    >>> X, y = make_classification(500, random_state=0)
    >>> classifier = ls.LogisticClassifier(l2=1.0).fit(X, y)
    >>> classifier.l2_, classifier.converged_
    (1.0, True)
    >>> classifier.predict(X).shape
    (500,)
    """

    _algorithm = "logistic"
    _ranges = LOGISTIC

    def __init__(
        self,
        *,
        l2: float | None = None,
        l1_ratio: float | None = None,
        log_transform: bool | None = None,
        standardize: bool | None = None,
        level_statistics: bool | None = None,
        max_iterations: int | None = None,
        tolerance: float | None = None,
        folds: int | None = None,
        min_level_rows: int | None = None,
        solver: str | None = None,
        categorical_features: Sequence[str] | Sequence[int] | Sequence[bool] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.l2 = l2
        self.l1_ratio = l1_ratio
        self.log_transform = log_transform
        self.standardize = standardize
        self.level_statistics = level_statistics
        self.max_iterations = max_iterations
        self.tolerance = tolerance
        self.folds = folds
        self.min_level_rows = min_level_rows
        self.solver = solver
        self.categorical_features = categorical_features
        self.n_jobs = n_jobs

    @property
    def separated_(self) -> bool:
        """Whether every row of one class has higher log-odds, without ``offset``, than all of the other."""
        return bool(self._report()["separated"])

    @property
    def one_class_features_(self) -> list[str]:
        """The columns with a coefficient whose rows are all of one class."""
        return [self._names[feature] for feature in self._report()["one_class_features"]]

    def _report(self) -> dict[str, Any]:
        check_is_fitted(self, "_fitted")
        report: dict[str, Any] = json.loads(self._fitted.report() or "{}")
        return report

    def _after_fit(self) -> None:
        report = self._report()
        self.l2_: float = report["l2"]
        self.n_iter_: int | None = report["iterations"]
        self.converged_: bool = report["converged"]
        self.intercept_ = self._fitted.intercept
        self.standardized_coef_ = numpy.array(self._fitted.coefficients())
        if not self.converged_:
            warnings.warn(
                f"the logistic regression did not converge: its mean gradient is {report['gradient_norm']:.1e}; raise max_iterations, tolerance or l2",
                ConvergenceWarning,
                stacklevel=3,
            )
        if self.separated_:
            low, high = (shown(label) for label in self.classes_.tolist())
            warnings.warn(
                f"every row of class {high} has higher log-odds than all of class {low}: the penalty alone (l2={self.l2_:g}) keeps the coefficients finite; "
                "a column may know the outcome, or there are many columns for so few rows",
                DataWarning,
                stacklevel=3,
            )


def _array(estimator: Any, X: Any, reset: bool) -> Any:
    """A 2-dimensional array, checked in scikit-learn's manner; infinite values are found by the model. What is masked is missing."""
    if isinstance(X, numpy.ma.MaskedArray):
        X = numpy.ma.filled(X.astype(numpy.float64), numpy.nan)
    try:
        return validate_data(estimator, X, reset=reset, dtype=None, ensure_all_finite=False)
    except ValueError as error:
        raise DataError(str(error)) from error


def _named(estimator: Any, frame: Any, reset: bool) -> None:
    """Checks a frame's columns, by name those that ``fit`` saw, and that there are rows; in scikit-learn's words."""
    try:
        validate_data(estimator, frame, reset=reset, skip_check_array=True)
    except ValueError as error:
        raise DataError(str(error)) from error
    rows, width = frame.shape
    for found, what in ((width, "feature"), (rows, "sample")):
        if not found:
            raise DataError(f"Found array with 0 {what}(s) (shape=({rows}, {width})) while a minimum of 1 is required by {type(estimator).__name__}.")


def _categories(column: Column, asked: bool, name: str) -> Categories | None:
    if isinstance(column, Dictionary):
        return Categories(column)
    if not asked:
        return None
    if numpy.isinf(column).any():
        raise DataError(f'Input X contains infinity: column "{name}", which is to be read as categories')
    return Categories(dictionary(column))


def _seed(state: Any) -> int:
    """The seed that ``random_state`` means."""
    if isinstance(state, numbers.Integral) and not isinstance(state, bool) and 0 <= int(state) < 2**64:
        return int(state)
    if isinstance(state, numpy.random.RandomState) or state is numpy.random:
        return int(check_random_state(state).randint(2**31 - 1))
    raise ConfigError(f"random_state must be a whole number from 0 to 2**64 - 1, a numpy.random.RandomState, or None. Got {shown(state)}")


def _is_minus_one(value: Any) -> bool:
    return isinstance(value, numbers.Integral) and value == -1


for _public in (BoostingClassifier, LogisticClassifier):
    # Pickles and messages show the public name.
    _public.__module__ = "leadscore"
del _public
