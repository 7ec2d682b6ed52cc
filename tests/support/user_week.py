"""One user's week: real suggestions, decisions, survivals and proofs, in a real store.

The user has a taste: terms over automation. Everything is recorded by the server's own code, through
the recorder, with the text above each declaration; only the clock is made up. What Lean says of each
text is spelled out here (`PROVED`) and checked against Lean in `tests/integration/trainer`.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fd_core.events import (
    Accepted,
    Decision,
    Event,
    Overridden,
    ProofObserved,
    Rejected,
    SourceSeen,
    SuggestionOffered,
    SuggestionResolved,
    SuggestionSurvived,
    Survival,
    Unobserved,
    source_digest,
)
from fd_core.lean.goal_text import parse_goal
from fd_core.proof import Document, Goal, ProofSite, ProofState, Range
from fd_core.store.background import BackgroundWriter
from fd_core.store.recorder import Recorder, RecordingPolicy
from fd_core.suggestion import Candidate, Closed, Cost, Judgement, Origin, PolicyVersion, Progressed
from fd_server.offers import Offers
from fd_trainer.audited import Audited
from fd_trainer.problem import Problem

DAY_S = 86_400.0
MONDAY = 1_795_478_400.0
POLICY = Origin("policy", "fd-tactic-1#3812e78a", PolicyVersion("tiny"))


@dataclass(frozen=True, slots=True)
class Theorem:
    """A statement, its goal as Lean shows it, and the proof that the user leaves there."""

    name: str
    statement: str
    goal: str
    proof: str


THEOREMS = (
    Theorem(
        "swap_and", "theorem swap_and (p q : Prop) (h : p ∧ q) : q ∧ p",
        "p q : Prop\nh : p ∧ q\n⊢ q ∧ p", "exact ⟨h.2, h.1⟩",
    ),
    Theorem(
        "weaken", "theorem weaken (p q : Prop) (hp : p) : p ∨ q",
        "p q : Prop\nhp : p\n⊢ p ∨ q", "exact Or.inl hp",
    ),
    Theorem(
        "chain", "theorem chain (p q r : Prop) (h : p → q) (k : q → r) (hp : p) : r",
        "p q r : Prop\nh : p → q\nk : q → r\nhp : p\n⊢ r", "exact k (h hp)",
    ),
    Theorem(
        "keep_first", "theorem keep_first (p q : Prop) : p → q → p",
        "p q : Prop\n⊢ p → q → p", "intro hp\nintro _\nexact hp",
    ),
    Theorem(
        "positive", "theorem positive (n : Nat) : 0 < n + 1",
        "n : Nat\n⊢ 0 < n + 1", "exact Nat.succ_pos n",
    ),
    Theorem(
        "self_iff", "theorem self_iff (p : Prop) : p ↔ p", "p : Prop\n⊢ p ↔ p", "exact Iff.rfl",
    ),
)  # fmt: skip
NAMED = {theorem.name: theorem for theorem in THEOREMS}

PROVED = {
    "swap_and": ["exact ⟨h.2, h.1⟩", "simp_all", "grind"],
    "weaken": ["exact Or.inl hp", "simp_all", "grind"],
    "chain": ["exact k (h hp)", "grind"],
    "keep_first": ["intros; assumption", "intro hp\nintro _\nexact hp"],
    "positive": ["exact Nat.succ_pos n", "omega", "simp"],
    "self_iff": ["exact Iff.rfl", "simp", "rfl"],
}
"""By declaration: the texts of this week that prove it. All others do not."""

OWN = {"swap_and": "exact ⟨h.2, h.1⟩", "weaken": "exact Or.inl hp", "chain": "exact k (h hp)"}
REFUSED = {"swap_and": "grind", "weaken": "simp_all", "chain": "grind"}
"""What the user refused at the very states where they have a text of their own."""


@dataclass
class Week:
    """The week while it is lived."""

    folder: Path
    rejects: bool = True
    now: float = MONDAY
    ids: dict[tuple[str, str], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.project = self.folder / "proofs"
        self.private = self.project / "private"
        self.private.mkdir(parents=True, exist_ok=True)
        (self.project / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
        self.store = self.folder / "events.db"
        self.file = self.project / "Week.lean"
        self.recorder = Recorder(RecordingPolicy("yes"), BackgroundWriter(self.store))
        self.offers = Offers(self._record)

    def offer(self, name: str, text: str, *, closed: bool = True, path: Path | None = None) -> str:
        """Something is offered at a theorem; returns the suggestion's id."""
        cost = Cost(12.0, 40)
        verdict = Closed(cost) if closed else Progressed(cost, (Goal("False"),))
        item = Judgement(Candidate(text, POLICY, -1.0), verdict)
        state = self.state(name, path or self.file)
        made = self.offers.make(
            state, item, project=str(self.project), surface="inline", rank=0,
            began=time.perf_counter(),
        )  # fmt: skip
        self.offers.settled(made.id)
        return made.id

    def decide(self, id: str, decision: Decision) -> None:
        """The user decides. A week without rejects is the same, but for those."""
        if self.rejects or not isinstance(decision, Rejected):
            self._record(SuggestionResolved(id, self.now, decision))

    def survived(self, id: str, moment: Survival, kept: bool, text: str) -> None:
        """What stood there later."""
        self._record(SuggestionSurvived(id, self.now, moment, kept, text))

    def proved(self, name: str) -> None:
        """The theorem is saved without `sorry`."""
        theorem, above = NAMED[name], self.above(name)
        body = ":= by\n" + _block(theorem.proof)
        uri, project = self.file.as_uri(), str(self.project)
        digest = source_digest(above)
        self._record(SourceSeen(self.now, project, uri, digest, "", above))
        self._record(
            ProofObserved(
                self.now, project, uri, name, theorem.statement, body, "editor", False, digest
            )
        )

    def state(self, name: str, path: Path | None = None) -> ProofState:
        """The cursor stop in a theorem, below the finished ones."""
        head = f"{self.above(name)}{NAMED[name].statement} := by\n  "
        document = Document((path or self.file).as_uri(), 1, head)
        site = ProofSite(document, Range.empty(document.position(len(head))), "tactic")
        return ProofState(site, (parse_goal(NAMED[name].goal),), f"editor:{name}")

    def above(self, name: str) -> str:
        """The file above a theorem: those before it, as the user leaves them."""
        return "".join(
            f"{theorem.statement} := by\n{_block(theorem.proof)}\n\n"
            for theorem in itertools.takewhile(lambda t: t.name != name, THEOREMS)
        )

    def night(self) -> None:
        """The next day."""
        self.now += DAY_S

    def end(self) -> None:
        """All of it is on the disk; the file holds what the user left."""
        self.file.write_text(self.above("none"), encoding="utf-8")
        assert self.recorder.writer.close(30)

    def _record(self, event: Event) -> None:
        self.now += 1.0
        if isinstance(event, SuggestionOffered | SourceSeen):
            event = replace(event, at=self.now)
        assert self.recorder.record(event)


