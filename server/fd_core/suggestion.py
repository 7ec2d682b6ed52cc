"""Values for what is proposed and what Lean says of it.

`Closed` and `Proved` never blur: `Closed` comes from the warm worker and may be *shown*; only
`Proved`, the whole declaration audited in a fresh worker, may write a file, label a positive or
earn a reward. A time-out is `Undecided`, never `Failed`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from fd_core.proof import Goal, ProofState, Range

STANDARD_AXIOMS = frozenset({"propext", "Classical.choice", "Quot.sound"})
"""The axioms a proof may rest on."""

Severity = Literal["error", "warning", "information"]
OriginKind = Literal["policy", "portfolio", "harvest", "search", "user", "memory"]


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """Which weights spoke: a base model, and the adapter on top of it, if any."""

    base_model: str
    adapter_id: str | None = None

    def __str__(self) -> str:
        return f"{self.base_model}+{self.adapter_id}" if self.adapter_id else self.base_model


@dataclass(frozen=True, slots=True)
class Origin:
    """What proposed a candidate.

    `detail` names the rule, the tactic whose "Try this" it was, or the prompt format.
    """

    kind: OriginKind
    detail: str = ""
    policy: PolicyVersion | None = None

    def __str__(self) -> str:
        return " ".join(filter(None, [self.kind, self.detail, str(self.policy or "")]))

    @property
    def in_words(self) -> str:
        """For a person: see `origin_in_words`."""
        return origin_in_words(str(self))

    @classmethod
    def told(cls, words: str) -> Origin:
        """Read back from its words, the policy among the details; the user's, where they say nothing."""
        kind, _, detail = words.partition(" ")
        kinds = [known for known in get_args(OriginKind) if known == kind]
        return cls(kinds[0], detail) if kinds else cls("user")


_OWN_VERSION = re.compile(r" (?:portfolio|memory|harvest)-\d+\b")


def origin_in_words(told: str) -> str:
    """An origin for a person: without the versions of our own rules, which only repeat who spoke."""
    return _OWN_VERSION.sub("", told)


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposed continuation: tactic text without indentation of its own.

    `logprob` is the natural log of its probability under the policy (sum over tokens), if known.
    """

    text: str
    origin: Origin
    logprob: float | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What Lean said, and where in the candidate (zero-based, relative to its first letter)."""

    severity: Severity
    text: str
    where: Range | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a verdict cost. `heartbeats` (thousands, as in `maxHeartbeats`) where Lean told us."""

    milliseconds: float
    heartbeats: int | None = None


@dataclass(frozen=True, slots=True)
class Closed:
    """No error, no goals, no `sorry`, syntax allow-list passed, allowed axioms only."""

    cost: Cost
    axioms: tuple[str, ...] = ()
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Progressed:
    """The state changed and no error but "unsolved goals" remains; `after` is what is left."""

    cost: Cost
    after: tuple[Goal, ...]
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """Lean refused it, or the syntax allow-list did."""

    cost: Cost
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Undecided:
    """Lean did not get to a judgement: out of time, memory or heartbeats, crashed, not recorded."""

    cost: Cost
    reason: str
    fix: str = ""
    """What to do, where Lean can't judge anything here and it is not this candidate's doing."""


Verdict = Closed | Progressed | Failed | Undecided


@dataclass(frozen=True, slots=True)
class Judgement:
    """A candidate with its verdict."""

    candidate: Candidate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Proved:
    """The audit passed: fresh worker, statement unchanged, no `sorry`, these axioms only."""

    declaration: str
    axioms: tuple[str, ...]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class NotProved:
    """The audit refused, for these reasons (each one sentence)."""

    declaration: str
    reasons: tuple[str, ...]
    milliseconds: float
    messages: tuple[str, ...] = ()
    """Where it did not compile: Lean's errors as it wrote them ("line:column: text"), for critics."""


@dataclass(frozen=True, slots=True)
class AuditUndecided:
    """The audit could not be finished (time, memory, no Lean)."""

    declaration: str
    reason: str
    milliseconds: float


AuditResult = Proved | NotProved | AuditUndecided


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What was offered: a judged candidate at a state, under an id that decisions refer to."""

    id: str
    state: ProofState
    candidate: Candidate
    verdict: Verdict


def offerable(verdict: Verdict) -> bool:
    """Whether an editor may show it: Closed and Progressed only."""
    return isinstance(verdict, Closed | Progressed)


def rank(judgements: Sequence[Judgement]) -> list[Judgement]:
    """Closed first, then Progressed by goals left; then log-probability, brevity, milliseconds.

    Failed and Undecided come last, in that order, for panels that show them labelled.
    """
    return sorted(judgements, key=_rank_key)


def _rank_key(item: Judgement) -> tuple[int, int, float, int, float]:
    match item.verdict:
        case Closed():
            group, left = 0, 0
        case Progressed(after=after):
            group, left = 1, len(after)
        case Failed():
            group, left = 2, 0
        case Undecided():
            group, left = 3, 0
    # A candidate without log-probability (the portfolio) sits where a fairly sure policy would.
    logprob = item.candidate.logprob if item.candidate.logprob is not None else -2.0
    return group, left, -logprob, len(item.candidate.text), item.verdict.cost.milliseconds
