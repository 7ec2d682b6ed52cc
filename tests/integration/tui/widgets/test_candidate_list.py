"""The candidate list under a user's hands: rows arrive, the cursor stays where it was put."""

from __future__ import annotations

import pytest
from fd_tui.widgets.candidate_list import CandidateList
from support.tui_stage import drawn, on_stage
from support.tui_values import candidate

CLOSED = candidate("omega", ms=14)
OPEN = candidate("intro x", "progressed", ms=8)
FAILED = candidate("linarith", "failed", why="linarith failed\nmore")
UNDECIDED = candidate("nlinarith", "undecided", why="time: 12 s")


async def test_the_cursor_stays_on_its_text_while_better_ones_arrive() -> None:
    async with on_stage(CandidateList(), size=(80, 8)) as (pilot, heard):
        shown = pilot.app.query_one(CandidateList)
        shown.begin()
        shown.add([OPEN, candidate("cases h", "progressed", left=3)])
        assert shown.highlighted is None
        await pilot.press("down")
        await pilot.press("down")
        line = _line_of(drawn(shown), "▌")
        assert "cases h" in drawn(shown)[line]
        for step in range(30):
            shown.add([candidate(f"exact h{step}", ms=step)])
            await pilot.pause()
            assert shown.highlighted is not None
            assert shown.highlighted.text == "cases h"
            assert "cases h" in drawn(shown)[_line_of(drawn(shown), "▌")]
        await pilot.press("enter")
        await pilot.pause()
        assert [m.candidate.text for m in heard.of(CandidateList.Accepted)] == ["cases h"]


async def test_rows_above_move_and_the_cursor_keeps_its_line_of_the_screen() -> None:
    async with on_stage(CandidateList(), size=(80, 8)) as (pilot, _):
        shown = pilot.app.query_one(CandidateList)
        shown.begin()
        shown.add([candidate(f"step {n:02}", "progressed", ms=n) for n in range(20)])
        for _ in range(12):
            await pilot.press("down")
        before = _line_of(drawn(shown), "▌")
        shown.add([candidate("omega"), candidate("simp"), candidate("decide")])
        await pilot.pause()
        assert "step 11" in drawn(shown)[before]
        assert _line_of(drawn(shown), "▌") == before


async def test_the_first_that_closes_is_offered_to_a_user_who_chose_nothing() -> None:
    async with on_stage(CandidateList()) as (pilot, _):
        shown = pilot.app.query_one(CandidateList)
        shown.begin()
        shown.add([OPEN])
        assert shown.highlighted is None
        shown.add([CLOSED])
        assert shown.highlighted == CLOSED
        shown.begin()
        shown.add([OPEN])
        shown.settle([OPEN])
        assert shown.highlighted == OPEN


async def test_the_final_list_brings_ids_and_its_own_order() -> None:
    async with on_stage(CandidateList()) as (pilot, heard):
        shown = pilot.app.query_one(CandidateList)
        shown.begin()
        shown.add([candidate("simp", ms=1), candidate("left out", ms=2), candidate("omega", ms=3)])
        await pilot.press("down")
        shown.settle([candidate("omega", id="s1"), candidate("simp", id="s2")])
        await pilot.pause()
        assert [item.text for item in shown.candidates] == ["omega", "simp", "left out"]
        assert heard.of(CandidateList.Highlighted)[-1].candidate.text == "left out"
        await pilot.press("home", "enter")
        await pilot.pause()
        assert heard.of(CandidateList.Accepted)[-1].candidate.id == "s1"


async def test_what_failed_or_is_undecided_is_shown_on_request_and_never_taken() -> None:
    async with on_stage(CandidateList()) as (pilot, heard):
        shown = pilot.app.query_one(CandidateList)
        shown.begin()
        shown.add([UNDECIDED, FAILED, OPEN, CLOSED])
        assert "1 failed, 1 undecided (hidden)" in drawn(shown)[0]
        assert len(shown.candidates) == 2
        await pilot.press("f", "end")
        assert [item.text for item in shown.candidates] == [
            "omega", "intro x", "linarith", "nlinarith",
        ]  # fmt: skip
        assert "? undecided" in drawn(shown)[4]
        assert drawn(shown)[-1] == " time: 12 s"
        await pilot.press("enter", "x", "w", "e", "up", "enter", "x")
        await pilot.pause()
        assert heard.of(CandidateList.Accepted) == []
        assert heard.of(CandidateList.Rejected) == []
        assert [m.candidate.text for m in heard.of(CandidateList.WhyAsked)] == ["nlinarith"]
        assert [m.candidate.text for m in heard.of(CandidateList.EditAsked)] == ["nlinarith"]


async def test_a_double_click_takes_what_was_clicked() -> None:
    async with on_stage(CandidateList()) as (pilot, heard):
        shown = pilot.app.query_one(CandidateList)
        shown.begin()
        shown.settle([CLOSED, OPEN])
        await pilot.click(CandidateList, offset=(5, 2), times=2)
        assert [m.candidate for m in heard.of(CandidateList.Accepted)] == [OPEN]


@pytest.mark.parametrize("size", [(20, 5), (40, 2), (3, 1), (1, 1)])
async def test_it_lives_in_a_tiny_terminal(size: tuple[int, int]) -> None:
    async with on_stage(CandidateList(), size=size) as (pilot, _):
        shown = pilot.app.query_one(CandidateList)
        shown.begin()
        shown.add([OPEN, candidate("𝕜" * 40, logprob=-3.2), FAILED])
        await pilot.press("down", "f", "end")
        assert max(len(line) for line in drawn(shown)) <= size[0]
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        assert "intro x" in "\n".join(drawn(shown))


async def test_a_hostile_text_stays_in_its_row() -> None:
    async with on_stage(CandidateList()) as (pilot, _):
        shown = pilot.app.query_one(CandidateList)
        shown.begin()
        shown.settle([candidate("[red]a[/]\x1b[2J\u202e\nsecond\nthird")])
        assert "[red]a[/]␛[2J� (+2 lines)" in drawn(shown)[1]
        await pilot.pause()
        assert "\x1b" not in pilot.app.export_screenshot()


def _line_of(lines: list[str], mark: str) -> int:
    return next(n for n, line in enumerate(lines) if line.startswith(mark))
