"""Made data whose truth is known."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from . import _leadscore as _native

__all__ = ["Leads", "make_leads"]


class Leads(NamedTuple):
    """The four tables of :func:`make_leads`."""

    leads: Any
    """One row a lead: ``lead_id``, ``created_at``, attributes."""
    events: Any
    """One row an event: ``lead_id``, ``at``, ``kind``, ``channel``, ``value``, ``recorded_at``."""
    outcomes: Any
    """One row a closed lead: ``lead_id``, ``won``, ``closed_at``, ``value``, ``recorded_at``."""
    truth: Any
    """One row a lead and moment, with the true ``probability`` of a win within 90 days; missing when the lead was not open."""


def make_leads(n: int, seed: int = 0, frame: Literal["pandas", "polars", "pyarrow"] | None = "pandas") -> Leads:
    """Makes leads, events and outcomes whose true probabilities are known; the same ``n`` and ``seed`` give the same data everywhere.

    Several channels and kinds of events, seasons, missing attributes, leads without events, two product lines whose win rates shift over time, open leads, duplicate
    and late-recorded events.

    :param n: how many leads.
    :param seed: which data.
    :param frame: the library of the frames; ``None`` gives :class:`leadscore.Table`, which needs no library.
    :raises ConfigError: for any other library, and numbers below 0.

    >>> import leadscore as ls
    >>> made = ls.datasets.make_leads(100, seed=7, frame=None)
    >>> len(made.leads), made.outcomes.columns
    (100, ['lead_id', 'won', 'closed_at', 'value', 'recorded_at'])
    """
    from ._checks import whole
    from ._frames import to

    return Leads(*(to(table, frame) for table in _native.make_leads(whole("n", n, 0), whole("seed", seed, 0))))
