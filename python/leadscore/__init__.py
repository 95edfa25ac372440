"""Predictive lead scoring: learns from closed-won and closed-lost history which open sales leads will convert."""

from ._errors import ArtifactError, ConfigError, DataError, LeadscoreError, SchemaError
