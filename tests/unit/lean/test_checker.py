"""The checker's care around Lean: whom it blames, whom it judges again, what it leaves running.

On a FAKE server process (tests/support/fake_lean_server.py); verdicts themselves are tested on a
real Lean in tests/integration/lean.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import psutil
import pytest
from fd_core.errors import LeanError, LeanTimeoutError
from fd_core.lean import server as lean_server
from fd_core.lean.checker import ScratchChecker
from fd_core.lean.goal_text import parse_goal
from fd_core.lean.goals import ScratchGoals
from fd_core.lean.pool import LeanPool
from fd_core.lean.toolchain import Toolchain
from fd_core.ports import CheckLimits
from fd_core.proof import Document, Position, ProofSite, ProofState, Range
from fd_core.settings import LeanSettings
from fd_core.suggestion import (
    Candidate,
    Closed,
    Failed,
    Judgement,
    Origin,
    Progressed,
    Undecided,
    Verdict,
)
from support import fake_lean_server

HERE = Position(1, 2)
TEXT = "theorem x (p : Prop) : p := by\n  sorry\n"
TOOLCHAIN = Toolchain(Path("lean"), None, (4, 27, 0), "", "fake")
LIMITS = CheckLimits(seconds=2.5)


def site(text: str = TEXT) -> ProofSite:
    document = Document("file:///project/X.lean", 1, text)
    line = next(number for number, line in enumerate(document.lines) if "sorry" in line)
    column = document.lines[line].index("sorry")
    return ProofSite(document, Range(Position(line, column), Position(line, column + 5)))


class Setting:
    """A pool on the fake server, and what was sent to it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, **settings: Any) -> None:
        self.log = folder / "edits.jsonl"
        self.options: list[str] = []
        command = [sys.executable, "-S", fake_lean_server.__file__, "--log", str(self.log)]
        monkeypatch.setattr(lean_server, "server_command", lambda *_: [*command, *self.options])
        self.pool = LeanPool(folder, LeanSettings(**settings), TOOLCHAIN)
        self.checker = ScratchChecker(self.pool)

    async def state(self, text: str = TEXT) -> ProofState:
        answer = await ScratchGoals(self.pool).goals_at(site(text))
        assert isinstance(answer, ProofState)
        return answer

    async def verdicts(self, texts: list[str]) -> dict[str, Verdict]:
        return {j.candidate.text: j.verdict for j in await self.judgements(texts)}

    async def judgements(self, texts: list[str]) -> list[Judgement]:
        state = await self.state()
        return [item async for item in self.checker.check(state, candidates(texts), LIMITS)]

    async def dropped(self, word: str) -> None:
        """Wait (the server is another process) until its last text is one without the word."""
        while word in self.edits()[-1]:
            await asyncio.sleep(0.01)
        assert "sorry" in self.edits()[-1]

    def edits(self) -> list[str]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def candidates(texts: list[str]) -> list[Candidate]:
    return [Candidate(text, Origin("user")) for text in texts]


@pytest.fixture
async def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Setting]:
    setting = Setting(tmp_path, monkeypatch, no_progress_s=6)
    yield setting
    await setting.pool.aclose()


async def test_a_batch_takes_one_edit_and_closers_one_more_each(fake: Setting) -> None:
    state = await fake.state()
    before = len(fake.edits())
    texts = ["a FAIL", "b", "c STEP", "d FAIL", "e"]
    found = {
        j.candidate.text: j.verdict
        async for j in fake.checker.check(state, candidates(texts), LIMITS)
    }
    assert [type(found[text]) for text in texts] == [Failed, Closed, Progressed, Failed, Closed]
    # The batch; `b`, landed at once; what followed `b` once more; `e`.
    assert len(fake.edits()) - before == 4
    progressed = found["c STEP"]
    assert isinstance(progressed, Progressed)
    assert [goal.target for goal in progressed.after] == ["after_step"]


async def test_the_first_that_closes_does_not_wait_for_its_siblings(fake: Setting) -> None:
    judged = await fake.judgements(["a FAIL", "b", "c FAIL", "d", "e FAIL", "f"])
    assert [item.candidate.text for item in judged[:2]] == ["a FAIL", "b"]
    assert [item.candidate.text[0] for item in judged[2:]] == ["c", "e", "d", "f"]


