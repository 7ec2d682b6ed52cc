"""What was measured, as values: attempts and proofs per problem, under one policy or two.

Values without IO. `run/<id>/evaluation.json` holds an `Evaluation`, by `fd_core.plain_data`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Suite = Literal["held_out", "frozen", "known"]
SUITES: tuple[Suite, ...] = ("held_out", "frozen", "known")
"""`held_out`: goals of this project kept from training. `frozen`: a set that never changes.
`known`: goals that the starting policy closed; they tell what was forgotten."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One problem under one policy: `proved` of `samples` attempts passed the audit.

    `undecided` attempts (time, memory, a crash) are among `samples` and not among `proved`: what
    Lean did not decide in its limits was not proved, and the gate refuses to judge when there were
    many. `proofs` are distinct accepted texts, first seen first, at most `PROOFS_KEPT`.
    """

    problem_id: str
    suite: Suite
    declaration: str
    samples: int
    proved: int
    undecided: int = 0
    distinct: int = 0
    proofs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        counts_fit = 0 <= self.proved <= self.samples and self.undecided >= 0
        if not counts_fit or self.proved + self.undecided > self.samples:
            raise ValueError(
                f"{self.problem_id}: {self.proved} proved and {self.undecided} undecided"
                f" of {self.samples} samples"
            )


PROOFS_KEPT = 8


@dataclass(frozen=True, slots=True)
class PolicyTable:
    """One policy over all suites. `entropy` in nats per written token (None: nothing sampled),
    estimated as the mean of −log p over sampled tokens, which is unbiased at temperature 1."""

    base_model: str
    adapter_id: str | None
    problems: tuple[Measured, ...]
    entropy: float | None = None
    mean_length: float = 0.0
    """Tokens per attempt."""
    tokens: int = 0
    seconds: float = 0.0
    tactics: tuple[str, ...] = ()
    """Distinct tactic names in accepted proofs, sorted."""
    names: tuple[str, ...] = ()
    """Distinct lemma-like names in accepted proofs, sorted (METHOD §1.9)."""

    def of(self, suite: Suite) -> tuple[Measured, ...]:
        """The problems of one suite, in order."""
        return tuple(problem for problem in self.problems if problem.suite == suite)


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Proofs of newly closed problems, audited once more in a fresh process that recalls nothing.

    `refused` names problems whose proof did not pass again: the reward was wrong somewhere.
    """

    looked: int = 0
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Both policies on the same problems with the same seeds."""

    serving: PolicyTable
    candidate: PolicyTable
    samples: int
    seed: int
    temperature: float
    ks: tuple[int, ...]
    at: float = 0.0
    second_look: SecondLook = SecondLook()
    chosen_on_same: bool = False
    """The candidate is the best checkpoint on these very goals, though by other draws."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One problem under both policies."""

    serving: Measured
    candidate: Measured


def paired(evaluation: Evaluation, suite: Suite) -> tuple[Pair, ...]:
    """Problems of a suite that both policies attempted; one that either lacks is left out."""
    candidates = {m.problem_id: m for m in evaluation.candidate.of(suite)}
    both = [(m, candidates.get(m.problem_id)) for m in evaluation.serving.of(suite)]
    return tuple(Pair(a, b) for a, b in both if b is not None and a.samples and b.samples)


def newly_closed(pairs: Sequence[Pair]) -> tuple[Measured, ...]:
    """What the candidate proved at least once and the served policy never did."""
    return tuple(p.candidate for p in pairs if p.candidate.proved and not p.serving.proved)


def lost(pairs: Sequence[Pair]) -> tuple[Measured, ...]:
    """What the served policy proved at least once and the candidate never did."""
    return tuple(p.serving for p in pairs if p.serving.proved and not p.candidate.proved)
