"""Training, retraining, observations: the faces of the native functions."""

from __future__ import annotations

import json
import math
import numbers
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Union

from . import _leadscore as _native
from ._checks import direction, whole
from ._errors import ConfigError
from ._leadscore import Model, Retrained
from ._progress import Progress
from ._schema import Schema, _names
from ._settings import Boosting, Features, Gate, Logistic, algorithm_settings, features_settings, gate_settings

__all__ = ["observations", "retrain", "train"]

Algorithm = Union[Literal["auto", "logistic", "boosting"], Logistic, Boosting]


def train(
    leads: Any,
    events: Any = None,
    outcomes: Any = None,
    *,
    schema: Schema | None = None,
    label: str | None = None,
    exclude: Iterable[str] = (),
    algorithm: Algorithm = "auto",
    features: Features | None = None,
    snapshots: Literal["auto"] | Sequence[str] = "auto",
    horizon: str = "90d",
    as_of: Any = None,
    ordered: bool = False,
    weights: Any = None,
    calibration: str = "auto",
    seed: int = 0,
    threads: int | None = None,
    progress: Progress = None,
    history: Any = None,
    prior: float | None = None,
    monotone_constraints: Mapping[str, int] | None = None,
    interaction_constraints: Iterable[Iterable[str]] = (),
    exclude_features: Iterable[str] = (),
) -> Model:
    """Trains a model on closed-won and closed-lost history.

    Each lead is observed at several ages while it is open (snapshots), and the model learns whether it was won within ``horizon`` after that, from what was known then.
    Only snapshots whose whole horizon has passed are learnt from. A flat table (``label``) is learnt from row by row.

    :param leads: any frame with the leads: an identifier, the moment of creation, attributes.
    :param events: any frame with their events; optional.
    :param outcomes: any frame with how they ended; ``None`` when that stands on leads, or for a flat table.
    :param schema: what the columns mean; inferred when ``None``.
    :param label: the 0/1 column of a flat table.
    :param exclude: columns that the model must not read.
    :param algorithm: ``"auto"`` takes the better of the two, or a blend of both, by purged out-of-fold log loss, trees only where they gain more than luck would (1 standard error of the gain where there are many rows of the rarer outcome, up to 3 where there are few); or ``"logistic"``, ``"boosting"``, ``ls.Logistic(...)``, ``ls.Boosting(...)``.
    :param features: which features are made of events.
    :param snapshots: the ages at which leads are observed, such as ``("0d", "7d", "30d")``; ignored for a flat table.
    :param horizon: how long after a snapshot a win counts.
    :param as_of: the moment up to which the history is believed (datetime, date, ISO 8601; naive ones are in the schema's ``time_zone``); by default the newest in the data that is
        not in the future.
    :param ordered: whether the rows of a flat table are in order of time, oldest first. When a number or a date that falls from row to row says otherwise, the card notes it.
    :param weights: one positive weight per lead: how much it counts beside the others, whose mean is brought to 1. Numbers of rows, such as the least of a leaf, count a lead once whatever
        its weight; leave a lead out rather than give it none.
    :param calibration: ``"auto"``, ``"none"``, ``"platt"``, ``"isotonic"``, ``"beta"`` or ``"temperature"``.
    :param seed: the same data and seed give the same model, to the byte.
    :param threads: how many threads to use, all by default; the model does not depend on it.
    :param progress: ``None`` shows a bar of tqdm where somebody looks, for work of more than a second; ``True``, ``False``, or a function of stage, done, total.
    :param history: any frame with the attributes' history (:class:`leadscore.HistoryColumns`): each snapshot sees the values known then.
    :param prior: the share of leads that are won in truth, where wins were over- or undersampled for training; probabilities are then for that share.
    :param monotone_constraints: names of features (``"call.count.7d"``) or of attributes that are numbers, and 1 where the probability must never fall as the number
        rises, -1 where it must never rise. Trees keep to it; a logistic regression cannot, so that ``"auto"`` fits trees alone.
    :param interaction_constraints: groups of features, attributes or kinds of events of which trees may ask together; one in no group is asked with no other.
    :param exclude_features: features, attributes or kinds of events that the model must not read.
    :warns UserWarning: for kinds of events that the schema or ``features`` names and no event has; the card's notes say so too.
    :raises SchemaError: when columns, roles and types do not fit each other.
    :raises DataError: when a value cannot be read, or there is too little to learn from.
    :raises ConfigError: for a setting out of its range.
    :raises KeyboardInterrupt: within about a second of Ctrl-C.

    >>> import leadscore as ls
    >>> leads, events, outcomes, _ = ls.datasets.make_leads(3000, frame=None)
    >>> model = ls.train(leads, events, outcomes, algorithm="logistic", horizon="60d")
    >>> model.card.horizon
    '60d'
    """
    settings = _settings(label, exclude, algorithm, features, snapshots, horizon, ordered, weights, calibration, seed, threads, prior, (monotone_constraints, interaction_constraints, exclude_features))
    return _native.train(leads, events, outcomes, history, _schema_json(schema), settings, as_of, progress)


