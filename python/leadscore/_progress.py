"""How long work shows its progress."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any, Protocol, Union

Progress = Union[None, bool, Callable[[str, int, int], object]]
"""``None``: a bar when ``tqdm`` is installed and somebody looks; ``True``, ``False``; or a function of stage, steps done, and steps in all (0 when not known)."""


class Reporter(Protocol):
    """Hears of stages on the caller's thread, about twenty times a second."""

    def __call__(self, stage: str, done: int, total: int) -> object: ...

    def close(self) -> None: ...


def reporter(progress: Progress) -> Reporter | None:
    """Who is told of the progress; ``None`` for nobody."""
    if progress is False:
        return None
    if callable(progress):
        return _Function(progress)
    if progress is None and not _watched():
        return None
    try:
        from tqdm.auto import tqdm
    except ImportError:
        if progress is True:
            raise ImportError("progress=True shows a bar of tqdm, which is not installed: pip install tqdm") from None
        return None
    # Work of less than a second does not flash a bar.
    return _Bar(tqdm, delay=0.0 if progress else 1.0)


def _watched() -> bool:
    stderr = sys.stderr
    return "ipykernel" in sys.modules or (stderr is not None and hasattr(stderr, "isatty") and stderr.isatty())


class _Function:
    def __init__(self, function: Callable[[str, int, int], object]) -> None:
        self._function = function

    def __call__(self, stage: str, done: int, total: int) -> object:
        return self._function(stage, done, total)

    def close(self) -> None:
        pass


class _Bar:
    def __init__(self, tqdm: Any, delay: float) -> None:
        self._tqdm, self._delay = tqdm, delay
        self._begin = time.monotonic()
        self._bar: Any = None
        self._stage = ""

    def __call__(self, stage: str, done: int, total: int) -> None:
        if time.monotonic() - self._begin < self._delay:
            return
        if self._bar is None or stage != self._stage:
            self.close()
            self._stage = stage
            self._bar = self._tqdm(desc=stage, total=total or None, leave=False)
        self._bar.n = min(done, total) if total else done
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
