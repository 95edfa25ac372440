"""Settings that are checked alike wherever they are given."""

from __future__ import annotations

import numbers
from typing import Any

from ._errors import ConfigError


def whole(name: str, value: Any, least: int) -> int:
    """A whole number of at least ``least``.

    >>> whole("max_leads", 50, 0)
    50
    """
    # Booleans, numpy's too, are numbers to Python.
    number: int | None = None if type(value).__name__ in ("bool", "bool_") or not hasattr(value, "__index__") else value.__index__()
    if number is None or number < least:
        raise ConfigError(f"{name} must be a whole number of at least {least}. Got {value!r}")
    if number >= 2**63:
        raise ConfigError(f"{name} must be a whole number below 2**63. Got {value!r}")
    return number


def direction(value: Any, of: Any = None) -> int:
    """A direction in which a feature may move the probability: 1, -1, or 0 for both.

    >>> direction(-1.0)
    -1
    """
    number = None if isinstance(value, bool) or not isinstance(value, numbers.Real) else next((sign for sign in (-1, 0, 1) if value == sign), None)
    if number is None:
        raise ConfigError(f"monotone_constraints must be 1, -1 or 0. Got {value!r}" + ("" if of is None else f" for {of!r}"))
    return number
