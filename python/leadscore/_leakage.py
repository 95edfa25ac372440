"""The leakage report: which columns know the future."""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from . import _leadscore as _native
from ._schema import Schema
from ._training import _schema_json

__all__ = ["ColumnReport", "LeakageReport", "leakage"]


@dataclass(frozen=True)
class ColumnReport:
    """What the leakage report found of one column.

    :param name: the column of leads.
    :param verdict: ``"leak"``, ``"suspicious"``, ``"identifier"`` or ``"fine"``.
    :param evidence: why, in one line of plain words.
    :param points: how much the evidence weighs: from 4 on it is a leak, 3 are suspicious.
    :param auc: how well the column alone tells won leads from others of the same time, on rows whose own outcome it has not seen; ``None`` when that cannot be told.
    :param decides: share of the leads, 0 to 1, that hold a value with which hardly any lead ends otherwise.
    :param filled_won: share of won leads that have a value, 0 to 1; ``None`` when it was not asked.
    :param filled_others: share of the other leads that have one.

    >>> import leadscore as ls
    >>> ls.ColumnReport("tags", "leak", "alone it tells won leads from others with AUC 0.92", 4).verdict
    'leak'
    """

    name: str
    verdict: Literal["leak", "suspicious", "identifier", "fine"]
    evidence: str
    points: int = 0
    auc: float | None = None
    decides: float = 0.0
    filled_won: float | None = None
    filled_others: float | None = None


class LeakageReport:
    """Which columns know the future: ``print(report)`` shows it, a notebook shows it as a table.

    >>> import leadscore as ls
    >>> report = ls.LeakageReport('{"columns": [], "leads": 10, "won": 3, "in_time_by": null}', "10 leads judged")
    >>> report.leads, report.exclude
    (10, [])
    """

    def __init__(self, fields: str, text: str) -> None:
        found = json.loads(fields)
        self._columns = [ColumnReport(**column) for column in found["columns"]]
        self._leads, self._won, self._in_time_by, self._notes = found["leads"], found["won"], found["in_time_by"], found.get("notes", [])
        self._text = text

    @property
    def columns(self) -> list[ColumnReport]:
        """One entry a column: leaks first, then suspicious ones, identifiers, and those that nothing speaks against."""
        return list(self._columns)

    @property
    def exclude(self) -> list[str]:
        """The names of the leaks, for ``exclude=`` of :func:`leadscore.train`."""
        return [column.name for column in self._columns if column.verdict == "leak"]

    @property
    def leads(self) -> int:
        """How many leads were judged by their end."""
        return int(self._leads)

    @property
    def won(self) -> int:
        """How many of them were won."""
        return int(self._won)

    @property
    def in_time_by(self) -> str | None:
        """What put the leads in order of time; ``None`` when nothing did, and then what differs by age was not looked for."""
        return None if self._in_time_by is None else str(self._in_time_by)

    @property
    def notes(self) -> list[str]:
        """What is odd about the table as a whole, such as rows that are said to be oldest first and seem to be newest first."""
        return list(self._notes)

    def to_dict(self) -> dict[str, Any]:
        """The report as a ``dict`` of plain values."""
        columns = [asdict(column) for column in self._columns]
        about = {"leads": self.leads, "won": self.won, "in_time_by": self.in_time_by, "notes": self.notes}
        return {"columns": columns, "exclude": self.exclude, **about}

    def __getitem__(self, name: str) -> ColumnReport:
        for column in self._columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"<leadscore.LeakageReport: {len(self._columns)} columns, exclude={self.exclude!r}>"

    def _repr_html_(self) -> str:
        cells = [(column.verdict, column.name, column.evidence) for column in self._columns]
        rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in cells)
        head = "<tr><th>verdict</th><th>column</th><th>evidence</th></tr>"
        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self._notes)
        return f"{notes}<table><thead>{head}</thead><tbody>{rows}</tbody></table><pre>exclude={html.escape(repr(self.exclude))}</pre>"


def leakage(
    leads: Any,
    events: Any = None,
    outcomes: Any = None,
    *,
    schema: Schema | None = None,
    label: str | None = None,
    ordered: bool = False,
    as_of: Any = None,
    history: Any = None,
) -> LeakageReport:
    """Tells, before anything is trained, which columns of leads know the future.

    A column that is filled in or changed after a lead was created tells training what nobody knows when scoring. Each column is asked how well it tells won leads from
    others alone, on rows whose own outcome it has not seen and among leads of the same time; whether it decides; whether it is filled in after the fact; whether it differs
    by age of the row; whether it holds moments after the close; whether its name is that of a column filled in later, which alone makes it suspicious. Several answers together, or one that no legal column could give, make a leak; figures go by the bounds of
    confidence intervals, so that few rows give no verdict. Columns that inference leaves out for their names are judged by their content too.

    :param leads: any frame with the leads.
    :param events: any frame with their events; optional.
    :param outcomes: any frame with how they ended; ``None`` when that stands on leads, or for a flat table.
    :param schema: what the columns mean; inferred when ``None``.
    :param label: the 0/1 column of a flat table.
    :param ordered: whether the rows of a flat table are in order of time, oldest first. Without it, and without a moment of creation, an identifier that counts up is
        taken for the order, where there is one. Rows whose numbers or dates say that they are newest first are taken from the last to the first, with a note.
    :param as_of: the moment up to which the history is believed (datetime, date, ISO 8601); by default the newest in the data that is not in the future.
    :param history: any frame with the attributes' history (:class:`leadscore.HistoryColumns`): such attributes are judged as they were known at creation.
    :raises SchemaError: when columns, roles and types do not fit each other.
    :raises DataError: when a value cannot be read, or all leads ended alike.

    >>> import leadscore as ls
    >>> n = 2000
    >>> leads = {
    ...     "industry": ["retail", "software", "health", "energy", "travel"] * (n // 5),
    ...     "lost_to": [None if i % 3 == 0 else "a rival" for i in range(n)],
    ...     "won": [i % 3 == 0 for i in range(n)],
    ... }
    >>> report = ls.leakage(leads, label="won")
    >>> report.exclude
    ['lost_to']
    >>> report["industry"].verdict
    'fine'
    """
    return LeakageReport(*_native.leakage(leads, events, outcomes, history, _schema_json(schema), label, bool(ordered), as_of))
