"""Runs the named groups of checks, all of them whatever fails, and ends with a summary.

The exit status is honest: 0 only if every check passed. Skipped tests are counted and named in the
summary, with what was missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PYTHON = sys.executable
TYPED = ("server/fd_core", "server/fd_server", "trainer/fd_trainer", "tui/fd_tui")
STYLED = tuple(
    name
    for name in ("server", "trainer", "tui", "tests", "scripts", "benchmarks")
    if (ROOT / name).exists()
)

EXTENSION = (PYTHON, "scripts/extension.py")

Command = tuple[str, ...]
GROUPS: dict[str, tuple[tuple[str, Command], ...]] = {
    "lint": (
        ("style", (f"{BIN}/ruff", "check", *STYLED)),
        ("format", (f"{BIN}/ruff", "format", "--check", *STYLED)),
        ("types", (f"{BIN}/mypy", *TYPED)),
        ("layers", (f"{BIN}/lint-imports",)),
    ),
    "test-server": (("tests", (PYTHON, "-m", "pytest")),),
    "package": (("wheel", (PYTHON, "scripts/wheel.py")),),
    "test-extension": (
        ("extension: style", (*EXTENSION, "lint")),
        ("extension: types", (*EXTENSION, "types")),
        ("extension: tests", (*EXTENSION, "unit")),
        ("extension: in the workbench", (*EXTENSION, "e2e")),
    ),
}
"""What each make target checks."""
NEEDS = {
    **{f"extension: {name}": "extension" for name in ("style", "types", "tests")},
    "extension: in the workbench": "workbench",
}
"""Checks that are skipped, with the reason in the summary, where setup could not install a part."""


UNSTEADY_AT_MOST = 5
"""More failures than this are not a busy machine's doing."""


@dataclass(frozen=True)
class Result:
    """One check: its exit status (negative: killed by that signal), and how long it took.

    `skipped` says why it was not run at all; then it neither passed nor failed.
    """

    name: str
    status: int
    seconds: float
    skipped: str = ""

    @property
    def passed(self) -> bool:
        """Whether it ended well."""
        return self.status == 0

    def __str__(self) -> str:
        if self.skipped:
            return f"SKIPPED {self.name}: {self.skipped}"
        how = f", killed by signal {-self.status}" if self.status < 0 else ""
        return f"{'passed' if self.passed else 'FAILED'}  {self.name} ({self.seconds:.0f} s{how})"


def main(arguments: Sequence[str]) -> int:
    """Run groups; what follows `--` goes to pytest."""
    groups, _, extra = _split(arguments)
    with tempfile.TemporaryDirectory() as folder:
        summary = Path(folder) / "tests.json"
        os.environ["FD_TEST_SUMMARY"] = str(summary)
        missing = _tell_what_is_missing()
        checks = [check for group in groups for check in GROUPS[group]]
        results = [
            Result(name, 0, 0.0, missing[NEEDS[name]])
            if NEEDS.get(name) in missing
            else run(name, (*command, *extra))
            for name, command in checks
        ]
        results = [_second_look(result) for result in results]
        _summarise(results, summary)
    return 0 if all(result.passed for result in results) else 1


def run(name: str, command: Command) -> Result:
    """Run one check with its output passed through."""
    print(f"\n=== {name}", flush=True)
    began = time.monotonic()
    status = subprocess.run(command, check=False, cwd=ROOT).returncode
    return Result(name, status, time.monotonic() - began)


def _second_look(result: Result) -> Result:
    """A few failures are run once more by themselves, and named whatever comes of it.

    The tests drive real processes against the clock of a machine that may be busy. A test that
    fails twice has failed; one that passes alone is called unsteady, not passed in silence.
    """
    failed = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
    if result.name != "tests" or result.status != 1 or not failed.exists():
        return result
    names = sorted(json.loads(failed.read_text()))
    if len(names) > UNSTEADY_AT_MOST:
        return result
    os.environ.pop("FD_TEST_SUMMARY", None)
    again = run("tests that failed, once more", (PYTHON, "-m", "pytest", "--last-failed"))
    seconds = result.seconds + again.seconds
    if not again.passed:
        return Result("tests (some failed twice)", again.status, seconds)
    return Result(f"tests (UNSTEADY, passed only when run again: {', '.join(names)})", 0, seconds)


def _split(arguments: Sequence[str]) -> tuple[list[str], str, list[str]]:
    at = arguments.index("--") if "--" in arguments else len(arguments)
    return list(arguments[:at]), "--", list(arguments[at + 1 :])


def _tell_what_is_missing() -> dict[str, str]:
    """What setup could not install, for the reasons of the skipped tests."""
    file = ROOT / ".venv" / ".fd-missing.json"
    missing: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    for part, reason in missing.items():
        os.environ[f"FD_{part.upper()}_MISSING"] = reason
    return missing


def _counts_of_vitest(file: Path) -> str:
    told = json.loads(file.read_text())
    counts = {"passed": "numPassedTests", "failed": "numFailedTests", "skipped": "numPendingTests"}
    words = ", ".join(f"{told.get(key, 0)} {word}" for word, key in counts.items())
    return f"{file.stem.replace('-', ' ')} tests: {words}"


def _summarise(results: Sequence[Result], tests: Path) -> None:
    print("\n=== summary")
    for result in results:
        print(result)
    for counted in sorted(tests.parent.glob("extension-*.json")):
        print(_counts_of_vitest(counted))
    if tests.exists():
        told = json.loads(tests.read_text())
        counts = {word: told["counts"].get(word, 0) for word in ("passed", "failed", "skipped")}
        print("tests: " + ", ".join(f"{count} {word}" for word, count in counts.items()))
        print("\n".join(told["lines"]))
        for reason, count in sorted(told.get("skips", {}).items()):
            print(f"skipped {count}: {reason}")
    elif any(result.name.startswith("tests") for result in results):
        print("tests: they did not come to their end; nothing is known of those not shown above")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
