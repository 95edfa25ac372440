"""Moments and cells of one lead: whatever Python has for them, as what the Rust side reads."""

from __future__ import annotations

import datetime as dt
import math
import sys
from typing import Any

from ._errors import ConfigError, DataError
from ._leadscore import wall_clock, written_moment

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)
_NAIVE_EPOCH = dt.datetime(1970, 1, 1)
_MICROSECOND = dt.timedelta(microseconds=1)
_YEAR_ONE = (dt.datetime.min - _NAIVE_EPOCH) // _MICROSECOND
# The forms of ISO 8601 that are read, here as in tables; other forms of it, such as weeks, are not.
_FORMS = 'ISO 8601 as "2026-03-01", "2026-03-01T09:30:00" or "2026-03-01T09:30:00+01:00"'


def micros(value: Any, zone: str | None = None) -> int:
    """Microseconds since 1970 (UTC) of a moment; naive ones are in ``zone``, UTC when ``None``.

    >>> micros("1970-01-01T00:00:01Z")
    1000000
    >>> import datetime
    >>> micros(datetime.date(1970, 1, 2))
    86400000000
    >>> micros(datetime.datetime(1970, 1, 2), "Europe/Berlin") - micros(datetime.date(1970, 1, 2))
    -3600000000
    """
    value = _plain(value)
    if isinstance(value, str):
        read = written_moment(value, zone)
        if read is None or read < _YEAR_ONE:
            raise ConfigError(f'"{value}" is not a moment in {_FORMS}')
        return read
    if isinstance(value, dt.datetime):
        since: dt.timedelta
        if value.tzinfo is not None:
            since = value - _EPOCH
            return since // _MICROSECOND
        since = value - _NAIVE_EPOCH
        return since // _MICROSECOND if zone is None else wall_clock(since // _MICROSECOND, zone)
    if isinstance(value, dt.date):
        return micros(dt.datetime(value.year, value.month, value.day), zone)
    raise ConfigError(f"a moment must be a datetime, a date or ISO 8601 text. Got {value!r} ({type(value).__name__})")


def aligned(leads: Any, value: Any) -> Any:
    """A pandas series of moments in the order of the rows of ``leads``, by their index; anything else as it is."""
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(value, pandas.Series) or not isinstance(leads, pandas.DataFrame) or value.index.equals(leads.index):
        return value
    if not value.index.is_unique or len(value) != len(leads) or not leads.index.isin(value.index).all():
        raise ConfigError("as_of is a pandas series of another index than leads; give one moment for each lead, by the same index or as an array")
    return value.reindex(leads.index)


def as_of(value: Any, columns: list[str], zone: str | None = None) -> int | str | list[int] | None:
    """A moment, one moment a lead, or the name of a column of leads; naive moments are in ``zone``, UTC when ``None``."""
    if value is None:
        return None
    if isinstance(value, str) and value in columns:
        return value
    if isinstance(value, str):
        try:
            return micros(value, zone)
        except ConfigError:
            raise ConfigError(
                f'as_of = "{value}" names no column of leads and is not a moment in {_FORMS}; columns: {", ".join(columns)}'
            ) from None
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, dt.date) or (numpy is not None and isinstance(value, numpy.generic)):
        return micros(value, zone)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(value, (pandas.Series, pandas.Index)) and value.dtype.kind == "M":
        # Those with a zone come out in UTC.
        zone = zone if getattr(value.dtype, "tz", None) is None else None
        value = value.to_numpy(dtype="datetime64[us]")
    if numpy is not None and isinstance(value, numpy.ndarray) and value.dtype.kind == "M":
        if numpy.isnat(value).any():
            row = int(numpy.flatnonzero(numpy.isnat(value))[0])
            raise DataError(f"as_of, row {row}: there is no moment; give one for every lead")
        clocks = _microseconds(value).astype("int64").tolist()
        if zone is None:
            return list(clocks)
        # Mostly few different ones.
        instants = {clock: wall_clock(clock, zone) for clock in set(clocks)}
        return [instants[clock] for clock in clocks]
    for method in ("to_pylist", "to_list", "tolist"):
        if hasattr(value, method):
            value = getattr(value, method)()
            break
    if not hasattr(value, "__iter__"):
        raise ConfigError(f"as_of must be a moment, one moment a lead, or the name of a column of leads. Got {value!r}")
    moments = []
    for row, moment in enumerate(value):
        if cell(moment) is None:
            raise DataError(f"as_of, row {row}: there is no moment; give one for every lead")
        moments.append(micros(moment, zone))
    return moments


def cell(value: Any) -> float | bool | str | dt.datetime | dt.date | None:
    """A value of one attribute as one of the types that the Rust side knows; ``None`` for every kind of missing.

    >>> import decimal
    >>> cell(decimal.Decimal("1.5")), cell(float("nan")), cell("x")
    (1.5, None, 'x')
    """
    value = _plain(value)
    if value is None or isinstance(value, (bool, str, dt.date)):
        return value
    if isinstance(value, bytes):
        raise DataError(f"a value must be a number, a word, a boolean or a moment. Got bytes {value!r}; decode them first")
    try:
        number = float(value)
    except OverflowError:
        raise DataError(f"the number {value!r} is too large") from None
    except (TypeError, ValueError):
        raise DataError(f"a value must be a number, a word, a boolean or a moment. Got {value!r} ({type(value).__name__})") from None
    return None if math.isnan(number) else number


def too_far(value: Any) -> Any:
    """Which moments of numpy do not fit in microseconds; numpy itself lets those begin again at the other end."""
    numpy = sys.modules["numpy"]
    unit, _ = numpy.datetime_data(value.dtype)
    # What is finer always fits, and would come back without its last digits.
    if unit in ("ns", "ps", "fs", "as"):
        return numpy.zeros(value.shape, dtype=bool)
    return (value.astype("datetime64[us]").astype(value.dtype) != value) & ~numpy.isnat(value)


def _microseconds(value: Any) -> Any:
    """Moments of numpy in microseconds."""
    if too_far(value).any():
        raise DataError(f"a moment is outside 1970 to 2261, by far. Got {value!r}")
    return value.astype("datetime64[us]")


def _plain(value: Any) -> Any:
    """A scalar of numpy or pandas as Python's own."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and (value is pandas.NaT or value is pandas.NA):
        return None
    numpy = sys.modules.get("numpy")
    if numpy is not None and isinstance(value, numpy.generic):
        if value.dtype.kind == "M":
            return None if numpy.isnat(value) else _microseconds(value).item()
        return value.item()
    return value
