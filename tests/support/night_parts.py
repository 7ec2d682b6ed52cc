"""Fake parts of a night, for its phase machine alone: no torch, no Lean, no model.

The fake learner has four numbers for weights, which every row moves; the fake sampler writes what the
weights and the seed say. So a resumed run shows by its losses whether it made the same steps. Records
(ledger, registry, run files) are the real ones.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fd_core.adapter import Adapter
from fd_core.durable_file import replace_file
from fd_core.errors import PolicyError
from fd_core.feedback import Feedback
from fd_core.registry import FolderRegistry
from fd_core.suggestion import PolicyVersion
from fd_trainer.data.collection import Collected
from fd_trainer.evaluation.measured import SUITES, Evaluation, Measured, PolicyTable
from fd_trainer.example import Batch, Row, StepOutput
from fd_trainer.ledger import Ledger
from fd_trainer.ports import Say, StepLeftError
from fd_trainer.problem import Problem
from fd_trainer.remark import Masked, Remark, RemarkCost, Remarked
from fd_trainer.rollout import Graded, Rollout, Sampling
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.parts import Bench, Finding, Suites
from fd_trainer.run.planner import Stage

from support.adapters import BASE, write_adapter
from support.states import state_of


def problem(n: int, **fields: Any) -> Problem:
    """The n-th fake problem."""
    given = {"part": "held_out" if n % 4 == 3 else "train", "kind": "proof", "source": "sorry"}
    state = state_of(f"⊢ {n} = {n}", above=f"-- {'x' * n}")
    return Problem(
        state=state, declaration=f"p{n}", project=Path("/project"), group=f"p{n}", **given | fields
    )


def target(n: int) -> Row:
    """What a decision of the user teaches about the n-th fake problem."""
    of, text = problem(n), tuple(map(ord, "rfl"))
    return Row(f"target-{n}", "target", of.id, tuple(map(ord, of.declaration)), text, (True,) * 3)


@dataclass
class FakeLearner:
    """Weights [4] and a momentum; every number of a batch moves them."""

    weights: list[float] = field(default_factory=lambda: [0.1, -0.2, 0.3, 0.05])
    momentum: list[float] = field(default_factory=lambda: [0.0] * 4)
    rate: float = 1.0
    stage: str = ""
    begun: list[str] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    nan_at: int = -1
    memory_fails: int = 0
    slow_s: float = 0.0
    passes: int = 1
    """`slow_s` is spent in each; between them it looks whether somebody asked to go."""
    asked: Callable[[], bool] = lambda: False

    def leave_when(self, asked: Callable[[], bool]) -> None:
        self.asked = asked

    def begin(self, stage: Stage) -> None:
        self.stage, self.momentum = stage, [0.0] * 4
        self.begun.append(stage)

    def step(self, batch: Batch) -> StepOutput:
        for _ in range(self.passes):
            if self.asked():
                raise StepLeftError("asked to go")
            time.sleep(self.slow_s)
        if self.memory_fails:
            self.memory_fails -= 1
            raise MemoryError
        if batch.step == self.nan_at:
            return StepOutput(0.0, {"grad_norm": float("nan")}, skipped="loss nan")
        text = repr([(r.kind, r.ids, r.teacher_prompt_ids, r.advantage) for r in batch.rows])
        chance = random.Random(text + repr(self.weights))
        for i in range(4):
            self.momentum[i] = 0.9 * self.momentum[i] + 0.1 * chance.gauss(0, 1)
            self.weights[i] += 0.01 * self.rate * self.momentum[i]
        loss = sum(w * w for w in self.weights)
        self.losses.append(loss)
        return StepOutput(loss, {"entropy": 1.0, "learning_rate": self.rate})

    def scale_rate(self, factor: float) -> None:
        self.rate = factor

    def save(self, folder: Path, step: int, position: Mapping[str, Any]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        state = {
            "weights": self.weights, "momentum": self.momentum, "stage": self.stage,
            "position": dict(position),
        }  # fmt: skip
        replace_file(folder / f"{step:08d}.json", json.dumps(state).encode())

    def restore(self, folder: Path) -> Mapping[str, Any] | None:
        for file in sorted(folder.glob("*.json"), reverse=True):
            try:
                state = json.loads(file.read_text())
            except ValueError:
                continue
            self.weights, self.momentum = state["weights"], state["momentum"]
            self.stage = state["stage"]
            return dict(state["position"])
        return None

    def save_adapter(self, folder: Path) -> Path:
        return write_adapter(folder, repr(self.weights).encode() * 100)


class FakeTokenizer:
    """One id per letter."""

    def encode(self, text: str) -> list[int]:
        return [ord(letter) for letter in text]

    def continuation(self, text: str) -> list[int]:
        return self.encode(text)

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(map(chr, ids))


@dataclass
class FakeSampler:
    """Names its version only; `FakeAttempting` writes."""

    adapter: str | None = None

    @property
    def version(self) -> PolicyVersion:
        return PolicyVersion(BASE, self.adapter)

    async def sample(self, prompt_ids: Any, sampling: Any, n: int = 1) -> Any:
        raise NotImplementedError

    async def score(self, prompt_ids: Any, ids: Any) -> Any:
        raise NotImplementedError

    async def speak_with(self, adapter: Adapter | None) -> None:
        self.adapter = adapter.id if adapter else None

    async def aclose(self) -> None:
        pass


@dataclass
class FakeAttempting:
    """Writes eight letters that the weights and the seed decide."""

    learner: FakeLearner
    parts: FakeParts

    async def attempts(
        self, problem: Problem, sampler: Any, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        await asyncio.sleep(self.parts.slow_s)
        if self.parts.sampler_fails:
            self.parts.sampler_fails -= 1
            raise PolicyError("the sampler is gone", fix="Start it.")
        made = []
        for i in range(n):
            self.parts.sampled += 1
            if self.parts.paid is not None:
                with self.parts.paid.open("a") as file:
                    file.write(f"{problem.id} {sampling.seed} {i}\n")
            seed = f"{sampling.seed} {i} {[round(w, 9) for w in self.learner.weights]}"
            text = "".join(random.Random(seed).choices("abcdefgh", k=8))
            ids = tuple(map(ord, text))
            made.append(
                Rollout(
                    id=hashlib.sha256(f"{problem.id} {seed}".encode()).hexdigest()[:24],
                    problem_id=problem.id, prompt_ids=self.prompt_ids(problem), ids=ids,
                    logprobs=(-1.0,) * 8, written=(True,) * 8, text=text, candidate=text,
                    finish="stop", policy=sampler.version, prompt_format="fake", seed=sampling.seed,
                )
            )  # fmt: skip
        return made

    def prompt_ids(self, problem: Problem, feedback: str = "") -> tuple[int, ...]:
        return tuple(map(ord, problem.declaration + feedback))


@dataclass
class FakeGrader:
    """Proved if the text holds more than two letters a or b."""

    parts: FakeParts

    async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> Sequence[Graded]:
        await asyncio.sleep(0)
        self.parts.graded += len(rollouts)
        if self.parts.lean_away:
            self.parts.lean_away -= 1
            said = ("The audit failed: Lean is gone",)
            return [Graded(r, "undecided", said) for r in rollouts]
        good = [sum(letter in "ab" for letter in r.text) > 2 for r in rollouts]
        return [
            Graded(r, "proved" if ok else "refused", () if ok else ("no",))
            for r, ok in zip(rollouts, good, strict=True)
        ]


@dataclass
class FakeCritic:
    """Says which letters to use."""

    parts: FakeParts

    async def remark_on(self, problem: Problem, graded: Graded) -> Remark:
        self.parts.remarked += 1
        if self.parts.remarked > self.parts.budget:
            return Masked("the budget is spent")
        return Remarked(
            Feedback(f"use a, not {graded.rollout.text[0]}", "fake"), RemarkCost(1, 2, 3)
        )

    @property
    def spent(self) -> RemarkCost:
        return RemarkCost(self.parts.remarked, 2, 3)

    async def aclose(self) -> None:
        pass


@dataclass
class FakeMeasuring:
    """The candidate proves `parts.gain` more of all problems than what is served."""

    parts: FakeParts

    async def serving(self, suites: Suites, adapter: Adapter | None) -> PolicyTable:
        return self._table(suites, None, 4)

    def reckoned_s(self, suites: Suites, adapter: Adapter | None) -> float:
        return self.parts.reckoned_s

    async def both(self, suites: Suites, serving: Adapter | None, candidate: Adapter) -> Evaluation:
        await asyncio.sleep(self.parts.evaluation_s)
        before = self._table(suites, serving.id if serving else None, 4)
        after = self._table(suites, candidate.id, 4 + self.parts.gain)
        return Evaluation(before, after, 16, 0, 1.0, (1, 4))

    async def while_training(self, suites: Suites) -> PolicyTable:
        self.parts.measured += 1
        proved = self.parts.held_out.pop(0) if self.parts.held_out else 4
        return self._table(suites, None, proved)

    def _table(self, suites: Suites, adapter: str | None, proved: int) -> PolicyTable:
        rows = [
            Measured(p.id, suite, p.declaration, 16, proved)
            for suite in SUITES
            for p in suites.get(suite, ())
        ]
        return PolicyTable(BASE, adapter, tuple(rows))


@dataclass
class FakeParts:
    """A night's parts, with counters and faults to order."""

    folder: RunFolder
    registry: FolderRegistry
    problems: int = 40
    slow_s: float = 0.0
    budget: int = 1_000_000
    """Remarks that the critic makes at most."""
    evaluation_s: float = 0.0
    reckoned_s: float = 0.0
    """What measuring a policy is said to take."""
    gain: int = 8
    sampler_fails: int = 0
    """So many calls find no sampler."""
    lean_away: int = 0
    """So many calls find no Lean: undecided, as the real grader says it, which raises nothing."""
    held_out: list[int] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    useless: Finding | None = None
    rows: list[Row] = field(default_factory=list)
    """What the user's decisions teach, beside the attempts."""
    paid: Path | None = None
    """Each attempt sampled is a line of this file, across processes."""
    sampled: int = 0
    graded: int = 0
    remarked: int = 0
    measured: int = 0
    collections: int = 0
    closed: bool = False
    learner: FakeLearner = field(default_factory=FakeLearner)
    _bench: Bench | None = None

    async def preflight(self) -> Sequence[Finding]:
        return self.findings

    async def collect(self, say: Say) -> Collected:
        self.collections += 1
        return Collected(tuple(problem(n) for n in range(self.problems)), left_out={"a reason": 1})

    async def bench(self, serving: Adapter | None, collected: Collected) -> Bench:
        if self._bench is None:
            self._bench = Bench(
                self.learner, FakeSampler(), FakeTokenizer(), FakeAttempting(self.learner, self),
                FakeGrader(self), FakeCritic(self), Ledger(self.folder.ledger), FakeMeasuring(self),
                rows=self.rows, facts={"lean": "no Lean: a fake", "device": "none"},
            )  # fmt: skip
        return self._bench

    async def speak(self, step: int) -> None:
        pass

    async def useful(self, problems: Sequence[Problem]) -> Finding | None:
        return self.useless

    async def served_from_now_on(self, adapter: Adapter) -> None:
        pass

    async def tidy(self) -> Sequence[str]:
        return ()

    async def aclose(self) -> None:
        if self._bench is not None:
            self._bench.ledger.close()  # type: ignore[attr-defined]
        self._bench, self.closed = None, True
