"""What the columns of leads, events and outcomes mean."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, Union

from . import _leadscore as _native
from ._errors import SchemaError

__all__ = [
    "Attribute",
    "Boolean",
    "Categorical",
    "Date",
    "Email",
    "EventColumns",
    "HistoryColumns",
    "JobTitle",
    "Numeric",
    "OutcomeColumns",
    "Phone",
    "Schema",
    "Text",
]


class _Attribute:
    """One type of attribute."""

    _type: ClassVar[str]


@dataclass
class Numeric(_Attribute):
    """A quantity: number of employees, days since the last order.

    >>> import leadscore as ls
    >>> ls.Numeric()
    Numeric()
    """

    _type: ClassVar[str] = "numeric"


@dataclass
class Categorical(_Attribute):
    """One of a set of words: industry, source, country.

    Words are compared without regard to case and white space around them.

    :param aliases: other spellings, what is written -> what is meant; the empty word means "missing".

    >>> import leadscore as ls
    >>> ls.Categorical(aliases={"u.s.": "usa", "unknown": ""})
    Categorical(aliases={'u.s.': 'usa', 'unknown': ''})
    """

    aliases: dict[str, str] = field(default_factory=dict)
    _type: ClassVar[str] = "categorical"


@dataclass
class Boolean(_Attribute):
    """Yes or no: booleans, 0 and 1, or the words yes, no, true, false, y, n, t, f.

    >>> import leadscore as ls
    >>> ls.Boolean()
    Boolean()
    """

    _type: ClassVar[str] = "boolean"


@dataclass
class Text(_Attribute):
    """Free text: the model reads whether it is filled in, and how long it is.

    >>> import leadscore as ls
    >>> ls.Text()
    Text()
    """

    _type: ClassVar[str] = "text"


@dataclass
class Email(_Attribute):
    """An e-mail address: the model reads whether there is one, whether it is well-formed, who gives out the mailbox (business, free, disposable, education,
    government), whether it is a function's (info@, sales@), and the domain where at least 20 leads share it.

    >>> import leadscore as ls
    >>> ls.Email()
    Email()
    """

    _type: ClassVar[str] = "email"


@dataclass
class Phone(_Attribute):
    """A telephone number: the model reads whether there is one, whether it is well-formed, and of which country it is.

    :param country: ISO 3166-1 code, for example ``"DE"``, of the country of numbers that are written without a calling code; without it their country is unknown.

    >>> import leadscore as ls
    >>> ls.Phone(country="DE")
    Phone(country='DE')
    """

    country: str | None = None
    _type: ClassVar[str] = "phone"


@dataclass
class JobTitle(_Attribute):
    """A job title: the model reads the seniority (from intern to owner), the department, and the title itself where at least 20 leads share it.

    Titles are read in English, and the most common ones in German, French, Spanish, Italian and Dutch.

    >>> import leadscore as ls
    >>> ls.JobTitle()
    JobTitle()
    """

    _type: ClassVar[str] = "job_title"


@dataclass
class Date(_Attribute):
    """A date or instant.

    :param future: whether a date later than the moment of scoring was known before it came (a planned date); otherwise such a date is unknown.

    >>> import leadscore as ls
    >>> ls.Date(future=True)
    Date(future=True)
    """

    future: bool = False
    _type: ClassVar[str] = "date"


Attribute = Union[Numeric, Categorical, Boolean, Text, Email, Phone, JobTitle, Date]
"""The type of an attribute."""

_ATTRIBUTES: dict[str, type[Attribute]] = {
    "numeric": Numeric,
    "categorical": Categorical,
    "boolean": Boolean,
    "text": Text,
    "email": Email,
    "phone": Phone,
    "job_title": JobTitle,
    "date": Date,
}


@dataclass(kw_only=True)
class EventColumns:
    """The columns of the table of events.

    :param lead_id: the lead it belongs to.
    :param at: when it happened.
    :param kind: what happened (``email_open``, ``demo_request`` ...).
    :param channel: where or through what it happened.
    :param value: a quantity that it carries.
    :param recorded_at: when it became known, if later than it happened.
    :param groups: named groups of kinds; each is counted like a kind of its own, and is called otherwise than every kind.
    :param intents: named signs of the intent to buy, each one or more kinds (pricing page, demo request ...): counted like groups, and how many different ones there were.
    :param initiator: who starts events of a kind: ``"lead"``, ``"sales"`` or ``"system"``. When given, only kinds that the lead starts become features by default.

    >>> import leadscore as ls
    >>> ls.EventColumns(lead_id="lead", at="time", kind="action").at
    'time'
    """

    lead_id: str
    at: str
    kind: str
    channel: str | None = None
    value: str | None = None
    recorded_at: str | None = None
    groups: dict[str, list[str]] = field(default_factory=dict)
    intents: dict[str, list[str]] = field(default_factory=dict)
    initiator: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class OutcomeColumns:
    """The columns that say how a lead ended: of a table of outcomes, or of leads.

    :param lead_id: the lead; ``None`` when the columns stand on leads.
    :param won: whether it was won: a boolean, 0/1, or a word of ``won_values``.
    :param closed_at: when it closed.
    :param value: what the deal was worth.
    :param recorded_at: when the outcome became known, if later than it happened.
    :param won_values: the words of the ``won`` column that mean won.
    :param lost_values: the words that mean lost. When given, any other word means "still open", and the table may hold a history of several statuses a lead;
        otherwise every word that is not of ``won_values`` means lost.

    >>> import leadscore as ls
    >>> ls.OutcomeColumns(won="stage", closed_at="closed", won_values=["Closed Won", "Bound"]).won_values
    ['Closed Won', 'Bound']
    """

    won: str
    closed_at: str
    lead_id: str | None = None
    value: str | None = None
    recorded_at: str | None = None
    won_values: Sequence[str] | None = None
    lost_values: Sequence[str] | None = None


@dataclass(kw_only=True)
class HistoryColumns:
    """The columns of the table with the attributes' history: one row for each value that an attribute of a lead took, its first one included.

    An attribute that has a history is read from it alone: a lead of which it says nothing by some moment has no value then. Of two values at one instant the later row
    holds.

    :param lead_id: the lead.
    :param column: the attribute: the name of a column of leads.
    :param value: its value, as the column of leads would hold it, written as text where the attributes are of several types; empty from when on nothing was known.
    :param valid_from: from when on it was known.

    >>> import leadscore as ls
    >>> ls.HistoryColumns(valid_from="changed_at")
    HistoryColumns(lead_id='lead_id', column='column', value='value', valid_from='changed_at')
    """

    lead_id: str = "lead_id"
    column: str = "column"
    value: str = "value"
    valid_from: str = "valid_from"


@dataclass(kw_only=True)
class Schema:
    """What the columns of leads, events and outcomes mean. Columns that it does not name are ignored.

    Write it out, or let :meth:`infer` guess it and edit the guess: every field can be assigned.

    :param lead_id: column of leads with the identifier; ``None`` takes the row number.
    :param created_at: column with the moment of creation.
    :param account: column with the account that the lead belongs to: its other leads can be features (``"account"`` in ``families`` of
        :class:`leadscore.Features`).
    :param email: column with the e-mail address that identifies the person.
    :param phone: column with the telephone number that identifies the person.
    :param segment: column by which evaluations are broken down.
    :param consent: column that says whether the person may be contacted.
    :param label: column with the 0/1 label of a flat table.
    :param time_zone: IANA name of the zone of timestamps and moments (``as_of``) that carry none; UTC when ``None``.
    :param lead_time_zone: column, a categorical attribute, that names the time zone (IANA) the lead lives in: nights, weekends and the hour of creation are
        told by the lead's own clock. Leads whose zone is missing, is no IANA name, or is on too few leads for a category
        of its own are in ``time_zone``; ``aliases`` of the attribute say which zone another word ("PST", "UTC+2") means.
    :param exclude: columns that the model must not read.
    :param attributes: the attributes that become features, by column name.
    :param events: the columns of the table of events.
    :param outcomes: the columns of the table of outcomes, or of leads when there is no such table.
    :param history: the columns of the table with the attributes' history.

    >>> import leadscore as ls
    >>> schema = ls.Schema(
    ...     lead_id="id",
    ...     created_at="created",
    ...     attributes={"employees": ls.Numeric(), "industry": ls.Categorical()},
    ...     events=ls.EventColumns(lead_id="lead", at="at", kind="kind"),
    ...     outcomes=ls.OutcomeColumns(lead_id="lead", won="won", closed_at="closed"),
    ... )
    >>> schema.attributes["country"] = ls.Categorical(aliases={"u.s.": "usa"})
    >>> sorted(schema.attributes)
    ['country', 'employees', 'industry']
    """

    lead_id: str | None = None
    created_at: str | None = None
    account: str | None = None
    email: str | None = None
    phone: str | None = None
    segment: str | None = None
    consent: str | None = None
    label: str | None = None
    time_zone: str | None = None
    lead_time_zone: str | None = None
    exclude: Iterable[str] = field(default_factory=list)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    events: EventColumns | None = None
    outcomes: OutcomeColumns | None = None
    history: HistoryColumns | None = None

    @classmethod
    def infer(
        cls,
        leads: Any,
        events: Any = None,
        outcomes: Any = None,
        *,
        label: str | None = None,
        exclude: Iterable[str] = (),
    ) -> Schema:
        """Guesses the schema from the tables.

        Identifiers, constants, near-unique columns, and columns that tell the outcome (status, owner, last touched) are left out; :attr:`guesses` says why. A column that is called
        as those of e-mail addresses or telephone numbers is one even when many of its cells are malformed, for that says something of a lead.

        :param leads: any frame with the leads.
        :param events: any frame with the events.
        :param outcomes: any frame with the outcomes.
        :param label: the 0/1 column of a flat table.
        :param exclude: columns that the model must not read.
        :raises SchemaError: when a role can be filled by no column.
        """
        text, guesses = _native.infer(leads, events, outcomes, label, _names(exclude, "exclude"))
        schema = cls.from_json(text)
        schema.__dict__["_guesses"] = guesses
        return schema

    @property
    def guesses(self) -> list[tuple[str, str, str, str]]:
        """Of an inferred schema: table, column, role and reason of each guess; empty otherwise."""
        return list(self.__dict__.get("_guesses", ()))

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Schema:
        """Reads a schema from a TOML file.

        :raises SchemaError: when the file is not a schema; the message names the line.
        """
        with open(path, encoding="utf-8") as file:
            return cls.from_json(_native.schema_from_toml(file.read()))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes the schema to a TOML file, which people can read and edit.

        >>> import leadscore as ls, os, tempfile
        >>> path = os.path.join(tempfile.mkdtemp(), "leads.toml")
        >>> schema = ls.Schema(lead_id="id", attributes={"employees": ls.Numeric()})
        >>> schema.save(path)
        >>> ls.Schema.load(path) == schema
        True
        """
        text = _native.schema_to_toml(self.to_json())
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def check(self) -> None:
        """Checks that no statement contradicts another.

        :raises SchemaError: names the two that do.
        """
        _native.schema_check(self.to_json())

    def to_json(self) -> str:
        """The schema as JSON, in the form that model files and TOML files share."""
        out: dict[str, Any] = {}
        for name in (f.name for f in fields(self)):
            value = getattr(self, name)
            if name == "exclude":
                value = _names(value, "exclude")
            elif name == "attributes":
                value = {column: _attribute_to_dict(column, attribute) for column, attribute in value.items()}
            elif isinstance(value, (EventColumns, OutcomeColumns, HistoryColumns)):
                value = {k: _plain(v) for k, v in asdict(value).items() if v is not None and v != {}}
            if value is not None and value != [] and value != {}:
                out[name] = value
        try:
            return json.dumps(out)
        except TypeError as error:
            raise SchemaError(f"a schema holds names and words only: {error}") from None

    @classmethod
    def from_json(cls, text: str) -> Schema:
        """The schema that :meth:`to_json` wrote."""
        data = json.loads(text)
        data["attributes"] = {name: _attribute_from_dict(given) for name, given in data.get("attributes", {}).items()}
        if "events" in data:
            data["events"] = EventColumns(**data["events"])
        if "outcomes" in data:
            data["outcomes"] = OutcomeColumns(**data["outcomes"])
        if "history" in data:
            data["history"] = HistoryColumns(**data["history"])
        return cls(**data)


def _attribute_to_dict(column: str, attribute: object) -> dict[str, Any]:
    if isinstance(attribute, type) and issubclass(attribute, _Attribute):
        attribute = attribute()
    if not isinstance(attribute, _Attribute):
        kinds = ", ".join(f"ls.{kind.__name__}()" for kind in _ATTRIBUTES.values())
        raise SchemaError(f'attributes["{column}"] must be one of {kinds}. Got {attribute!r}')
    return {"type": attribute._type, **asdict(attribute)}  # type: ignore[call-overload]


def _attribute_from_dict(data: Mapping[str, Any]) -> Attribute:
    given = dict(data)
    return _ATTRIBUTES[given.pop("type")](**given)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (tuple, set, frozenset)) else value


def _names(names: Iterable[str], what: str) -> list[str]:
    """Column names as a list; a lone string is taken for one name, not for its letters."""
    return [names] if isinstance(names, str) else sorted(names) if isinstance(names, (set, frozenset)) else list(names)
