"""Shared by all tests: nothing of the user's is touched, and what was skipped is counted and said.

Tests marked `lean`, `models`, `vllm` or `ray` are skipped, with the reason, where that part is missing.
`FD_TEST_SUMMARY=<file>` also writes the counts as JSON, for the closing lines of `make test`; what an
earlier run wrote there is added. All of it holds for workers of pytest-xdist, too.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from support import availability

PARTS: dict[str, tuple[str, Callable[[], availability.Part]]] = {
    "lean": ("Lean tests", availability.lean),
    "models": ("Model tests", availability.models),
    "vllm": ("vLLM tests", availability.vllm),
    "ray": ("Ray tests", availability.ray),
}
_COUNTS: dict[str, Counter[str]] = {mark: Counter() for mark in [*PARTS, "all"]}
_SKIPS: Counter[str] = Counter()
_HOME = Path(tempfile.mkdtemp(prefix="fd-tests-"))


def pytest_configure(config: pytest.Config) -> None:
    """Send everything the product writes to a folder of this run, and keep it off the network."""
    for name in ("CONFIG", "DATA_DIR", "CACHE_DIR"):
        os.environ[f"FD_{name}"] = str(_HOME / name.lower())
    os.environ.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1", HF_HUB_DISABLE_TELEMETRY="1")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what this machine lacks the parts for."""
    for item in items:
        for mark in _parts_of(item):
            part = PARTS[mark][1]()
            if not part.present:
                item.add_marker(pytest.mark.skip(reason=part.words))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """The report says which parts the test is marked with: workers collect, another process counts."""
    report = yield
    report.real_parts = _parts_of(item)
    return report


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
    for mark in ["all", *getattr(report, "real_parts", [])]:
        _COUNTS[mark][outcome] += 1


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many tests ran on real parts, and on which; a worker leaves that to who sent it."""
    if hasattr(config, "workerinput"):
        return
    terminalreporter.write_sep("-", "real parts")
    for mark in PARTS:
        terminalreporter.write_line(_line(mark))
    if target := os.environ.get("FD_TEST_SUMMARY"):
        _write_summary(Path(target))


def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    shutil.rmtree(_HOME, ignore_errors=True)


def _parts_of(item: pytest.Item) -> list[str]:
    return [mark for mark in PARTS if item.get_closest_marker(mark)]


def _write_summary(target: Path) -> None:
    """The counts of this run and of those that wrote there before."""
    runs = 1
    if target.exists():
        before = json.loads(target.read_text())
        runs += before["runs"]
        _SKIPS.update(before["skips"])
        for mark, counts in before["marks"].items():
            _COUNTS[mark].update(counts)
    lines = [_line(mark) for mark in PARTS]
    told = {"counts": _COUNTS["all"], "marks": _COUNTS, "lines": lines, "skips": _SKIPS}
    target.write_text(json.dumps(told | {"runs": runs}))


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
