"""The stub is true, the types hold, and every example in a docstring runs."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pathlib
import pkgutil
import subprocess
import sys

import pytest

import leadscore as ls

ROOT = pathlib.Path(__file__).resolve().parents[2]


def modules() -> list[str]:
    return ["leadscore", *(f"leadscore.{module.name}" for module in pkgutil.iter_modules(ls.__path__))]


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_run(name: str) -> None:
    module = importlib.import_module(name)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    found = {test.name: test for test in finder.find(module, name)}
    if name == "leadscore":
        # Native classes and functions: the finder takes them for foreign.
        for public in ls.__all__:
            value = getattr(ls, public)
            members = [(public, value), *((f"{public}.{n}", m) for n, m in inspect.getmembers(value))] if inspect.isclass(value) else [(public, value)]
            for label, member in members:
                documentation = getattr(member, "__doc__", None)
                if documentation and ">>>" in documentation:
                    found[label] = doctest.DocTestParser().get_doctest(documentation, {}, label, None, None)
    for test in found.values():
        runner.run(test)
    assert runner.failures == 0


@pytest.mark.parametrize("name", [*sorted(ls.__all__), *ls._ESTIMATORS])
def test_every_public_name_is_documented(name: str) -> None:
    value = getattr(ls, name)
    if not isinstance(value, str):
        assert inspect.getdoc(value)
    if inspect.isclass(value) and value.__module__ == "leadscore":
        for member, found in inspect.getmembers(value):
            # What a builtin exception has of its own is documented by Python, or not at all.
            inherited = any(member in vars(base) for base in value.__mro__ if base.__module__ == "builtins")
            if not member.startswith("_") and not inherited and (callable(found) or inspect.isdatadescriptor(found)):
                assert inspect.getdoc(found), f"{name}.{member}"


def test_the_stub_is_true_and_the_types_hold(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("mypy")
    # scikit-learn makes these methods by itself, one for each method that takes metadata.
    made = tmp_path / "made_by_scikit_learn.txt"
    made.write_text("leadscore(\\._estimators)?\\..*\\.set_.*_request\n")
    stubtest = ["mypy.stubtest", "leadscore", "--mypy-config-file", "pyproject.toml", "--allowlist", str(made), "--ignore-unused-allowlist"]
    for command in (["mypy"], stubtest):
        done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
