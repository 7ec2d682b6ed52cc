"""The sorry board's rows as they are kept: what is shown of them, in which order. Pure."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal
from urllib.parse import unquote, urlparse

from fd_core.protocol import BoardRow, ProveResult

Sorting = Literal["place", "age", "declaration", "verdict"]
SORTINGS: tuple[Sorting, ...] = ("place", "age", "declaration", "verdict")
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of trying a row here: the words for it, and the proof if there is one."""

    verdict: str
    proof: str = ""
    is_under_way: bool = False


TRYING = Attempt("trying …", is_under_way=True)


@dataclass
class BoardRows:
    """All rows, what was tried, and the user's wishes for what is shown."""

    all: tuple[BoardRow, ...] = ()
    attempts: dict[Key, Attempt] = field(default_factory=dict)
    needle: str = ""
    sorting: Sorting = "place"

    def take(self, rows: Sequence[BoardRow]) -> None:
        """All rows anew. A goal that was asked for stays as long as its file does."""
        known = {(key_of(row), row.since): row.goal for row in self.all}
        self.all = tuple(
            row
            if row.goal
            else row.model_copy(update={"goal": known.get((key_of(row), row.since), "")})
            for row in rows
        )

    def shown(self) -> tuple[BoardRow, ...]:
        """The rows that hold every word of the needle, sorted."""
        return tuple(sorted(filter(self._keeps, self.all), key=self._rank))

    def sort_next(self) -> Sorting:
        """Sort by the next thing."""
        self.sorting = SORTINGS[(SORTINGS.index(self.sorting) + 1) % len(SORTINGS)]
        return self.sorting

    def attempt(self, row: BoardRow) -> Attempt:
        """What was last tried, here or as the server remembers."""
        return self.attempts.get(key_of(row)) or Attempt(row.verdict, row.best_attempt)

    def stop(self) -> None:
        """Nothing is being tried any more."""
        self.attempts = {k: a for k, a in self.attempts.items() if not a.is_under_way}

    def queue(self, queued: Collection[tuple[str, str]]) -> None:
        """Which declarations (uri, name) wait for the night."""
        self.all = tuple(
            row.model_copy(update={"queued": (row.uri, row.declaration) in queued})
            for row in self.all
        )

    def summary(self, shown: Sequence[BoardRow]) -> str:
        """How many of what, in one line."""
        if not self.all:
            return "Nothing is open in this project."
        failing = sum(row.kind == "failing" for row in self.all)
        counts = [
            (len(self.all) - failing, "sorry"), (failing, "failing"),
            (sum(self.attempt(row).verdict == "proved" for row in self.all), "proved here"),
            (sum(row.queued for row in self.all), "for tonight"),
        ]  # fmt: skip
        words = [f"{count} {word}" for count, word in counts if count]
        files = len({row.uri for row in self.all})
        words.append(f"in {files} file{'s' * (files != 1)}")
        if len(shown) != len(self.all):
            words.insert(0, f"{len(shown)} shown")
        return " · ".join(words)

    def _keeps(self, row: BoardRow) -> bool:
        words = (row.declaration, file_of(row), row.goal, self.attempt(row).verdict, row.kind)
        text = " ".join(words).casefold()
        return all(word in text for word in self.needle.casefold().split())

    def _rank(self, row: BoardRow) -> tuple[str | float, ...]:
        """Never compares a number with a word: one sorting ranks all rows by the same things."""
        place = (row.uri, row.range.start.line)
        match self.sorting:
            case "age":
                return (row.since or 0.0, *place)
            case "declaration":
                return (row.declaration, *place)
            case "verdict":
                return (self.attempt(row).verdict, *place)
            case "place":
                return place


def key_of(row: BoardRow) -> Key:
    """Names a row across readings."""
    return row.uri, row.declaration, row.range.start.line


def file_of(row: BoardRow) -> str:
    """The file's name."""
    return PurePath(unquote(urlparse(row.uri).path)).name


def age_of(row: BoardRow, now: float | None = None) -> str:
    """How long its file has stood as it is."""
    if row.since is None:
        return ""
    seconds = max(0.0, (now if now is not None else time.time()) - row.since)
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return "now"


def outcome(found: ProveResult) -> Attempt:
    """A search's result. Only what the audit let pass is called proved."""
    if found.audit is not None and found.audit.kind == "proved":
        return Attempt("proved", found.proof)
    if found.found:
        return Attempt("not proved", found.proof)
    return Attempt(found.reason or "nothing found")
