"""Settings that are checked alike wherever they are given."""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Iterable
from typing import Any

from ._errors import ConfigError, DataError


def shown(value: Any) -> str:
    """A value in a message: on one line, and not all of a table.

    >>> shown("two\\nlines")
    "'two\\\\nlines'"
    """
    try:
        text = " ".join(repr(value).split())
    except ValueError:
        # Python writes no number of thousands of digits.
        text = f"a huge {type(value).__name__}"
    return text if len(text) <= 100 else f"{text[:97]}..."


def whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """A whole number of at least ``least``, and at most ``most``.

    >>> whole("max_leads", 50, 0)
    50
    """
    # Booleans, numpy's too, are numbers to Python, and arrays only say when asked that they are no single number.
    try:
        number: int | None = None if type(value).__name__ in ("bool", "bool_") else operator.index(value)
    except TypeError:
        number = None
    if number is None or number < least or (most is not None and number > most):
        raise ConfigError(f"{name} must be a whole number {f'of at least {least}' if most is None else f'from {least} to {most}'}. Got {shown(value)}")
    if number >= 2**63:
        raise ConfigError(f"{name} must be a whole number below 2**63. Got {shown(value)}")
    return number


def number(name: str, value: Any, words: str, holds: Callable[[float], bool]) -> float:
    """A finite number of which ``holds`` is true, which is what ``words`` say.

    >>> number("share", 1, "in (0, 1]", lambda share: 0 < share <= 1)
    1.0
    """
    try:
        real = math.nan if isinstance(value, bool) or not isinstance(value, numbers.Real) else float(value)
    except OverflowError:
        real = math.inf
    if not (math.isfinite(real) and holds(real)):
        raise ConfigError(f"{name} must be {words}. Got {shown(value)}")
    return real


def flag(name: str, value: Any) -> bool:
    """``True`` or ``False``, and not what else Python takes for it.

    >>> flag("standardize", True)
    True
    """
    if type(value).__name__ not in ("bool", "bool_"):
        raise ConfigError(f"{name} must be True or False. Got {shown(value)}")
    return bool(value)


def word(name: str, value: Any, words: tuple[str, ...]) -> str:
    """One of some words.

    >>> word("solver", "newton", ("newton", "lbfgs"))
    'newton'
    """
    if not isinstance(value, str) or value not in words:
        listed = ", ".join(f'"{known}"' for known in words[:-1])
        raise ConfigError(f'{name} must be {listed} or "{words[-1]}". Got {shown(value)}')
    return str(value)


def direction(value: Any, of: Any = None) -> int:
    """A direction in which a feature may move the probability: 1, -1, or 0 for both.

    >>> direction(-1.0)
    -1
    """
    number = None if isinstance(value, bool) or not isinstance(value, numbers.Real) else next((sign for sign in (-1, 0, 1) if value == sign), None)
    if number is None:
        raise ConfigError(f"monotone_constraints must be 1, -1 or 0. Got {shown(value)}" + ("" if of is None else f" for {of!r}"))
    return number


def refuse_twins(table: str, names: Iterable[Any]) -> None:
    """Refuses a table of which several columns have one name.

    >>> try:
    ...     refuse_twins("leads", ["id", "size", "id"])
    ... except DataError as error:
    ...     print(error)
    leads has several columns "id"; rename or drop all but one
    """
    seen = set()
    for name in names:
        if name in seen:
            raise DataError(f'{table} has several columns "{name}"; rename or drop all but one')
        seen.add(name)
