"""Which columns of a table a setting means: by name, by position or by a mask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy

from ._checks import direction, shown
from ._errors import ConfigError

__all__ = ["interaction_groups", "monotone_signs", "positions"]


def positions(asked: Any, names: Sequence[str], setting: str = "categorical_features") -> set[int]:
    """Which columns are meant by names, positions or a mask."""
    if asked is None:
        return set()
    if isinstance(asked, str):
        chosen: list[Any] = [asked]
    elif not _is_list(asked):
        raise ConfigError(f"{setting} must be names or positions of columns, or a mask. Got {shown(asked)}")
    else:
        chosen = list(asked)
    if chosen and all(isinstance(item, (bool, numpy.bool_)) for item in chosen):
        if len(chosen) != len(names):
            raise ConfigError(f"{setting} is a mask of {len(chosen)} entries, but X has {len(names)} features")
        return {i for i, wanted in enumerate(chosen) if wanted}
    found = set()
    for item in chosen:
        if isinstance(item, (int, numpy.integer)) and not isinstance(item, bool) and -len(names) <= item < len(names):
            found.add(int(item) % len(names))
        elif isinstance(item, str) and item in names:
            found.add(names.index(item))
        else:
            raise ConfigError(f"{setting}: X has no column {shown(item)}; it has {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}")
    return found


def monotone_signs(given: Any, names: Sequence[str]) -> list[int]:
    """One monotone constraint per feature."""
    if not (isinstance(given, Mapping) or (isinstance(given, (list, tuple, numpy.ndarray)) and _is_list(given))):
        raise ConfigError(f"monotone_constraints must map columns to 1, -1 or 0, or be a list of one for each. Got {shown(given)}")
    if not isinstance(given, Mapping):
        return [direction(sign) for sign in given]
    signs = {name: direction(sign, name) for name, sign in given.items()}
    unknown = [name for name in given if name not in names]
    if unknown:
        raise ConfigError(f"monotone_constraints: X has no column {unknown[0]!r}; it has {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}")
    return [signs.get(name, 0) for name in names]


def interaction_groups(given: Any, names: Sequence[str]) -> list[list[int]]:
    """The groups of columns that may be asked together, by position."""
    groups = list(given) if _is_list(given) else [given]
    if not all(_is_list(group) for group in groups):
        raise ConfigError(f"interaction_constraints must be groups of columns, such as [[0, 1], [2]], each a list of names or positions. Got {shown(given)}")
    places = [sorted(positions(group, names, "interaction_constraints")) for group in groups]
    if not all(places):
        raise ConfigError(f"interaction_constraints: a group must name at least one column. Got {shown(given)}")
    return places


def _is_list(value: Any) -> bool:
    """Whether it holds values one after the other, and is no word, no map and no single number of numpy's."""
    return isinstance(value, Iterable) and not isinstance(value, (str, bytes, Mapping)) and getattr(value, "shape", None) != ()