async def test_later_candidates_are_reported_in_groups(fake: Setting) -> None:
    texts = [*(f"a{n} FAIL" for n in range(8)), *(f"b{n} FAIL" for n in range(7)), "c"]
    found = await fake.verdicts(texts)
    assert [type(found[text]) for text in texts] == [Failed] * 15 + [Closed]
    first, second = (text for text in fake.edits() if "fd_mark" in text)
    assert "first |" not in first
    assert second.count("first | skip") == 2


async def test_a_runaway_in_a_group_costs_its_siblings_nothing(fake: Setting) -> None:
    texts = [*(f"a{n} FAIL" for n in range(8)), "b FAIL", "c HANG", "d FAIL", "e"]
    found = await fake.verdicts(texts)
    assert isinstance(found["c HANG"], Undecided)
    assert isinstance(found["b FAIL"], Failed)
    assert isinstance(found["d FAIL"], Failed)
    assert isinstance(found["e"], Closed)


async def test_equal_texts_are_asked_once_and_answered_each(fake: Setting) -> None:
    judged = await fake.judgements(["a FAIL", "  a FAIL", "a FAIL\r\n"])
    assert len(judged) == 3
    assert sum(text.count("a FAIL") for text in fake.edits()) == 1


async def test_what_the_gate_refuses_never_reaches_lean(fake: Setting) -> None:
    bad = ["exact (", '"open', "/- open", "#exit", "nul \x00", "x" * 1_000_000, "sorry"]
    found = await fake.verdicts([*bad, "a FAIL"])
    assert all(isinstance(found[text], Failed) for text in bad)
    assert not any("open" in text or "\x00" in text for text in fake.edits())


async def test_a_runaway_is_undecided_and_its_siblings_are_judged(fake: Setting) -> None:
    found = await fake.verdicts(["a FAIL", "b HANG", "c STEP", "d"])
    assert isinstance(found["b HANG"], Undecided)
    assert "out of time" in found["b HANG"].reason
    assert [type(found[text]) for text in ("a FAIL", "c STEP", "d")] == [Failed, Progressed, Closed]


async def test_a_runaway_that_lean_does_not_drop_is_killed(fake: Setting) -> None:
    fake.options.append("--deaf")
    found = await fake.verdicts(["a FAIL", "b HANG", "c FAIL"])
    assert isinstance(found["b HANG"], Undecided)
    assert isinstance(found["c FAIL"], Failed)


async def test_a_crash_has_its_culprit_and_the_rest_are_judged(fake: Setting) -> None:
    found = await fake.verdicts(["a FAIL", "b CRASH", "c", "d STEP"])
    assert isinstance(found["b CRASH"], Undecided)
    assert "crashed" in found["b CRASH"].reason
    assert [type(found[text]) for text in ("a FAIL", "c", "d STEP")] == [Failed, Closed, Progressed]


async def test_silence_about_a_proof_that_lean_never_reaches_means_nothing(fake: Setting) -> None:
    """As where the theorem's name is taken: no candidate is in error, as none is elaborated."""
    here = site("-- NOWHERE\n" + TEXT)
    state = ProofState(here, (parse_goal("p : Prop\n⊢ p"),))
    async for judgement in fake.checker.check(state, candidates(["a", "b"]), LIMITS):
        assert isinstance(judgement.verdict, Undecided)


async def test_a_server_that_dies_leaves_nothing_failed(fake: Setting) -> None:
    found = await fake.verdicts(["a FAIL", "b DIE", "c"])
    assert isinstance(found["b DIE"], Undecided)
    assert not isinstance(found["c"], Failed)
    again = await fake.verdicts(["c"])
    assert isinstance(again["c"], Closed)


async def test_a_parse_error_is_its_own_fault_only(fake: Setting) -> None:
    found = await fake.verdicts(["a", "b PARSE", "c", "d PARSE", "e FAIL"])
    assert [type(v) for _, v in sorted(found.items())] == [Closed, Failed, Closed, Failed, Failed]


async def test_a_tactic_that_the_place_does_not_have_is_asked_for_once(fake: Setting) -> None:
    for _ in range(2):
        found = await fake.verdicts(["norm_num", "norm_num [h]", "a FAIL"])
        assert all(isinstance(verdict, Failed) for verdict in found.values())
    assert sum("norm_num" in text for text in fake.edits()) == 2
    other = await fake.state("theorem above : True := trivial\n" + TEXT)
    async for judgement in fake.checker.check(other, candidates(["norm_num", "a"]), LIMITS):
        assert isinstance(judgement.verdict, Failed | Closed)
    assert sum("norm_num" in text for text in fake.edits()) == 3


