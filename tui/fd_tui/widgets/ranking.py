"""The candidates of one question as they arrive: ranked, each text once, none lost.

A text is what a candidate is known by, because the ids come only with the final list.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from fd_core.protocol import WireCandidate

from fd_tui.widgets.verdict_words import offerable

_GROUPS = ("closed", "progressed", "failed", "undecided")


class Ranking:
    """What was judged so far, best first; what can't be taken comes last, if at all."""

    def __init__(self) -> None:
        self._by_text: dict[str, WireCandidate] = {}
        self._place: dict[str, int] = {}
        self._all: list[WireCandidate] = []
        self._settled = False
        self._unwanted: frozenset[str] = frozenset()
        self.with_failed = False

    def add(self, candidates: Sequence[WireCandidate]) -> None:
        """Candidates as they are judged; the newest word on a text counts."""
        self._by_text.update((item.text, item) for item in candidates)
        self._rank()

    def settle(self, candidates: Sequence[WireCandidate]) -> None:
        """The final list: its order counts, and its ids. What it leaves out stays, behind."""
        self._settled = True
        self._place = {item.text: place for place, item in enumerate(candidates)}
        self.add(candidates)

    def leave_out(self, texts: Collection[str]) -> None:
        """The user wants none of these here."""
        self._unwanted = frozenset(texts)
        self._rank()

    def rows(self) -> list[WireCandidate]:
        """What is shown."""
        return self._all if self.with_failed else self._all[: self.offered]

    @property
    def offered(self) -> int:
        """How many can be taken."""
        return sum(offerable(item.verdict) for item in self._all)

    def count(self, kind: str) -> int:
        """How many have this verdict."""
        return sum(item.verdict.kind == kind for item in self._all)

    @property
    def is_settled(self) -> bool:
        """Whether the final list has come."""
        return self._settled

    def _rank(self) -> None:
        wanted = (item for text, item in self._by_text.items() if text not in self._unwanted)
        self._all = sorted(wanted, key=self._key)

    def _key(self, item: WireCandidate) -> tuple[int, float, int, float]:
        verdict = item.verdict
        place = self._place.get(item.text, float("inf"))
        return _GROUPS.index(verdict.kind), place, len(verdict.after), verdict.milliseconds
