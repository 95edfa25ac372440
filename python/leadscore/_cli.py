"""The console script: the command line of the Rust crate."""

from __future__ import annotations

import sys

from . import _leadscore as _native


def main() -> int:
    """Runs the command line with the arguments of the process and returns its exit code."""
    return _native.cli(sys.argv)