async def test_heartbeats_spent_by_siblings_fail_nobody(fake: Setting) -> None:
    state = await fake.state()
    before = len(fake.edits())
    texts = ["a FAIL", "b BEATS", "c FAIL"]
    found = {
        j.candidate.text: j.verdict
        async for j in fake.checker.check(state, candidates(texts), LIMITS)
    }
    assert isinstance(found["b BEATS"], Undecided)
    assert isinstance(found["c FAIL"], Failed)
    # Asked again at the head of a text of its own, with all of Lean's heartbeats to itself.
    assert any("b BEATS" in text and "a FAIL" not in text for text in fake.edits()[before:])


async def test_closing_the_stream_makes_lean_drop_the_work(fake: Setting) -> None:
    state = await fake.state()
    stream = fake.checker.check(state, candidates(["a FAIL", "b FAIL", "c HANG"]), CheckLimits(60))
    async with aclosing(stream):
        async for judgement in stream:
            assert judgement.candidate.text == "a FAIL"
            break
    await fake.dropped("HANG")


async def test_a_cancelled_task_makes_lean_drop_the_work(fake: Setting) -> None:
    state = await fake.state()

    async def use() -> None:
        async with aclosing(
            fake.checker.check(state, candidates(["c HANG", "d"]), CheckLimits(60))
        ) as stream:
            async for _ in stream:
                pass

    task = asyncio.create_task(use())
    while not any("HANG" in text for text in fake.edits()):
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await fake.dropped("HANG")


async def test_silence_is_ended_by_the_watchdog(fake: Setting) -> None:
    with pytest.raises(LeanTimeoutError, match="no progress"):
        await ScratchGoals(fake.pool).goals_at(site("-- HANG\n" + TEXT))


async def test_a_header_that_can_not_be_loaded_says_so_with_a_fix(fake: Setting) -> None:
    with pytest.raises(LeanError, match="can't be loaded: unknown module prefix") as caught:
        await ScratchGoals(fake.pool).goals_at(site("import HEADER\n" + TEXT))
    assert "lake build" in caught.value.fix


async def test_stale_imports_are_tried_anew_once_and_then_said(fake: Setting) -> None:
    with pytest.raises(LeanError, match="out of date"):
        await ScratchGoals(fake.pool).goals_at(site("-- STALE\n" + TEXT))
    assert len(fake.edits()) == 2


async def test_a_flood_on_stderr_does_not_block(fake: Setting) -> None:
    assert (await fake.state("-- FLOOD\n" + TEXT)).goals


async def test_a_worker_is_renewed_after_its_uses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = Setting(tmp_path, monkeypatch, max_checks=2)
    for _ in range(3):
        assert isinstance((await setting.verdicts(["a", "b FAIL"]))["a"], Closed)
    await setting.pool.aclose()


async def test_an_idle_worker_and_its_server_are_released(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = Setting(tmp_path, monkeypatch, idle_s=0.2)
    await setting.state()
    assert setting.pool.memory_mb() > 0
    for _ in range(100):
        if setting.pool.memory_mb() == 0:
            break
        await asyncio.sleep(0.05)
    assert setting.pool.memory_mb() == 0
    assert isinstance((await setting.verdicts(["a"]))["a"], Closed)
    await setting.pool.aclose()


async def test_a_new_toolchain_file_starts_lean_anew(fake: Setting, tmp_path: Path) -> None:
    await fake.state()
    first = fake.pool.fingerprint()
    (tmp_path / "lean-toolchain").write_text("leanprover/lean4:v4.28.0\n")
    await fake.state()
    assert fake.pool.fingerprint() != first


async def test_who_still_asks_when_the_pool_is_closed_starts_nothing(fake: Setting) -> None:
    others = set(psutil.Process().children())
    state = await fake.state()
    stream = fake.checker.check(state, candidates(["a FAIL", "b HANG", "c"]), CheckLimits(60))
    found = {(await anext(stream)).candidate.text}
    await fake.pool.aclose()
    async for judgement in stream:
        found.add(judgement.candidate.text)
        assert isinstance(judgement.verdict, Undecided)
    assert found == {"a FAIL", "b HANG", "c"}
    assert fake.pool.memory_mb() == 0
    assert set(psutil.Process().children()) <= others


async def test_two_users_of_one_header_take_turns(fake: Setting) -> None:
    one, two = await asyncio.gather(
        fake.judgements(["a FAIL", "b"]), fake.judgements(["c STEP", "d"])
    )
    assert [type(j.verdict) for j in one] == [Failed, Closed]
    assert [type(j.verdict) for j in two] == [Progressed, Closed]
