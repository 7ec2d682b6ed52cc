"""The README's demo without Lean: a real fd-server, LSP over stdio, answers recorded from a real Lean."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fd_core.lean_source import declaration_at, sorries

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples" / "lean-project" / "Examples.lean"
RECORDING = REPOSITORY / "tests" / "data" / "lean" / "recorded"
SCRIPT = Path(sys.executable).with_name("fd-server")
OPEN = "Examples.sqrt_two_irrational"


def demo(*arguments: str | Path, home: Path, **environment: str) -> str:
    """What the demo prints on a machine without Lean; it must have proved something."""
    nothing = {name: value for name, value in os.environ.items() if not name.startswith("FD_")}
    done = subprocess.run(
        [SCRIPT, "demo", "--seconds", "8", *arguments],
        env={
            **nothing,
            "HOME": str(home),
            "ELAN_HOME": str(home / "elan"),
            "PATH": "/usr/bin:/bin",
            "FD_DATA_DIR": str(home / "data"),
            "FD_CONFIG": str(home / "config.toml"),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    return demo(EXAMPLE, "--fallback", RECORDING, home=tmp_path_factory.mktemp("home"))


def test_the_first_line_says_that_there_is_no_lean_and_the_fix(told: str) -> None:
    first = told.split("\n")[0]
    assert first.startswith("NO LEAN: ")
    assert "Fix: FD_INSTALL_ELAN=yes make demo" in first


def test_it_is_labelled_as_recorded_throughout(told: str) -> None:
    marked = [line for line in told.split("\n") if line.startswith("── ") or "audited," in line]
    assert len(marked) > 20
    assert all("[recorded]" in line or "recorded Lean" in line for line in marked), marked
    assert "on recorded Lean 4.27.0" in told


def test_goals_ghosts_candidates_proofs_and_audits_are_shown(told: str) -> None:
    assert told.count("⊢") >= 13
    assert told.count("ghost text: ") == 13
    assert "  closes " in told
    assert " fails " in told
    assert told.count("proved (audited, ") >= 11


def test_everything_but_the_last_is_proved_and_the_file_is_as_it_was(tmp_path: Path) -> None:
    before = EXAMPLE.read_bytes()
    finished = tmp_path / "Finished.lean"
    out = demo(EXAMPLE, "--recorded", RECORDING, "--write", finished, "--json", home=tmp_path)
    value = json.loads(out)
    assert value["lean"] == "recorded Lean 4.27.0"
    assert (value["goals"], value["open"]) == (13, [OPEN])
    assert finished.read_text(encoding="utf-8") == value["text"]
    holes = [start for start, _ in sorries(value["text"])]
    assert len(holes) == 1
    declared = declaration_at(value["text"], holes[0])
    assert declared is not None
    assert declared.name == OPEN
    assert EXAMPLE.read_bytes() == before


def test_the_recording_is_small_and_says_where_it_comes_from() -> None:
    file = RECORDING / "lean.jsonl"
    assert file.stat().st_size < 3_000_000
    head = json.loads(file.read_text(encoding="utf-8").split("\n")[0])
    assert head["lean"].startswith("4.27.0")
    assert head["recorded_at"] >= "2026-11-22"
    text = file.read_text(encoding="utf-8")
    assert not any(f"/{word}/" in text for word in ("root", "home", "work", "tmp"))
