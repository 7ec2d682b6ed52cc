"""A check of a file with a search in it tells what was found, and accepts nothing."""

from __future__ import annotations

from pathlib import Path

from fd_trainer.rollouts.calls import Call
from fd_trainer.rollouts.tooling import Tools
from support.fakes import FakeLean
from support.trainer_values import problem


async def test_a_search_that_closes_the_goal_is_not_accepted(tmp_path: Path) -> None:
    lean = FakeLean({"verdicts": {"exact?": "closed", "omega": "closed"}})
    tools = Tools(problem(), lean, 5.0, tmp_path)
    answers = {}
    for text in ("exact?", "omega"):
        await tools.answer(Call("write_file", {"file_name": "A", "code": text}))
        answers[text] = await tools.answer(Call("check_file", {"file_name": "A"}))
        if text == "exact?":
            assert tools.accepted == ""
    tools.close()
    assert "is no proof: write what it finds" in answers["exact?"]
    assert answers["omega"] == "Lean accepts the proof."
    assert tools.accepted == "omega"
