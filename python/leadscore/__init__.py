"""Predictive lead scoring: learns from closed-won and closed-lost history which open sales leads will convert.

>>> import leadscore as ls
>>> leads, events, outcomes, truth = ls.datasets.make_leads(3000, frame=None)
>>> model = ls.train(leads, events, outcomes, algorithm="logistic")
>>> scores = model.score(leads, events, as_of="2026-01-01", explain=3)
"""

from typing import TYPE_CHECKING, Any

from . import datasets
from ._display import Card
from ._errors import ArtifactError, ConfigError, DataError, DataWarning, LeadscoreError, SchemaError, TooLate, UnseenWarning
from ._identity import resolve, route
from ._leadscore import Comparison, ComparisonPart, Engagement, Evaluation, Model, Reason, Retrained, Score, Table, __version__, load
from ._leakage import ColumnReport, LeakageReport, leakage
from ._schema import (
    Boolean,
    Categorical,
    Date,
    Email,
    EventColumns,
    HistoryColumns,
    JobTitle,
    Numeric,
    OutcomeColumns,
    Phone,
    Schema,
    Text,
)
from ._settings import Boosting, Features, Gate, Logistic
from ._training import observations, retrain, train

if TYPE_CHECKING:
    from ._estimators import BoostingClassifier as BoostingClassifier
    from ._estimators import LogisticClassifier as LogisticClassifier

# Not among them, so that `from leadscore import *` does without scikit-learn: BoostingClassifier, LogisticClassifier.
__all__ = [
    "ArtifactError",
    "Boolean",
    "Boosting",
    "Card",
    "Categorical",
    "ColumnReport",
    "Comparison",
    "ComparisonPart",
    "ConfigError",
    "DataError",
    "DataWarning",
    "Date",
    "Email",
    "Engagement",
    "Evaluation",
    "EventColumns",
    "Features",
    "Gate",
    "HistoryColumns",
    "JobTitle",
    "LeadscoreError",
    "LeakageReport",
    "Logistic",
    "Model",
    "Numeric",
    "OutcomeColumns",
    "Phone",
    "Reason",
    "Retrained",
    "Schema",
    "SchemaError",
    "Score",
    "Table",
    "Text",
    "TooLate",
    "UnseenWarning",
    "__version__",
    "datasets",
    "leakage",
    "load",
    "observations",
    "resolve",
    "retrain",
    "route",
    "train",
]
for _public in (Card, *(value for value in list(globals().values()) if getattr(value, "__module__", "").startswith("leadscore._"))):
    # Messages, pickles and documentation show the public name, not where it is defined.
    _public.__module__ = "leadscore"
del _public

_ESTIMATORS = ("BoostingClassifier", "LogisticClassifier")


def __getattr__(name: str) -> Any:
    # The estimators are made on scikit-learn's base classes, which are imported when one is asked for.
    if name in _ESTIMATORS:
        try:
            from . import _estimators
        except ImportError as error:
            message = f"leadscore.{name} needs numpy and scikit-learn 1.6 or later: pip install 'leadscore[sklearn]' ({error})"
            raise ImportError(message) from error
        return getattr(_estimators, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    from importlib.util import find_spec

    return sorted({*globals(), *(_ESTIMATORS if find_spec("sklearn") else ())})
