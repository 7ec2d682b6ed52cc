"""Everything a night learns from, collected: problems in order, targets, preferences, and what was
left out and why. Owns no process: Lean, audit and files are handed in."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fd_core.candidate_text import normalise
from fd_core.events import Event
from fd_core.lean_source import declaration_at
from fd_core.runs import QueuedGoal
from fd_core.store.recorder import RecordingPolicy

from fd_trainer.config.data import DataSection
from fd_trainer.data import curriculum, frozen, jsonl
from fd_trainer.data.decisions import by_state
from fd_trainer.data.flags import Flag
from fd_trainer.data.labels import LabelMaker
from fd_trainer.data.observed import Judge, LeanOf, Observed, observed_proofs
from fd_trainer.data.places import ReadText, read_text
from fd_trainer.data.records import Records, sorted_records
from fd_trainer.data.sorries import Place, open_places, queued_place
from fd_trainer.data.split import Declared, sides, statement_digest
from fd_trainer.data.states import asked_state
from fd_trainer.data.targets import Preference, Refusal, Target, TargetKind
from fd_trainer.data.weights import capped
from fd_trainer.problem import Part, Problem, ProblemKind

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Collected:
    """What there is to learn from. Rows are of training declarations only; problems are of both
    sides, in the order in which they should be tried."""

    problems: tuple[Problem, ...] = ()
    targets: tuple[Target, ...] = ()
    preferences: tuple[Preference, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()
    """Statements that are no fair problem (`fd_trainer.data.suspects`)."""

    def of(self, part: Part) -> tuple[Problem, ...]:
        """Problems of one side, the frozen suite apart."""
        return tuple(p for p in self.problems if p.part == part and p.source != "frozen")

    @property
    def frozen(self) -> tuple[Problem, ...]:
        """The suite that never changes."""
        return tuple(p for p in self.problems if p.source == "frozen")


@dataclass(slots=True)
class _Found:
    problems: dict[str, Problem] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    preferences: list[Preference] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    fixed: dict[str, Part] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    own: int = 0
    """Problems other than the frozen suite's."""

    def add(self, problem: Problem) -> None:
        """One problem per id: references and events of the same add up."""
        known = self.problems.get(problem.id)
        if known is None:
            self.own += problem.source != "frozen"
        else:
            self.left_out["problem: the same as another"] += 1
            references = dict.fromkeys([*known.references, *problem.references])
            events = dict.fromkeys([*known.events, *problem.events])
            problem = replace(known, references=tuple(references), events=tuple(events))
        self.problems[problem.id] = problem


