"""Shared by all tests: nothing of the user's is touched, and what was skipped is counted and said.

Tests marked `lean`, `models` or `vllm` are skipped, with the reason, where that part is missing.
`FD_TEST_SUMMARY=<file>` also writes the counts as JSON, for the closing lines of `make test`.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from support import availability

PARTS: dict[str, tuple[str, Callable[[], availability.Part]]] = {
    "lean": ("Lean tests", availability.lean),
    "models": ("Model tests", availability.models),
    "vllm": ("vLLM tests", availability.vllm),
}
_COUNTS: dict[str, Counter[str]] = {mark: Counter() for mark in [*PARTS, "all"]}
_SKIPS: Counter[str] = Counter()
_MARKS: dict[str, list[str]] = {}
_HOME = Path(tempfile.mkdtemp(prefix="fd-tests-"))


def pytest_configure(config: pytest.Config) -> None:
    """Send everything the product writes to a folder of this run, and keep it off the network."""
    for name in ("CONFIG", "DATA_DIR", "CACHE_DIR"):
        os.environ[f"FD_{name}"] = str(_HOME / name.lower())
    os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine lacks the parts for."""
    for item in items:
        _MARKS[item.nodeid] = [mark for mark in PARTS if item.get_closest_marker(mark)]
        for mark in _MARKS[item.nodeid]:
            part = PARTS[mark][1]()
            if not part.present:
                item.add_marker(pytest.mark.skip(reason=part.words))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count each test once: as skipped, failed or passed."""
    if report.when == "call" or (report.when == "setup" and not report.passed):
        outcome = report.outcome
    elif report.when == "teardown" and report.failed:
        outcome = "failed"
    else:
        return
    if report.skipped and isinstance(report.longrepr, tuple):
        _SKIPS[report.longrepr[2].removeprefix("Skipped: ")] += 1
    for mark in ["all", *_MARKS.get(report.nodeid, [])]:
        _COUNTS[mark][outcome] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran on real parts, and on which."""
    lines = [_line(mark) for mark in PARTS]
    terminalreporter.write_sep("-", "real parts")
    for line in lines:
        terminalreporter.write_line(line)
    if target := os.environ.get("FD_TEST_SUMMARY"):
        Path(target).write_text(
            json.dumps({"counts": _COUNTS["all"], "lines": lines, "skips": _SKIPS})
        )


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(_HOME, ignore_errors=True)


def _line(mark: str) -> str:
    title, look = PARTS[mark]
    counts = _COUNTS[mark]
    ran = counts["passed"] + counts["failed"]
    if not ran and not counts["skipped"]:
        return f"{title}: none collected"
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    failed = f", {counts['failed']} of them failed" if counts["failed"] else ""
    joint = ": " if not look().present else " "
    return f"{title}: {ran} run{failed}{skipped}{joint}{look().words}"
