"""`fd-tui` in a real terminal (tmux), with the real `fd-server`: a whole proof, by keys alone.

On a live Lean where there is one; on the recorded Lean everywhere. What is on the screen and what is
in the store is asserted.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psutil
import pytest
from fd_core.events import Accepted, SuggestionOffered, SuggestionResolved
from fd_core.store import open_store
from support.availability import EXAMPLE, REPOSITORY
from support.terminal import Terminal, needs_tmux

pytestmark = [needs_tmux, pytest.mark.timeout(240)]

TUI = Path(sys.executable).with_name("fd-tui")
RECORDING = REPOSITORY / "tests" / "data" / "lean" / "recorded"
KINDS = ["recorded", pytest.param("live", marks=pytest.mark.lean)]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The example project, the user's own copy."""
    folder = tmp_path / "lean-project"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".lake"))
    return folder


def surroundings(tmp_path: Path, kind: str = "recorded") -> dict[str, str]:
    given = {
        "FD_DATA_DIR": str(tmp_path / "data"), "FD_CONFIG": str(tmp_path / "config.toml"),
        "FD_STORE__CONSENT": "yes",
    }  # fmt: skip
    return given if kind == "live" else {**given, "FD_RECORDED_LEAN": str(RECORDING)}


def prove_first(terminal: Terminal) -> None:
    """From the board into the first session, and through the search to a proof that is written."""
    terminal.until("Examples.and_swap")
    terminal.press("Enter")
    terminal.until("closes", 120)
    terminal.press("s")
    terminal.until("Proved (audited", 180)


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_proof_by_keys(tmp_path: Path, project: Path, kind: str) -> None:
    file = project / "Examples.lean"
    before = file.read_text(encoding="utf-8")
    with Terminal(tmp_path, [TUI, project], surroundings(tmp_path, kind), (120, 36)) as terminal:
        prove_first(terminal)
        assert file.read_text(encoding="utf-8") == before
        terminal.press("Enter")
        screen = terminal.until("Written.")
        if kind == "recorded":
            terminal.until("recorded")
        terminal.until(lambda shown: "and_swap" not in shown)
        terminal.press("C-q")
        terminal.until("LEFT-0")
    assert "Traceback" not in screen
    after = file.read_text(encoding="utf-8")
    assert after.count("sorry") == before.count("sorry") - 1
    store = open_store(tmp_path / "data" / "events.db", read_only=True)
    events = [event for _, event in store.since()]
    store.close()
    taken = {e.suggestion_id for e in events
             if isinstance(e, SuggestionResolved) and e.decision == Accepted()}  # fmt: skip
    offered = {e.suggestion_id: e for e in events if isinstance(e, SuggestionOffered)}
    [proof] = [offered[id] for id in taken if id in offered]
    assert proof.surface == "session"
    assert proof.declaration == "Examples.and_swap"


def test_kill_9_loses_nothing_and_the_next_start_offers_to_resume(
    tmp_path: Path, project: Path
) -> None:
    given = surroundings(tmp_path)
    with Terminal(tmp_path, [TUI, project], given, (100, 30)) as terminal:
        terminal.until("Examples.and_swap")
        terminal.press("Enter")
        terminal.until("closes", 120)
        terminal.press("i")
        terminal.type("intro h")
        terminal.press("Enter")
        terminal.until("1 step")
        killed = the_app(terminal.pid())
        children = killed.children(recursive=True)
        killed.send_signal(signal.SIGKILL)
        terminal.until("LEFT-137")
        _, left = psutil.wait_procs(children, timeout=30)
        assert not left, "the server leaves when its client is gone"
    second = tmp_path / "second"
    second.mkdir()
    with Terminal(second, [TUI, project], given, (100, 30)) as terminal:
        terminal.until("and_swap with 1 step was left behind")
        terminal.press("Enter")
        terminal.until(lambda shown: "1 step" in shown and "intro h" in shown, 120)


def the_app(shell: int) -> psutil.Process:
    """The Python that runs `fd-tui` below tmux's shell."""
    below = psutil.Process(shell).children(recursive=True)
    return next(p for p in below if any(word.endswith("fd-tui") for word in p.cmdline()))


def test_two_terminals_on_one_file_keep_each_others_proofs(tmp_path: Path, project: Path) -> None:
    """Both begin on the same text; who writes second is asked to audit below what the first wrote."""
    given, file = surroundings(tmp_path), project / "Examples.lean"
    before = file.read_text(encoding="utf-8")
    other = tmp_path / "other"
    other.mkdir()
    with (
        Terminal(tmp_path, [TUI, project], given, (120, 36)) as first,
        Terminal(other, [TUI, project], given, (120, 36)) as second,
    ):
        second.until("Examples.and_swap")
        second.press("Down", "Enter")
        second.until("closes", 120)
        prove_first(first)
        first.press("Enter")
        first.until("Written.")
        second.press("s")
        second.until("Proved (audited", 180)
        second.press("Enter")
        second.until("what stands above it in the file has changed")
        second.press("Enter")
        second.until(lambda shown: "Proved (audited" in shown and "changed since" not in shown, 180)
        second.press("Enter")
        second.until("Written.")
    after = file.read_text(encoding="utf-8")
    assert after.count("sorry") == before.count("sorry") - 2


def test_paste_of_a_megabyte_and_a_tiny_window_are_survived(tmp_path: Path, project: Path) -> None:
    with Terminal(tmp_path, [TUI, project], surroundings(tmp_path), (80, 24)) as terminal:
        terminal.until("Examples.and_swap")
        terminal.press("Enter")
        terminal.until("closes", 120)
        terminal.press("i")
        terminal.paste("x" * 1_000_000)
        terminal.until(lambda shown: "too long" in shown.lower() or "64" in shown, 60)
        terminal.press("Escape")
        terminal.resize(20, 5)
        terminal.until("✓")
        terminal.resize(80, 24)
        terminal.until("closes")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing.lean"], "no file or folder nothing.lean"),
        (["README.md"], "README.md is not a Lean file"),
        (["Examples.lean:9999"], "Examples.lean has no line 9999"),
        (["--server", "no-such-program", "."], "there is no program no-such-program"),
    ],
)
def test_bad_words_on_the_command_line_end_in_a_fix(
    project: Path, words: list[str], said: str
) -> None:
    (project / "README.md").write_text("# hello\n")
    done = command(words, project)
    assert done.returncode == 2
    assert said in done.stderr
    assert "fix: " in done.stderr


def test_help_needs_no_terminal(project: Path) -> None:
    done = command(["--help"], project)
    assert done.returncode == 0
    assert "FILE[:LINE] | PROJECT" in done.stdout


def command(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([TUI, *words], cwd=folder, capture_output=True, text=True, timeout=60,
                          check=False, env=given_without_colours())  # fmt: skip


def given_without_colours() -> Mapping[str, str]:
    return {**os.environ, "NO_COLOR": "1"}
