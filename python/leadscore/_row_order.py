"""An order of few rows that depends on nothing but what they hold, so that the order in which they are given does not matter."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import numpy

__all__ = ["FEW_ROWS", "canonical"]

FEW_ROWS = 10_000
"""Up to so many rows are put in order."""


def canonical(columns: Any, won: Any, weights: Any, offset: Any) -> tuple[Any, Any, Any, Any]:
    """A few rows in an order that depends on nothing but what they hold, each as often as its weight says when all weights are whole numbers."""
    rows = len(won)
    # In the precision that the models read.
    features = [columns] if isinstance(columns, numpy.ndarray) else [column[:, None] for column in columns]
    with numpy.errstate(over="ignore"):
        parts = [part.astype(numpy.float32) for part in features]
    parts.append(won[:, None])
    # What is the same for all rows tells none from another.
    if offset is not None and offset.any():
        parts.append(offset[:, None])
    times = numpy.ones(rows, dtype=int)
    if weights is not None:
        if (weights == numpy.floor(weights)).all() and weights.sum(dtype=float) <= FEW_ROWS:
            times, weights = weights.astype(int), None
        elif (weights != weights[0]).any():
            parts.append(weights[:, None])
    # Zero has two signs and NaN many bits; equal rows are to have equal bytes.
    content = numpy.concatenate(parts, axis=1, dtype=numpy.float64) + 0.0
    content[numpy.isnan(content)] = numpy.nan
    digests = [blake2b(row.tobytes(), digest_size=16).digest() for row in content]
    order = numpy.array(sorted(range(rows), key=digests.__getitem__))
    order = numpy.repeat(order, times[order])
    columns = columns[order] if isinstance(columns, numpy.ndarray) else [column[order] for column in columns]
    return columns, won[order], None if weights is None else weights[order], None if offset is None else offset[order]