def observations(
    leads: Any,
    events: Any = None,
    outcomes: Any = None,
    *,
    schema: Schema | None = None,
    label: str | None = None,
    exclude: Iterable[str] = (),
    features: Features | None = None,
    snapshots: Literal["auto"] | Sequence[str] = "auto",
    horizon: str = "90d",
    as_of: Any = None,
    threads: int | None = None,
    progress: Progress = None,
    history: Any = None,
) -> Any:
    """The labelled, mature snapshots that :func:`train` learns from, as a frame, for a model of one's own.

    The parameters are those of :func:`train`.

    :returns: the caller's own type of frame: ``lead_id``, ``as_of``, ``age_days``, ``won``, then a column per feature.

    >>> import leadscore as ls
    >>> leads, events, outcomes, _ = ls.datasets.make_leads(2000, frame=None)
    >>> rows = ls.observations(leads, events, outcomes, snapshots=("0d", "7d"))
    >>> sorted(set(rows["age_days"]))
    [0.0, 7.0]
    """
    settings = _settings(label, exclude, "auto", features, snapshots, horizon, False, None, "auto", 0, threads)
    return _native.observations(leads, events, outcomes, history, _schema_json(schema), settings, as_of, progress)


def retrain(
    champion: Model,
    leads: Any,
    events: Any = None,
    outcomes: Any = None,
    *,
    as_of: Any = None,
    gate: Gate | None = None,
    threads: int | None = None,
    progress: Progress = None,
    history: Any = None,
    weights: Any = None,
) -> Retrained:
    """Is a model trained today better than the one in use?

    The champion's procedure is refitted before the newest block of snapshots, which the champion has not seen either, and both are measured there. The challenger takes
    over when it passes the gate; then the procedure is fitted on everything mature.

    :param champion: the model in use.
    :param leads: any frame with the leads, those that the champion was trained on included.
    :param events: any frame with their events.
    :param outcomes: any frame with how they ended.
    :param as_of: as for :func:`train`.
    :param gate: what the challenger must show.
    :param threads: as for :func:`train`.
    :param progress: as for :func:`train`.
    :param history: as for :func:`train`; champion and challenger see each snapshot with the values known then.
    :param weights: one positive weight per lead, for the challenger; evaluations are not weighted.
    :warns DataWarning: for what is odd about the history, and when the champion learned attributes from their history and none is given here.
    :returns: ``promoted``, ``reason``, ``champion`` and ``challenger`` (evaluations on the same rows, ``None`` without enough evidence), ``model`` to use from now on.
    """
    if threads is not None:
        whole("threads", threads, 1)
    settings = json.dumps(gate_settings(gate))
    return _native.retrain(champion, leads, events, outcomes, history, as_of, settings, None if weights is None else _weights(weights), threads, progress)


def _schema_json(schema: Schema | None) -> str | None:
    if not isinstance(schema, (Schema, type(None))):
        raise ConfigError(f"schema must be ls.Schema(...) or None. Got {schema!r}")
    return None if schema is None else schema.to_json()


def _settings(
    label: str | None,
    exclude: Iterable[str],
    algorithm: object,
    features: Features | None,
    snapshots: str | Sequence[str],
    horizon: str,
    ordered: bool,
    weights: Any,
    calibration: str,
    seed: int,
    threads: int | None,
    prior: float | None = None,
    constraints: tuple[Any, Any, Any] = (None, (), ()),
) -> str:
    if isinstance(snapshots, str) and snapshots != "auto":
        raise ConfigError(f'snapshots must be "auto" or a sequence of ages such as ("0d", "7d"). Got {snapshots!r}')
    _check(horizon, seed, threads)
    if prior is not None and (isinstance(prior, bool) or not isinstance(prior, numbers.Real) or not 0 < prior < 1):
        raise ConfigError(f"prior must be a share above 0 and below 1. Got {prior!r}")
    asked = {
        "label": label,
        "exclude": _names(exclude, "exclude"),
        "algorithm": algorithm_settings(algorithm),
        "features": features_settings(features),
        "snapshots": "auto" if isinstance(snapshots, str) else {"ages": list(snapshots)},
        "horizon": horizon,
        "ordered": bool(ordered),
        "weights": None if weights is None else _weights(weights),
        "calibration": calibration,
        "seed": seed,
        "prior": prior,
        "constraints": _constraints(*constraints),
        "threads": threads,
    }
    try:
        return json.dumps(asked, default=_number)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"a setting is not of a type that can be read: {error}") from None


def _constraints(monotone: Any, interactions: Any, excluded: Any) -> dict[str, Any]:
    if monotone is not None and not isinstance(monotone, Mapping):
        raise ConfigError(f'monotone_constraints must map names to 1, -1 or 0, such as {{"employees": 1}}. Got {monotone!r}')
    if isinstance(interactions, str):
        raise ConfigError(f"interaction_constraints must be groups of names. Got the single word {interactions!r}")
    return {
        "monotone": {str(name): direction(sign, name) for name, sign in (monotone or {}).items()},
        "interactions": [_names(group, "interaction_constraints") for group in interactions],
        "excluded": _names(excluded, "exclude_features"),
    }


def _check(horizon: object, seed: object, threads: object) -> None:
    if not isinstance(horizon, str):
        raise ConfigError(f'horizon must be a span such as "90d". Got {horizon!r}')
    whole("seed", seed, 0)
    if threads is not None:
        whole("threads", threads, 1)


def _weights(weights: Any) -> list[float]:
    if isinstance(weights, (str, bytes)):
        raise ConfigError(f"weights must be one positive number per lead, for example a column of the frame. Got {weights!r}")
    try:
        read = [float(weight) for weight in weights]
    except (TypeError, ValueError) as error:
        raise ConfigError(f"weights must be one positive number per lead: {error}") from None
    for row, weight in enumerate(read):
        if not 0 < weight < math.inf:
            raise ConfigError(f"weights must be positive and finite. Got {weight} in row {row}")
    return read


def _number(value: Any) -> Any:
    """A scalar of numpy as Python's own."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{value!r} ({type(value).__name__})")
