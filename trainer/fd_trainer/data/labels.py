"""From what the user said to rows: only texts that the audit accepts at their place teach anything.

A text is accepted there if it finishes the declaration and the audit says `Proved`; or if the
declaration was finished later, that proof goes through this state with this very text, and *it* is
`Proved`. Undecided is neither: it is counted and left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fd_core.candidate_text import normalise
from fd_core.events import SuggestionOffered
from fd_core.lean.audit_text import label_of
from fd_core.lean_source import declaration_at
from fd_core.proof import ProofSite, ProofState
from fd_core.store.source_texts import Sources

from fd_trainer.config.data import EventWeightsSection
from fd_trainer.data.decisions import Label, StateLabels
from fd_trainer.data.observed import Judge, LeanOf, Observed, stands_in
from fd_trainer.data.places import ReadText, located_site, open_elsewhere, read_text, recorded_site
from fd_trainer.data.split import group_of
from fd_trainer.data.states import asked_state, recorded_state
from fd_trainer.data.targets import Preference, Refusal, Target
from fd_trainer.data.weights import weight_of
from fd_trainer.problem import Problem, ProblemKind


@dataclass(frozen=True, slots=True)
class Labelled:
    """What one state teaches. `problem` is what may be tried there; None if no text can be audited."""

    problem: Problem | None
    targets: tuple[Target, ...] = ()
    preferences: tuple[Preference, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelMaker:
    """Audits what was said, state by state."""

    sources: Sources
    observed: Sequence[Observed]
    lean_of: LeanOf
    judge: Judge
    weights: EventWeightsSection
    kind: ProblemKind
    left_out: Counter[str]
    read: ReadText = read_text

    async def labelled(self, said: StateLabels) -> Labelled | None:
        """What a state teaches; None (and counted) where its place is not found any more."""
        problem = await self._problem(said)
        if problem is None:
            return None
        closed = await self._closed(problem, said)
        accepted = {
            normalise(label.text): label
            for label in said.labels
            if label.wanted and self._is_accepted(problem, label, closed)
        }
        self.left_out["text: not accepted by the audit"] += sum(
            label.wanted and normalise(label.text) not in accepted for label in said.labels
        )
        texts = tuple(sorted(accepted, key=lambda text: -self._weight(accepted[text])))
        problem = replace(problem, references=texts)
        preferences, refusals = self._pairs(problem, said, closed, texts)
        return Labelled(
            replace(problem, kind=self.kind) if not _is_open_elsewhere(problem) else None,
            self._targets(problem, accepted, closed),
            preferences,
            refusals,
        )

    def _weight(self, label: Label) -> float:
        return weight_of(label.kind, self.weights)

    async def _problem(self, said: StateLabels) -> Problem | None:
        offer = said.offer
        state = await self._state(offer)
        if state is None:
            self.left_out["state: its place is not to be found any more"] += 1
            return None
        text = state.site.document.text
        found = declaration_at(text, state.site.document.offset(state.position))
        if found is None:
            self.left_out["state: outside a declaration"] += 1
            return None
        project = Path(offer.project)
        body = found.body_start if found.body_start is not None else found.statement_end
        group = group_of(project.name, found.name, text[found.start : body])
        return Problem(
            state, label_of(text, found), project, "step", "event", group,
            events=said.suggestions,
        )  # fmt: skip

    async def _state(self, offer: SuggestionOffered) -> ProofState | None:
        site = recorded_site(offer, self.sources)
        if site is not None and (state := recorded_state(offer, site)) is not None:
            return state
        place: ProofSite | None = site or located_site(offer, self.read)
        if place is None:
            return None
        return await asked_state(self.lean_of(Path(offer.project)), place, offer.goals)

    async def _closed(self, problem: Problem, said: StateLabels) -> frozenset[str]:
        """Normalised texts with which the declaration is finished and `Proved`."""
        if _is_open_elsewhere(problem):
            return frozenset()
        texts = [label.text for label in said.labels]
        texts += [label.passed_over for label in said.labels if label.passed_over]
        words = await self.judge.judge(problem, texts)
        self.left_out["text: undecided by the audit"] += sum(
            word.outcome == "undecided" for word in words
        )
        pairs = zip(texts, words, strict=True)
        return frozenset(normalise(text) for text, word in pairs if word.outcome == "proved")

    def _is_accepted(self, problem: Problem, label: Label, closed: frozenset[str]) -> bool:
        if normalise(label.text) in closed:
            return True
        site = problem.state.site
        return any(
            one.problem.group == problem.group and stands_in(site, label.text, one.words)
            for one in self.observed
        )

    def _targets(
        self, problem: Problem, accepted: dict[str, Label], closed: frozenset[str]
    ) -> tuple[Target, ...]:
        """A step each; and, where whole proofs are sampled, a proof, if it is one."""
        found = []
        for text, label in accepted.items():
            events = (label.offer.suggestion_id,)
            target = Target(problem, text, self._weight(label), label.kind, events)
            found.append(target)
            if self.kind == "proof" and text in closed:
                found.append(replace(target, problem=replace(problem, kind="proof")))
        return tuple(found)

    def _pairs(
        self, problem: Problem, said: StateLabels, closed: frozenset[str], texts: tuple[str, ...]
    ) -> tuple[tuple[Preference, ...], tuple[Refusal, ...]]:
        preferences: list[Preference] = []
        refusals: list[Refusal] = []
        for label in said.labels:
            refused = normalise(label.passed_over if label.wanted else label.text)
            weight = self.weights.overridden_preferred if label.wanted else self._weight(label)
            if not refused or refused not in closed or refused in texts or not weight:
                continue
            refusal = Refusal(problem, refused, weight, (label.offer.suggestion_id,))
            own = (normalise(label.text),) if label.wanted else texts
            pairs = refusal.paired([text for text in own if text in texts])
            preferences += pairs
            if not pairs and not label.wanted:
                # As attempts at this state are made tonight, so that they can be paired with it.
                refusals.append(replace(refusal, problem=replace(problem, kind=self.kind)))
        return tuple(preferences), tuple(refusals)


def _is_open_elsewhere(problem: Problem) -> bool:
    site = problem.state.site
    found = declaration_at(site.document.text, site.document.offset(site.range.start))
    return found is not None and open_elsewhere(site, found)
