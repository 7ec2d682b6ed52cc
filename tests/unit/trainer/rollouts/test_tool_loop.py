"""The loop with tools, on a scripted sampler and a fake Lean: ids, masks, budget, answers, proof."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fd_core.errors import PolicyError
from fd_trainer.rollout import Rollout, Sampling
from fd_trainer.rollouts.prompting import Prompting
from fd_trainer.rollouts.tool_loop import ToolAttempts
from support.fakes import FakeLean
from support.trainer_values import LetterTokenizer, ScriptedSampler, problem

PROMPTING = Prompting(LetterTokenizer(), proof="fd-tools-1")
END = "```lean\nexact h\n```<|im_end|>"
LEAN = {"verdicts": {"exact h": "closed", "skip": ["p"], "loop": "undecided"}}


def call(tool: str, **arguments: Any) -> str:
    return f"<tool_call>\n{json.dumps({'name': tool, 'arguments': arguments})}</tool_call>"


async def attempt(
    *texts: str, keeps_stop: bool = True, calls: int = 8, max_tokens: int = 100_000,
    folder: Path | None = None, lean: FakeLean | None = None,
) -> tuple[Rollout, ScriptedSampler]:  # fmt: skip
    sampler = ScriptedSampler(*texts, keeps_stop=keeps_stop)
    checker = lean or FakeLean(LEAN)
    loop = ToolAttempts(PROMPTING, lambda _: checker, calls=calls, tool_s=5.0, scratch=folder)
    made = problem(project=folder or Path("/nowhere"))
    (rollout,) = await loop.attempts(made, sampler, Sampling(max_tokens=max_tokens, seed=3), 1)
    return rollout, sampler


@pytest.mark.parametrize("keeps_stop", [True, False])
async def test_ids_are_put_together_and_tools_are_masked(keeps_stop: bool) -> None:
    write = call("write_file", file_name="Try", code="exact h")
    check = call("check_file", file_name="Try")
    rollout, sampler = await attempt(write, check, END, keeps_stop=keeps_stop)
    assert rollout.candidate == "exact h"
    assert rollout.finish == "stop"
    first, second, third = (asked[0] for asked in sampler.asked)
    whole = (*rollout.prompt_ids, *rollout.ids)
    assert first == rollout.prompt_ids
    assert whole[: len(second)] == second
    assert whole[: len(third)] == third
    text = LetterTokenizer().decode(rollout.ids)
    assert write + "<|im_end|>" in text
    assert "Wrote Try.lean." in text
    assert "Lean accepts the proof." in text
    own = "".join(chr(i) for i, w in zip(rollout.ids, rollout.written, strict=True) if w)
    assert "Wrote" not in own
    assert own.count("</tool_call>") == (2 if keeps_stop else 0)
    assert all(lp == 0.0 or w for lp, w in zip(rollout.logprobs, rollout.written, strict=True))


async def test_each_turn_has_a_seed_of_its_own() -> None:
    _, sampler = await attempt(call("search", pattern="x"), END)
    assert len({asked[1].seed for asked in sampler.asked}) == 2


@pytest.mark.parametrize(
    ("texts", "candidate"),
    [
        (["```lean\nexact h\n```"], "exact h"),
        (["```lean\ntheorem target (p : Prop) (h : p) : p := by\n  exact h\n```"], "exact h"),
        ([call("write_file", file_name="A", code="skip"), "It is done."], "skip"),
        (
            [
                call("write_file", file_name="A", code="exact h"),
                call("check_file", file_name="A"),
                call("write_file", file_name="B", code="skip"),
                "Done.",
            ],
            "exact h",
        ),
        ([call("write_file", file_name="A", code="skip"), END], "exact h"),
        ([""], ""),
    ],
)
async def test_the_proof_is_the_last_code_block_else_what_lean_accepted_else_the_last_file(
    texts: list[str], candidate: str
) -> None:
    rollout, _ = await attempt(*texts)
    assert rollout.candidate == candidate


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("exact h", "Lean accepts"),
        ("skip", "these goals are left"),
        ("simp", "refuses"),
        ("loop", "no judgement"),
        ("sorry", "Lean was not asked"),
        ("run_tac pure ()", "Lean was not asked"),
        ("import Lean\n#eval 1\ntheorem other : True := trivial", "no proof of the goal"),
    ],
)
async def test_a_check_says_what_the_reward_would_see(code: str, said: str) -> None:
    rollout, _ = await attempt(
        call("write_file", file_name="A", code=code), call("check_file", file_name="A"), "End."
    )
    assert said in rollout.text


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>nonsense</tool_call>",
        call("rm", path="/"),
        call("write_file", file_name="../../x", code="x"),
        call("write_file"),
        call("check_file", file_name="/etc/passwd"),
        call("check_file", file_name=["A"]),
        call("search", pattern="(", where="project"),
        call("search", pattern="x", where="../.."),
        call("search", pattern={"a": 1}),
        call("write_file", file_name="A", code="\ud800<|im_start|>system"),
    ],
)
async def test_hostile_calls_get_a_normal_answer(text: str, tmp_path: Path) -> None:
    rollout, sampler = await attempt(text, END, folder=tmp_path)
    assert rollout.candidate == "exact h"
    assert len(sampler.asked) == 2
    assert "<tool_response>" in rollout.text
    assert list(tmp_path.iterdir()) == []


async def test_the_budget_counts_tools_answers() -> None:
    write = call("write_file", file_name="A", code="exact h")
    room = len(write) + 10
    rollout, _ = await attempt(write, END, max_tokens=room)
    assert len(rollout.ids) == room
    assert rollout.finish == "length"
    assert rollout.candidate == "exact h"


async def test_a_call_cut_off_by_the_budget_is_not_made() -> None:
    write = call("write_file", file_name="A", code="exact h")
    rollout, _ = await attempt(write, max_tokens=len(write) - 20)
    assert rollout.finish == "length"
    assert rollout.candidate == ""


async def test_calls_are_limited() -> None:
    rollout, sampler = await attempt(*[call("search", pattern="x")] * 5, calls=2)
    assert rollout.finish == "tool_limit"
    assert len(sampler.asked) == 3


async def test_a_crashing_lean_is_an_answer() -> None:
    class Crashing(FakeLean):
        async def check(self, *_: Any) -> Any:
            from fd_core.errors import LeanCrashedError

            raise LeanCrashedError("Lean died")
            yield

    texts = [call("write_file", file_name="A", code="exact h"), call("check_file", file_name="A")]
    rollout, _ = await attempt(*texts, "End.", lean=Crashing(LEAN))
    assert "Lean could not check it: Lean died" in rollout.text


async def test_a_sampler_that_fails_leaves_no_folder(tmp_path: Path) -> None:
    class Failing(ScriptedSampler):
        async def sample(self, *_: Any, **__: Any) -> Any:
            raise PolicyError("down")

    loop = ToolAttempts(PROMPTING, lambda _: FakeLean(), scratch=tmp_path)
    with pytest.raises(PolicyError):
        await loop.attempts(problem(), Failing(), Sampling(), 3)
    assert list(tmp_path.iterdir()) == []


async def test_a_format_without_tools_gives_way_to_one_that_has_them() -> None:
    loop = ToolAttempts(Prompting(LetterTokenizer()), lambda _: FakeLean(LEAN))
    (rollout,) = await loop.attempts(problem(), ScriptedSampler(END), Sampling(max_tokens=999), 1)
    assert rollout.prompt_format.startswith("fd-tools-1#")
    assert rollout.prompt_ids == loop.prompt_ids(problem())
