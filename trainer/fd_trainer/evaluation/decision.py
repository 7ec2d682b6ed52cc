"""The gate's answer as values: a verdict with reasons, and the comparisons it rests on.

`run/<id>/decision.json` holds a `Decision`, by `fd_core.plain_data`.
"""

from __future__ import annotations

from dataclasses import dataclass

from fd_trainer.evaluation.measured import Suite


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with the ends of its bootstrap interval over problems."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """pass@k of one suite under both policies; `difference` is candidate minus serving, paired.

    `p_value`: one-sided, how often swapping the policies at random per problem gives as large a
    difference; the chance of this gain if there were none.
    """

    suite: Suite
    k: int
    problems: int
    serving: Estimate
    candidate: Estimate
    difference: Estimate
    p_value: float


@dataclass(frozen=True, slots=True)
class Promote:
    """Serve the candidate from now on."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Keep:
    """Go on serving what is served: the candidate is worse, or not to be trusted."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NotEnoughEvidence:
    """Go on serving what is served: the measurement can't tell."""

    reasons: tuple[str, ...]


GateVerdict = Promote | Keep | NotEnoughEvidence


@dataclass(frozen=True, slots=True)
class Decision:
    """The verdict, what it rests on, and what was not established, in plain sentences."""

    verdict: GateVerdict
    confidence: float
    comparisons: tuple[Comparison, ...] = ()
    not_established: tuple[str, ...] = ()
    at: float = 0.0

    @property
    def promotes(self) -> bool:
        """Whether the candidate is to be served."""
        return isinstance(self.verdict, Promote)
