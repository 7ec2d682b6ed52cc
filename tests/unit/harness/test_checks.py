"""The summary of `make test` is honest about what was not run."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.delitem(sys.modules, "checks", raising=False)
    monkeypatch.setenv("FD_TEST_SUMMARY", "")
    return importlib.import_module("checks")


def test_what_setup_could_not_install_is_skipped_with_its_reason(
    checks: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(checks, "_tell_what_is_missing", lambda: {"workbench": "no Chromium"})
    monkeypatch.setattr(
        checks, "run", lambda name, _: ran.append(name) or checks.Result(name, 0, 1.0)
    )
    assert checks.main(["test-extension"]) == 0
    said = capsys.readouterr().out
    assert "SKIPPED extension: in the workbench: no Chromium\n" in said
    assert "passed  extension: tests (1 s)\n" in said
    assert len(ran) == 3


def test_every_check_that_can_be_skipped_exists(checks: ModuleType) -> None:
    names = {name for group in checks.GROUPS.values() for name, _ in group}
    assert set(checks.NEEDS) <= names


def test_counts_of_the_extensions_tests_are_told(checks: ModuleType, tmp_path: Path) -> None:
    file = tmp_path / "extension-unit.json"
    counts = {"numPassedTests": 7, "numFailedTests": 1, "numPendingTests": 2}
    file.write_text(json.dumps(counts))
    assert checks._counts_of_vitest(file) == "extension unit tests: 7 passed, 1 failed, 2 skipped"
