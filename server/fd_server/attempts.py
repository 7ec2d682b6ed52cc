"""The best attempt at each open goal so far, for the board. In memory: the store has the rest."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from fd_core.lean_source import declaration_at
from fd_core.suggestion import Closed, Progressed

from fd_server.offers import Offer

_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Attempt:
    """A text and what Lean said of it, in words; `left` goals remain."""

    text: str
    verdict: str
    left: int


class Attempts:
    """By file and declaration."""

    def __init__(self) -> None:
        self._best: OrderedDict[tuple[str, str], Attempt] = OrderedDict()

    def offered(self, made: Offer) -> None:
        """An offer is an attempt."""
        suggestion = made.suggestion
        document = suggestion.state.site.document
        found = declaration_at(document.text, document.offset(suggestion.state.position))
        key = (document.uri, found.name if found else "")
        match suggestion.verdict:
            case Closed():
                attempt = Attempt(suggestion.candidate.text, "closed", 0)
            case Progressed(after=after):
                attempt = Attempt(suggestion.candidate.text, "progressed", len(after))
            case _:
                return
        known = self._best.get(key)
        if known is None or attempt.left < known.left:
            self._best[key] = attempt
            if len(self._best) > _KEPT:
                self._best.popitem(last=False)

    def best(self, uri: str, declaration: str) -> Attempt | None:
        """The best attempt, if there was one."""
        return self._best.get((uri, declaration))
