"""Long work leaves the interpreter free, answers Ctrl-C, and tells of its progress."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

import leadscore as ls

TRAINING = """
import sys
import leadscore as ls
leads, events, outcomes, _ = ls.datasets.make_leads(20000, frame=None)
print("ready", flush=True)
try:
    ls.train(leads, events, outcomes, algorithm=ls.Boosting(n_estimators=5000, num_leaves=63), progress=False)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.fixture(scope="module")
def made() -> Any:
    return ls.datasets.make_leads(4000, frame=None)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_stops_a_training_soon() -> None:
    for wait in (0.3, 2.0):
        with subprocess.Popen([sys.executable, "-c", TRAINING], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            time.sleep(wait)
            assert process.poll() is None
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
            took = time.monotonic() - begin
            assert out == "interrupted\n", err
            # Promised is a second; machines under test are busy.
            assert took < 5, took


def test_other_threads_go_on_during_a_training(made: Any) -> None:
    counted = 0
    done = threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.001)

    thread = threading.Thread(target=count)
    thread.start()
    begin = time.monotonic()
    ls.train(made.leads, made.events, made.outcomes, algorithm="boosting")
    took = time.monotonic() - begin
    done.set()
    thread.join()
    # With the lock held it would count once or twice in all.
    assert counted > 20 * took


def test_threads_score_at_once(made: Any) -> None:
    model = ls.train(made.leads, made.events, made.outcomes, algorithm="logistic")
    expected = model.score(made.leads, made.events, as_of="2026-01-01")["log_odds"]
    found: list[Any] = []
    threads = [
        threading.Thread(target=lambda: found.append(model.score(made.leads, made.events, as_of="2026-01-01")["log_odds"])) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


def test_a_function_hears_of_the_progress(made: Any) -> None:
    heard: list[tuple[str, int, int]] = []
    ls.train(made.leads, made.events, made.outcomes, algorithm="boosting", progress=lambda *state: heard.append(state))
    assert heard and all(isinstance(stage, str) and stage and done >= 0 and total >= 0 for stage, done, total in heard)


def test_an_error_of_that_function_stops_the_work_and_reaches_the_caller(made: Any) -> None:
    def refuse(stage: str, done: int, total: int) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        ls.train(made.leads, made.events, made.outcomes, algorithm="boosting", progress=refuse)


def test_a_bar_is_shown_when_asked_for(made: Any, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tqdm")
    ls.train(made.leads, made.events, made.outcomes, algorithm="boosting", progress=True)
    assert capsys.readouterr().err
    ls.train(made.leads, made.events, made.outcomes, algorithm="boosting", progress=False)
    assert not capsys.readouterr().err