@dataclass(frozen=True, slots=True)
class Collector:
    """Collects by the settings. `home` judges what belongs to no project (datasets, frozen suite);
    `excluded` are the settings' folders, beside those of the data section."""

    settings: DataSection
    lean_of: LeanOf
    judge: Judge
    home: Path
    excluded: Sequence[str] = ()
    say: Say = lambda _: None
    read: ReadText = read_text

    async def collect(
        self, events: Iterable[Event] = (), queue: Sequence[QueuedGoal] = ()
    ) -> Collected:
        """All of it. Raises DatasetError for a dataset that can't be read."""
        policy = RecordingPolicy("yes", (*self.excluded, *self.settings.excluded))
        records = sorted_records(events if self.settings.decisions else (), policy)
        found = _Found(left_out=records.left_out)
        await self._places(self._queued(queue, policy, found), found)
        if self.settings.decisions:
            await self._decided(records, found)
        await self._places(self._open(records, policy), found)
        await self._places(self._given(found), found)
        return self._finished(found)

    @property
    def _kind(self) -> ProblemKind:
        return "step" if self.settings.rollouts == "step" else "proof"

    async def _decided(self, records: Records, found: _Found) -> None:
        self.say(f"records: {len(records.suggestions)} suggestions, {len(records.proofs)} proofs")
        observed = await observed_proofs(
            records.proofs, records.sources, self.lean_of, self.judge, found.left_out, self.read
        )
        self._add_observed(observed, found)
        states, silent = by_state(records.suggestions)
        found.left_out.update({f"suggestion: {why}": n for why, n in silent.items()})
        weights = self.settings.weights
        maker = LabelMaker(
            records.sources, observed, self.lean_of, self.judge, weights, self._kind,
            found.left_out, self.read,
        )  # fmt: skip
        for said in states:
            labelled = await maker.labelled(said)
            if labelled is None:
                continue
            if labelled.problem is not None:
                found.add(labelled.problem)
            found.targets += labelled.targets
            found.preferences += labelled.preferences
            found.refusals += labelled.refusals

    def _add_observed(self, observed: Sequence[Observed], found: _Found) -> None:
        for one in observed:
            found.add(one.problem)
            weight = self.settings.weights.observed
            found.targets.append(Target(one.problem, one.text, weight, "observed"))

    def _queued(
        self, queue: Sequence[QueuedGoal], policy: RecordingPolicy, found: _Found
    ) -> Iterator[Place]:
        for goal in queue if self.settings.queue else ():
            place = queued_place(goal, policy, self.read)
            if place is None:
                found.left_out["queued goal: gone from its file, or excluded"] += 1
            else:
                yield place

    def _open(self, records: Records, policy: RecordingPolicy) -> Iterator[Place]:
        if not self.settings.sorries:
            return
        for project in self.settings.projects or records.projects:
            yield from open_places(project, policy, self.read)

    def _given(self, found: _Found) -> Iterator[Place]:
        first = next(iter(self.settings.projects), self.home)
        for section in self.settings.datasets:
            dataset = jsonl.read_dataset(section)
            found.left_out["dataset: a duplicate"] += dataset.duplicates
            self.say(f"{section.path}: {len(dataset.statements)} statements")
            places = jsonl.places(section, dataset, section.project or first)
            for place in _chosen(places, self.settings.problems, self.settings.seed):
                yield place if section.proofs else replace(place, reference="")
        if self.settings.frozen:
            yield from (replace(p, reference="") for p in frozen.frozen_places(self.home))

    async def _places(self, places: Iterable[Place], found: _Found) -> None:
        for place in places:
            if place.source not in ("queue", "frozen") and found.own >= self.settings.problems:
                found.left_out["problem: more than data.problems"] += 1
                continue
            state = await asked_state(self.lean_of(place.project), place.site)
            if state is None:
                found.left_out[f"{place.source}: Lean finds no goal there"] += 1
                continue
            problem = Problem(
                state, place.declaration, place.project, self._kind, place.source, place.group
            )
            if place.fixed is not None:
                found.fixed[place.group] = place.fixed
            found.add(await self._with_reference(problem, place, found))

    async def _with_reference(self, problem: Problem, place: Place, found: _Found) -> Problem:
        """A dataset's own proof, if the audit accepts it, is a target and a reference."""
        text = normalise(place.reference)
        if not text:
            return problem
        (word,) = await self.judge.judge(problem, [text])
        if word.outcome != "proved":
            found.left_out[f"dataset: proof {word.outcome} by the audit"] += 1
            return problem
        problem = replace(problem, references=(text,))
        kind: TargetKind = "dataset"
        found.targets.append(Target(problem, text, self.settings.weights.dataset, kind))
        return problem

    def _finished(self, found: _Found) -> Collected:
        """Split by declaration; rows of held-out declarations teach nothing."""
        rows: list[Target | Preference | Refusal]
        rows = [*found.targets, *found.preferences, *found.refusals]
        everything = [*found.problems.values(), *(row.problem for row in rows)]
        declared = [Declared(p.group, _statement(p), found.fixed.get(p.group)) for p in everything]
        side = sides(declared, self.settings.held_out, self.settings.seed)
        problems = [replace(p, part=side[p.group]) for p in found.problems.values()]
        train = {group for group, part in side.items() if part == "train"}
        kept = [row for row in rows if row.problem.group in train]
        if held := len(rows) - len(kept):
            found.left_out["row: of a held-out declaration"] += held
        targets, preferences = capped(
            [row for row in kept if isinstance(row, Target)],
            [row for row in kept if isinstance(row, Preference)],
            self.settings.weights.per_declaration,
        )
        return Collected(
            tuple(curriculum.ordered(problems)), targets, preferences,
            tuple(row for row in kept if isinstance(row, Refusal)),
            dict(+found.left_out),
        )  # fmt: skip


def _statement(problem: Problem) -> str:
    document = problem.state.site.document
    found = declaration_at(document.text, document.offset(problem.state.position))
    if found is None:
        return problem.state.digest
    body = found.body_start if found.body_start is not None else found.statement_end
    return statement_digest(document.text[found.start : body])


def _chosen(places: Iterable[Place], most: int, seed: int) -> list[Place]:
    """At most so many of a dataset, the same ones every night."""
    found = list(places)
    if len(found) <= most:
        return found
    key = f"{seed}\x00".encode()
    found.sort(key=lambda p: hashlib.sha256(key + p.statement.encode("utf-8", "replace")).digest())
    return found[:most]
