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
    if type(value).__name__ in ("bool", "bool_") or not hasattr(value, "__index__") or value.__index__() < least:
        raise ConfigError(f"{name} must be a whole number of at least {least}. Got {value!r}")
    return int(value.__index__())


def direction(value: Any, of: Any = None) -> int:
    """A direction in which a feature may move the probability: 1, -1, or 0 for both.

    >>> direction(-1.0)
    -1
    """
    # numpy's booleans are none of Python's.
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or value not in (-1, 0, 1):
        raise ConfigError(f"monotone_constraints must be 1, -1 or 0. Got {value!r}" + ("" if of is None else f" for {of!r}"))
    return int(value)