def _block(proof: str) -> str:
    return "\n".join(f"  {line}" for line in proof.split("\n"))


def live(folder: Path, *, rejects: bool = True) -> Week:
    """Monday to Sunday."""
    week = Week(folder, rejects)
    week.decide(week.offer("swap_and", "simp_all"), Overridden("exact ⟨h.2, h.1⟩"))
    week.proved("swap_and")
    week.night()  # Tuesday: the same state once more
    week.decide(week.offer("swap_and", "grind"), Rejected("ugly"))
    week.night()  # Wednesday
    week.decide(week.offer("weaken", "simp_all"), Rejected("ugly"))
    week.decide(week.offer("weaken", "grind"), Overridden("exact Or.inl hp"))
    taken = week.offer("chain", "exact k (h hp)")
    week.decide(taken, Accepted())
    week.survived(taken, "after_30s", True, "exact k (h hp)")
    week.survived(taken, "at_clean_save", True, "exact k (h hp)")
    week.decide(week.offer("chain", "grind"), Rejected("wrong"))
    week.night()  # Thursday: a first step of one's own; the rest follows
    week.decide(week.offer("keep_first", "intros; assumption"), Overridden("intro hp"))
    week.proved("keep_first")
    week.decide(week.offer("positive", "omega"), Rejected("late"))
    week.decide(week.offer("positive", "decide"), Unobserved())
    week.night()  # Friday: taken, and taken back; wanted, then not
    back = week.offer("positive", "omega")
    week.decide(back, Accepted())
    week.survived(back, "after_30s", False, "")
    week.decide(week.offer("positive", "simp"), Accepted())
    week.night()  # Saturday
    week.decide(week.offer("positive", "simp"), Rejected("ugly"))
    week.decide(week.offer("positive", "omega"), Overridden("exact Nat.succ_pos n"))
    week.decide(week.offer("self_iff", "exact absurd rfl p"), Accepted())  # Lean refuses it
    private = week.offer("self_iff", "exact Iff.rfl", path=week.private / "Secret.lean")
    week.decide(private, Accepted())
    week.night()  # Sunday
    week.decide(week.offer("self_iff", "constructor", closed=False), Rejected("wrong"))
    week.end()
    return week


class TabledJudge:
    """FAKE audit: `PROVED` is proved, nothing else; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def judge(self, problem: Problem, texts: Sequence[str]) -> list[Audited]:
        self.asked += [(problem.declaration, text) for text in texts]
        known = PROVED.get(problem.declaration, [])
        return [
            Audited("proved") if text in known else Audited("refused", ("Lean: no",))
            for text in texts
        ]
