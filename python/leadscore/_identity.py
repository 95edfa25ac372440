"""Identity: leads to people and accounts, events to leads."""

from __future__ import annotations

from typing import Any, Literal

from . import _leadscore as _native
from ._checks import whole
from ._errors import ConfigError
from ._schema import Schema
from ._training import _schema_json

__all__ = ["resolve", "route"]


def resolve(
    leads: Any,
    outcomes: Any = None,
    *,
    schema: Schema | None = None,
    country: str | None = None,
    max_leads: int = 50,
    max_emails_per_phone: int = 2,
) -> Any:
    """Tells which leads are of one person and of one account, and which are there twice.

    Leads are of one person when they have the same e-mail address or telephone number in normal form, directly or by way of other leads. Mailboxes of functions
    (``info@``) and keys that are on too many leads join nobody. An account is what the column of accounts says, however it is spelled, else the domain of the e-mail
    address unless everybody can have a mailbox there (or the one account that other leads of the domain have). A million leads take seconds.

    :param leads: any frame with the leads.
    :param outcomes: any frame with how they ended, which says when leads were closed; ``None`` when that stands on leads, or all are open (also when
        the schema knows a table of outcomes, and it is not given).
    :param schema: what the columns mean: ``email``, ``phone``, ``account``, ``created_at``; inferred when ``None``.
    :param country: the country (ISO 3166: ``"DE"``, ``"US"``) of telephone numbers that are written without a calling code.
    :param max_leads: a key on more leads than this is shared.
    :param max_emails_per_phone: a telephone number with more different e-mail addresses than this is a switchboard's.
    :returns: the caller's own type of frame, one row a lead in the given order: ``lead_id``; ``person``, the identifier of the person's oldest lead; ``account``;
        ``email`` and ``phone`` in normal form; ``email_status`` and ``phone_status`` (``personal``, ``generic``, ``shared``, ``malformed``, ``missing``);
        ``duplicate_of``, the oldest lead of the person that was open when this one came; ``identical_to``, the first lead that differs in nothing
        but its identifier, by the columns that the schema names (missing where it names no attribute).
    :raises SchemaError: when the schema names none of e-mail address, telephone number and account.
    :raises DataError: for a value that cannot be read, by table, column and row.

    >>> import leadscore as ls
    >>> leads = {
    ...     "lead_id": ["a", "b", "c"],
    ...     "email": ["Ann@corp.example", "ann+fair@CORP.example", "bob@home.example"],
    ...     "phone": ["+49 30 123456", None, "0049 30 654321"],
    ... }
    >>> people = ls.resolve(leads, schema=ls.Schema(lead_id="lead_id", email="email", phone="phone"))
    >>> people["person"], people["account"][0], people["phone"][2]
    (['a', 'a', 'c'], 'corp.example', '+4930654321')
    """
    return _native.resolve(leads, outcomes, _schema_json(schema), _rules(country, max_leads, max_emails_per_phone))


def route(
    events: Any,
    leads: Any,
    outcomes: Any = None,
    *,
    schema: Schema | None = None,
    to: Literal["most_recent", "highest_scored"] = "most_recent",
    scores: Any = None,
    lead_id: str | None = None,
    at: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    country: str | None = None,
    max_leads: int = 50,
    max_emails_per_phone: int = 2,
) -> Any:
    """Finds the lead of every event.

    An event is of the lead that it names, else of the person who has its e-mail address, else of the one who has its telephone number (:func:`resolve`). It goes to the
    lead of that person that was open when it happened; when none was open yet, to the first that came later, from whose creation on it is known. An event that names a
    lead goes to another one of the person only when the named one was closed by then. The rest are orphans, each with its reason.

    :param events: any frame with the events.
    :param leads: any frame with the leads.
    :param outcomes: as for :func:`resolve`.
    :param schema: as for :func:`resolve`; its ``events`` name the columns of lead and moment.
    :param to: of several open leads of a person, the one that was created last, or the one with the highest score.
    :param scores: for ``"highest_scored"``: the name of a column of leads, or a score for each lead in the order of ``leads`` (of :meth:`Model.score`, say).
    :param lead_id: column of events with the lead. Columns that are not given are found by the schema's names, or as ``lead_id``, ``at``, ``email``, ``phone``.
    :param at: column of events with the moment.
    :param email: column of events with the e-mail address.
    :param phone: column of events with the telephone number.
    :param country: as for :func:`resolve`.
    :param max_leads: as for :func:`resolve`.
    :param max_emails_per_phone: as for :func:`resolve`.
    :returns: the caller's own type of frame, one row an event in the given order: ``lead_id`` (missing for an orphan); ``route`` (``lead``, ``email``, ``phone``; of
        orphans ``no_key``, ``unknown``, ``shared``, ``no_open_lead``); ``before_creation``.
    :raises SchemaError: when no column of events tells whom they are of.
    :raises ConfigError: when ``to`` and ``scores`` do not fit each other.
    :raises DataError: for a value that cannot be read, by table, column and row.

    >>> import leadscore as ls
    >>> leads = {"lead_id": [7, 8], "email": ["ann@corp.example"] * 2, "created_at": ["2026-01-01", "2026-02-01"]}
    >>> events = {"email": ["Ann@corp.example", "ANN@corp.example", "eve@corp.example"], "at": ["2026-01-15", "2026-03-01", "2026-03-01"]}
    >>> routed = ls.route(events, leads, schema=ls.Schema(lead_id="lead_id", email="email", created_at="created_at"))
    >>> routed["lead_id"], routed["route"]
    ([7, 8, None], ['email', 'email', 'unknown'])
    """
    if to not in ("most_recent", "highest_scored"):
        raise ConfigError(f'to must be "most_recent" or "highest_scored". Got {to!r}')
    if (to == "highest_scored") != (scores is not None):
        raise ConfigError('scores must be given for to="highest_scored", and only for it: the name of a column of leads, or a score for each lead')
    column, values = (scores, None) if isinstance(scores, (str, type(None))) else (None, _numbers(scores))
    rules = _rules(country, max_leads, max_emails_per_phone)
    return _native.route(events, leads, outcomes, _schema_json(schema), rules, (lead_id, at, email, phone), column, values)


def _rules(country: str | None, max_leads: int, max_emails_per_phone: int) -> tuple[str | None, int, int]:
    return country, whole("max_leads", max_leads, 0), whole("max_emails_per_phone", max_emails_per_phone, 0)


def _numbers(scores: Any) -> list[float]:
    """Scores of any sequence; what is missing is NaN."""
    values = scores.to_pylist() if hasattr(scores, "to_pylist") else scores
    try:
        return [float("nan") if value is None else float(value) for value in values]
    except (TypeError, ValueError) as error:
        raise ConfigError(f"scores must be a number for each lead, or the name of a column of leads: {error}") from error
