"""A search is always answered: few lines, in time, and never with the goal itself."""

import shutil
import time
from pathlib import Path

import pytest
from fd_trainer.rollouts.searching import MOST_HITS, Searcher

PROGRAMS = [None, *filter(None, [shutil.which("rg")])]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "A.lean").write_text("theorem a_one : True := trivial\n" * 3)
    (tmp_path / "B.lean").write_text("theorem b_one : True := trivial\nuse goal here\n" * 20)
    (tmp_path / "Own.lean").write_text("theorem goal : True := trivial\n")
    (tmp_path / "notes.txt").write_text("theorem a_one\n")
    return tmp_path


def searcher(project: Path, program: str | None, **changes: object) -> Searcher:
    given: dict[str, object] = {"hidden": (project / "Own.lean",), "names": ("goal",)}
    roots = {"project": project, "mathlib": project / "none"}
    return Searcher(roots, ripgrep=program, **{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("program", PROGRAMS)
async def test_hits_are_named_and_few(project: Path, program: str | None) -> None:
    lines = (await searcher(project, program).search("_one : True")).splitlines()
    assert len(lines) == MOST_HITS
    assert lines[0] in (
        "A.lean:1:theorem a_one : True := trivial",
        "B.lean:1:theorem b_one : True := trivial",
    )
    assert all(line.startswith(("A.lean:", "B.lean:")) for line in lines)


@pytest.mark.parametrize("program", PROGRAMS)
async def test_dependencies_are_searched_by_their_own_name(
    tmp_path: Path, program: str | None
) -> None:
    mathlib = tmp_path / ".lake/packages/mathlib"
    mathlib.mkdir(parents=True)
    (mathlib / "M.lean").write_text("theorem deep : True := trivial\n")
    roots = {"project": tmp_path, "mathlib": mathlib}
    search = Searcher(roots, ripgrep=program).search
    assert await search("deep") == "Nothing found."
    assert await search("deep", "mathlib") == "M.lean:1:theorem deep : True := trivial"


@pytest.mark.parametrize("program", PROGRAMS)
async def test_the_goal_itself_is_never_shown(project: Path, program: str | None) -> None:
    assert await searcher(project, program).search("goal") == "Nothing found."
    assert "goal" in await searcher(project, program, names=()).search("use goal")


@pytest.mark.parametrize("program", PROGRAMS)
@pytest.mark.parametrize(
    ("pattern", "where", "said"),
    [
        (None, "project", "needs"),
        ("  ", "project", "needs"),
        (["x"], "project", "needs"),
        ("x" * 1_000, "project", "at most"),
        ("a\nb", "project", "one line"),
        ("a\0b", "project", "one line"),
        ("x", "/etc", "must be one of"),
        ("x", None, "must be one of"),
        ("x", "mathlib", "There is no mathlib"),
        ("(", "project", "failed"),
        ("nothing like it", "project", "Nothing found."),
        ("--include=*.txt", "project", "Nothing found."),
        ("-e", "project", "Nothing found."),
    ],
)
async def test_odd_questions_are_answered(
    project: Path, program: str | None, pattern: object, where: object, said: str
) -> None:
    answer = await searcher(project, program).search(pattern, where)
    assert said in answer
    assert str(project) not in answer


async def test_a_search_that_runs_on_is_stopped(tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    began = time.monotonic()
    said = await Searcher({"project": tmp_path}, seconds=0.3, ripgrep=str(slow)).search("x")
    assert "stopped after 0.3 s" in said
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("program", PROGRAMS)
async def test_a_catastrophic_pattern_is_answered(tmp_path: Path, program: str | None) -> None:
    (tmp_path / "A.lean").write_text("a" * 60_000 + "\n")
    search = searcher(tmp_path, program, seconds=1.0).search
    answer = await search(r"(a*)*b|(.*)*(.*)*\2\2\2c")
    assert any(word in answer for word in ("Nothing found.", "stopped", "failed"))


async def test_a_flood_of_lines_is_cut(tmp_path: Path) -> None:
    flood = tmp_path / "flood"
    flood.write_text("#!/bin/sh\nyes ./A.lean:1:x\n")
    flood.chmod(0o755)
    said = await Searcher({"project": tmp_path}, ripgrep=str(flood)).search("x")
    assert said.splitlines() == ["A.lean:1:x"] * MOST_HITS
