"""What is only read: goals, the file, the status; broken to the width, in every theme."""

from __future__ import annotations

import pytest
from fd_core.protocol import Status, WirePosition, WireRange
from fd_tui.widgets.goals_view import GoalsView
from fd_tui.widgets.source_view import SourceView
from fd_tui.widgets.status_line import StatusLine
from support.tui_stage import drawn, on_stage
from support.tui_values import goal, goals

TEXT = "import Mathlib\n\ntheorem two (n : ℕ) :\n    n = n := by\n  sorry\n\ndef x := 1\n"


def site(line: int) -> WireRange:
    return WireRange(
        start=WirePosition(line=line, character=2), end=WirePosition(line=line, character=7)
    )


async def test_goals_are_broken_anew_when_the_terminal_changes() -> None:
    async with on_stage(GoalsView(), size=(60, 10)) as (pilot, _):
        view = pilot.app.query_one(GoalsView)
        view.show_goals(goals(goal("a long target that is not short")))
        assert drawn(view)[2] == "  ⊢ a long target that is not short"
        await pilot.resize_terminal(24, 10)
        await pilot.pause()
        assert drawn(view)[2:4] == ["  ⊢ a long target that", "    is not short"]
        view.clear()
        assert drawn(view) == [""] * 10


async def test_the_proof_so_far_stands_in_the_file_and_is_called_not_written() -> None:
    async with on_stage(SourceView(), size=(70, 12)) as (pilot, _):
        view = pilot.app.query_one(SourceView)
        view.show(TEXT, site(4), "intro x\nsimp")
        await pilot.app.workers.wait_for_complete()
        await pilot.pause()
        shown = drawn(view)
        assert shown[2] == "   3 ┃ theorem two (n : ℕ) :"
        assert shown[4].startswith("   5 ┋   intro x ")
        assert shown[4].endswith("not written")
        assert shown[5:7] == ["   + ┋   simp", "   6"]
        view.show(TEXT, site(4))
        assert drawn(view)[4] == "   5 ┋   sorry"


async def test_a_large_file_opens_at_its_site() -> None:
    text = "\n".join([TEXT] * 700)
    async with on_stage(SourceView(), size=(70, 12)) as (pilot, _):
        view = pilot.app.query_one(SourceView)
        view.show(text, site(4004), "omega")
        await pilot.pause()
        assert any("omega" in line for line in drawn(view))
        await pilot.press("right", "end", "g")
        await pilot.pause()
        assert view.line_count == text.count("\n") + 1


async def test_a_hostile_file_is_only_shown() -> None:
    text = "-- \x1b]0;title\x07 [bold]x[/] \u202e\n/- never closed\n\tsorry"
    async with on_stage(SourceView(), size=(70, 6)) as (pilot, _):
        view = pilot.app.query_one(SourceView)
        view.show(text, site(0))
        await pilot.app.workers.wait_for_complete()
        assert "␛]0;title␇ [bold]x[/] �" in "\n".join(drawn(view))


async def test_the_status_is_one_line() -> None:
    async with on_stage(StatusLine(), size=(40, 3)) as (pilot, _):
        view = pilot.app.query_one(StatusLine)
        assert drawn(view) == [" … starting the server"]
        view.show(Status(state="nothing found", recording=True))
        assert drawn(view)[0].split("  ")[0] == " ○ nothing found"
        view.show_link("restarting")
        assert drawn(view)[0].startswith(" … server lost, restarting")


@pytest.mark.parametrize("theme", ["textual-light", "ansi-dark", "ansi-light"])
async def test_marks_are_there_in_every_theme(theme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with on_stage(GoalsView(), size=(40, 8), theme=theme) as (pilot, _):
        view = pilot.app.query_one(GoalsView)
        view.show_goals(goals(goal("q", "h : p")), goals(goal("p")))
        await pilot.pause()
        assert drawn(view)[2:4] == ["+ h : p", "~ ⊢ q"]
