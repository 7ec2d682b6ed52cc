"""Plain values of the trainer for tests: a problem, a rollout, a tokenizer of letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from fd_core.adapter import Adapter
from fd_core.landing import guess_kind
from fd_core.lean_source import sorries
from fd_core.proof import Document, Goal, ProofState, Range
from fd_core.suggestion import PolicyVersion
from fd_trainer.problem import Problem
from fd_trainer.rollout import Completion, Rollout, Sampling

POLICY = PolicyVersion("tiny", "adapter-1")
TEXT = "theorem target (p : Prop) (h : p) : p := by\n  sorry\n"


def problem(text: str = TEXT, **changes: Any) -> Problem:
    """A problem at the last `sorry` of a text; its goals are made up."""
    document = Document("file:///project/A.lean", 0, text)
    start, end = sorries(text)[-1]
    site = guess_kind(document, Range(document.position(start), document.position(end)))
    state = ProofState(site, (Goal("p"),), "environment")
    given: dict[str, Any] = {
        "declaration": "target",
        "project": Path("/project"),
        "kind": "proof",
        "source": "sorry",
        "group": "project/target",
    }
    return Problem(state, **{**given, **changes})


ROLLOUT = Rollout(
    id="r1",
    problem_id="p1",
    prompt_ids=(1, 2, 3),
    ids=(4, 5, 6),
    logprobs=(-0.1, -0.25, -1.5),
    written=(True, False, True),
    text="exact h",
    candidate="exact h",
    finish="stop",
    policy=POLICY,
    prompt_format="fd-proof-1#12345678",
    seed=7,
)


def rollout(**changes: Any) -> Rollout:
    """A rollout to vary."""
    return replace(ROLLOUT, **changes)


class LetterTokenizer:
    """FAKE tokenizer: one id per letter, and 0 before a prompt, as a begin-of-sentence token."""

    def encode(self, text: str) -> list[int]:
        return [0, *map(ord, text)]

    def continuation(self, text: str) -> list[int]:
        return list(map(ord, text))

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(id) for id in ids if id)


class ScriptedSampler:
    """FAKE sampler: says what it was told, in order; keeps what it was asked."""

    def __init__(self, *texts: str, keeps_stop: bool = True) -> None:
        self.texts = list(texts)
        self.keeps_stop = keeps_stop
        self.asked: list[tuple[tuple[int, ...], Sampling, int]] = []

    @property
    def version(self) -> PolicyVersion:
        return POLICY

    async def sample(
        self, prompt_ids: Sequence[int], sampling: Sampling, n: int = 1
    ) -> Sequence[Completion]:
        self.asked.append((tuple(prompt_ids), sampling, n))
        return [self._completion(self.texts.pop(0), sampling) for _ in range(n)]

    def _completion(self, text: str, sampling: Sampling) -> Completion:
        """The text up to its first stop string, which the ids may hold."""
        ends = [at for stop in sampling.stop if (at := text.find(stop)) >= 0]
        said = text[: min(ends)] if ends else text
        stop = next((s for s in sampling.stop if text.startswith(s, len(said))), "")
        ids = [ord(letter) for letter in said + (stop if self.keeps_stop else "")]
        cut = len(ids) > sampling.max_tokens
        ids = ids[: sampling.max_tokens]
        shown = said[: sampling.max_tokens]
        return Completion(tuple(ids), (-1.0,) * len(ids), shown, "length" if cut else "stop")

    async def score(self, prompt_ids: Sequence[int], ids: Sequence[int]) -> Sequence[float]:
        return [-1.0] * len(ids)

    async def speak_with(self, adapter: Adapter | None) -> None: ...

    async def aclose(self) -> None: ...
