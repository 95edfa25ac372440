"""What can go wrong, as exceptions: one family, each member also the builtin that fits."""

from __future__ import annotations

__all__ = ["ArtifactError", "ConfigError", "DataError", "DataWarning", "LeadscoreError", "SchemaError", "TooLate", "UnseenWarning"]


class LeadscoreError(Exception):
    """Anything that leadscore reports. The message says what was found, where, and what to do.

    >>> import leadscore as ls
    >>> try:
    ...     ls.Schema(lead_id="id", attributes={"id": ls.Numeric()}).check()
    ... except ls.LeadscoreError as error:
    ...     print(type(error).__name__)
    SchemaError
    """


class SchemaError(LeadscoreError, ValueError):
    """Columns, roles or types that do not fit each other or the table."""


class DataError(LeadscoreError, ValueError):
    """Values that cannot be read, believed or learned from."""


class TooLate(DataError):
    """An event that belongs before events which an :class:`Engagement` has folded already: make a new state of all of the lead's events."""


class ConfigError(LeadscoreError, ValueError):
    """A setting out of its range, or settings that contradict each other."""


class ArtifactError(LeadscoreError, OSError):
    """A model file that cannot be read, written or believed."""


class UnseenWarning(UserWarning):
    """More leads than in training have categories, or events of kinds and channels, that the model does not know by name.

    :meth:`leadscore.Model.unseen` says which. ``warnings.filterwarnings("error", category=ls.UnseenWarning)`` makes it an error.

    >>> import leadscore as ls
    >>> issubclass(ls.UnseenWarning, UserWarning)
    True
    """


class DataWarning(UserWarning):
    """Leads that were scored although they were created later, or events that were left out because they say no lead, with their number; classes that a logistic regression separates.

    >>> import leadscore as ls
    >>> issubclass(ls.DataWarning, UserWarning)
    True
    """


class ArtifactNotFound(ArtifactError, FileNotFoundError):
    """There is no such model file."""
