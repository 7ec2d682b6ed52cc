"""An instant memory of what the user accepted lately: the same state, the same goal up to names,
or a goal that looks like it.

No weights: yesterday's work helps today, before any night has passed. Reads events that it is
given; nothing is remembered that was itself a search (`exact?`), nor what nobody accepted. Reading
and comparing are done in a thread of their own: a store of months takes seconds to read at first.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from sys import intern

from fd_core.events import Accepted, Event, Overridden, SuggestionOffered, SuggestionResolved
from fd_core.policy.admission import admit
from fd_core.policy.shape import words_in
from fd_core.ports import EventStore, SampleRequest
from fd_core.proof import ProofState
from fd_core.suggestion import Candidate, Origin, PolicyVersion

VERSION = PolicyVersion("memory-1")
_TOKEN = re.compile(r"[^\W\d][\w'!?✝]*(?:\.[^\W\d][\w'!?]*)*|\d+|[^\s\w]")
_LIKE = 0.45
_NEAREST = 4
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class Remembered:
    """A tactic that the user made their own at a goal. `at` in seconds since 1970."""

    digest: str
    goal: str
    text: str
    at: float


class Recollection:
    """What the event store says was accepted, newest first, read on as it grows."""

    def __init__(self, store: EventStore, *, most: int = _MOST, project: str | None = None) -> None:
        self._store, self._most, self._project = store, most, project
        self._purges: int | None = None
        self._forget()

    def _forget(self) -> None:
        self._sequence = 0
        self._offered: OrderedDict[str, SuggestionOffered] = OrderedDict()
        self._kept: list[Remembered] = []

    def __call__(self) -> Sequence[Remembered]:
        """Everything remembered by now; nothing that was deleted for good."""
        if (purges := self._store.purges()) != self._purges:
            self._purges = purges
            self._forget()
        for sequence, event in self._store.since(self._sequence):
            self._sequence = sequence
            self._take(event)
        del self._kept[: -self._most]
        return self._kept[::-1]

    def _take(self, event: Event) -> None:
        if isinstance(event, SuggestionOffered):
            if self._project in (None, event.project):
                self._offered[event.suggestion_id] = event
                if len(self._offered) > 4 * self._most:
                    self._offered.popitem(last=False)
        elif isinstance(event, SuggestionResolved):
            offered = self._offered.get(event.suggestion_id)
            text = _made_own(event, offered) if offered else None
            if offered and text and (clean := admit(text)):
                goal = offered.goals[0] if offered.goals else ""
                self._kept.append(Remembered(offered.state_digest, goal, clean, event.at))


def _made_own(event: SuggestionResolved, offered: SuggestionOffered) -> str | None:
    match event.decision:
        case Accepted(partial=False):
            return offered.candidate
        case Overridden(text=text):
            return text
        case _:
            return None


def recalled(state: ProofState, memories: Iterable[Remembered]) -> list[tuple[str, str]]:
    """(text, how it is known) for a state, each text once: same state, same goal up to names, alike.

    `memories` come newest first, and stay so among those that are known equally well.
    """
    if not state.goals:
        return []
    here = _understood(str(state.goals[0]))
    known: dict[str, list[str]] = {"same state": [], "same goal": []}
    alike: list[tuple[float, str]] = []
    for memory in memories:
        if memory.digest == state.digest:
            known["same state"].append(memory.text)
        elif (there := _understood(memory.goal)).abstract == here.abstract:
            known["same goal"].append(_renamed(memory.text, there.names, here.names))
        elif (likeness := _likeness(here.features, there.features)) >= _LIKE:
            alike.append((likeness, memory.text))
    alike.sort(key=lambda pair: -pair[0])
    known["similar goal"] = list(dict.fromkeys(text for _, text in alike))[:_NEAREST]
    surest: dict[str, str] = {}
    for how, texts in known.items():
        for text in texts:
            surest.setdefault(text, how)
    return list(surest.items())


@dataclass(frozen=True, slots=True)
class _Understood:
    """What is compared of a goal: its local names, its shape without them, what it speaks of."""

    names: tuple[str, ...]
    abstract: tuple[str, ...]
    features: frozenset[str]


@lru_cache(maxsize=_MOST + 500)  # all that is remembered, and the goals that are asked about
def _understood(goal: str) -> _Understood:
    names = tuple(_locals(goal))
    return _Understood(names, _abstract(goal, names), _features(goal, frozenset(names)))


def _locals(goal: str) -> list[str]:
    """Names of the local context in order, from a goal's text."""
    names: list[str] = []
    for line in goal.split("\n"):
        if line.startswith(("⊢", "case ")):
            continue
        head, mark, _ = line.partition(" : ")
        if mark and not line.startswith(" "):
            names.extend(head.split())
    return names


def _abstract(goal: str, names: Sequence[str]) -> tuple[str, ...]:
    """The goal's tokens with local names numbered: equal for goals that differ in names only."""
    number = {name: f"#{index}" for index, name in enumerate(names)}
    return tuple(intern(number.get(token, token)) for token in _TOKEN.findall(goal))


def _renamed(text: str, there: Sequence[str], here: Sequence[str]) -> str:
    """The remembered text in the names of this goal."""
    names = {old: new for old, new in zip(there, here, strict=False) if old != new}
    if not names:
        return text
    pattern = re.compile(rf"(?<![\w.'])(?:{'|'.join(map(re.escape, names))})(?![\w'])")
    return pattern.sub(lambda found: names[found.group()], text)


def _features(goal: str, own: frozenset[str]) -> frozenset[str]:
    """What a goal speaks of, its own local names apart; the target's words count twice."""
    _, _, target = goal.partition("⊢")
    spoken = {intern(token) for token in _TOKEN.findall(goal) if token not in own}
    return frozenset(spoken | {intern(f"⊢{token}") for token in words_in(target) - own})


def _likeness(left: frozenset[str], right: frozenset[str]) -> float:
    few, many = sorted((len(left), len(right)))
    if few < _LIKE * many or not few:
        return 0.0  # not even if one were part of the other: most memories end here
    shared = len(left & right)
    return shared / (few + many - shared)


class Memory:
    """The memory as a Policy."""

    def __init__(self, recollection: Callable[[], Sequence[Remembered]]) -> None:
        self._recollection = recollection
        self._reader = ThreadPoolExecutor(1, thread_name_prefix="fd-memory")

    @property
    def version(self) -> PolicyVersion:
        """The version of the rule of likeness."""
        return VERSION

    async def sample(self, request: SampleRequest) -> AsyncGenerator[Candidate, None]:
        """What is recalled at the state, surest first."""
        loop = asyncio.get_running_loop()
        for text, how in await loop.run_in_executor(self._reader, self._recalled, request.state):
            if text != request.failed and (clean := admit(text)):
                yield Candidate(clean, Origin("memory", how, VERSION))

    def _recalled(self, state: ProofState) -> list[tuple[str, str]]:
        return recalled(state, self._recollection())
