"""One-shot commands through a real fd-server process, on recorded verdicts of core goals."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
CORE = REPOSITORY / "tests" / "data" / "lean" / "core"
SCRIPT = Path(sys.executable).with_name("fd-server")


@pytest.fixture
def goals(tmp_path: Path) -> Path:
    (tmp_path / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
    file = tmp_path / "goals.lean"
    file.write_text((CORE / "goals.lean").read_text(encoding="utf-8"), encoding="utf-8")
    return file


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *map(str, arguments)],
        env={**os.environ, "FD_RECORDED_LEAN": str(CORE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def place(file: Path, theorem: str) -> str:
    lines = file.read_text(encoding="utf-8").split("\n")
    line = next(i for i, text in enumerate(lines) if text.startswith(f"theorem {theorem} "))
    return f"{file}:{line + 1}"


def suggested(file: Path, theorem: str, *options: str) -> tuple[int, dict[str, Any]]:
    done = run("suggest", place(file, theorem), "--json", *options)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_suggest_answers_with_what_closes_first(goals: Path) -> None:
    code, told = suggested(goals, "and_swap")
    assert code == 0
    assert told["lean"] == "recorded Lean 4.27.0"
    assert told["state"]["goals"][0]["target"] == "p ∧ q → q ∧ p"
    kinds = [item["verdict"]["kind"] for item in told["candidates"]]
    assert kinds[0] == "closed"
    assert set(kinds) <= {"closed", "progressed"}
    assert told["line"] == 3


def test_failed_ones_are_shown_only_when_asked_for_and_labelled(goals: Path) -> None:
    _, told = suggested(goals, "linear", "--failed", "--limit", "100")
    kinds = {item["verdict"]["kind"] for item in told["candidates"]}
    assert {"closed", "failed", "undecided"} <= kinds
    reasons = {
        item["verdict"]["reason"]
        for item in told["candidates"]
        if item["verdict"]["kind"] == "undecided"
    }
    assert reasons == {"not recorded"}


def test_suggest_in_words_names_goal_verdict_and_origin(goals: Path) -> None:
    done = run("suggest", place(goals, "linear"))
    assert done.returncode == 0, done.stderr
    assert "⊢ x = 4" in done.stdout
    assert "closes" in done.stdout
    assert "(portfolio " in done.stdout


def test_a_place_that_is_not_recorded_finds_nothing_and_says_why(goals: Path) -> None:
    goals.write_text("theorem unheard_of : 1 + 1 = 2 := by sorry\n")
    done = run("suggest", f"{goals}:1", "--json")
    assert done.returncode == 1
    assert "not recorded" in json.loads(done.stdout)["state"]["reason"]


def test_prove_writes_nothing_without_an_audit(goals: Path) -> None:
    before = goals.read_bytes()
    done = run("prove", place(goals, "add_comm'"), "--write", "--seconds", "5", "--json")
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert (told["proved"], told["written"]) == (0, False)
    assert told["attempts"][0]["audit"]["kind"] == "undecided"
    assert goals.read_bytes() == before


def test_board_lists_every_sorry(goals: Path) -> None:
    done = run("board", goals.parent, "--json")
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert len([row for row in rows if row["kind"] == "sorry"]) == 56
    assert {"and_swap", "linear"} <= {row["declaration"] for row in rows}


def test_doctor_with_a_recording_still_wants_a_live_lean(goals: Path, tmp_path: Path) -> None:
    done = run("doctor", goals.parent, "--json")
    stages = {stage["name"]: stage for stage in json.loads(done.stdout)["stages"]}
    if stages["toolchain"]["outcome"] == "fine":
        assert stages["header load"]["outcome"] == "failed"
        assert "not recorded" in stages["header load"]["words"]
    else:
        assert stages["header load"]["outcome"] == "not tried"
