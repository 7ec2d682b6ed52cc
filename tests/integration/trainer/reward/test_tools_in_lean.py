"""The tool loop on a real Lean: a check says what the reward then says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fd_core.lean.audit_project import ProjectAuditor
from fd_core.lean.live import LiveLean
from fd_core.proof import ProofState
from fd_core.settings import LeanSettings
from fd_trainer.problem import Problem
from fd_trainer.reward import AuditGrader
from fd_trainer.rollout import Sampling
from fd_trainer.rollouts.prompting import Prompting
from fd_trainer.rollouts.tool_loop import ToolAttempts
from support import availability
from support.redteam import site_in
from support.trainer_values import LetterTokenizer, ScriptedSampler

pytestmark = pytest.mark.lean
STATEMENT = "theorem target (p q : Prop) (h : p) (k : q) : p ∧ q"
HELPED = f"axiom cheat : False\n\n{STATEMENT} := by\n  exact cheat.elim\n"


def turn(code: str) -> list[str]:
    write = {"name": "write_file", "arguments": {"file_name": "Try", "code": code}}
    check = {"name": "check_file", "arguments": {"file_name": "Try"}}
    return [f"<tool_call>{json.dumps(call)}</tool_call>" for call in (write, check)]


async def test_what_a_check_accepts_is_rewarded_and_what_it_refuses_is_not(tmp_path: Path) -> None:
    settings, toolchain = LeanSettings(audit_s=60), availability.toolchain()
    auditor = ProjectAuditor(tmp_path, settings, toolchain)
    lean = LiveLean(tmp_path, settings, auditor, toolchain)
    grader = AuditGrader(lambda _: auditor)
    state = await lean.goals_at(site_in(f"{STATEMENT} := by\n  sorry\n"))
    assert isinstance(state, ProofState)
    problem = Problem(state, "target", tmp_path, "proof", "sorry", "p/target")
    texts = [
        *turn("exact h"), *turn(HELPED), *turn("constructor"),
        *turn(f"{STATEMENT} := by\n  exact ⟨h, k⟩\n"), "Done.",
    ]  # fmt: skip
    loop = ToolAttempts(Prompting(LetterTokenizer()), lambda _: lean, calls=9)
    try:
        sampler = ScriptedSampler(*texts)
        (rollout,) = await loop.attempts(problem, sampler, Sampling(max_tokens=99_999), 1)
        said = [
            part.split("</tool_response>")[0]
            for part in rollout.text.split("<tool_response>\n")[1:]
        ]
        assert [answer.split("\n")[0] for answer in said[::2]] == ["Wrote Try.lean."] * 4
        assert "error" in said[1]
        assert "error" in said[3]
        assert "goals are left" in said[5]
        assert said[7].startswith("Lean accepts the proof.")
        assert rollout.candidate == "exact ⟨h, k⟩"
        words = await grader.judge(problem, [rollout.candidate, "exact cheat.elim", "exact h"])
        assert [word.outcome for word in words] == ["proved", "refused", "refused"]
    finally:
        await lean.aclose()
        await grader.aclose()
