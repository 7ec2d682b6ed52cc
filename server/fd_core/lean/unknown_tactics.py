"""Tactics that a place does not have: once Lean said so, they need not be asked again there.

Models write Mathlib's tactics into files that do not import it. Each is a parse error, which ends
the text it stands in; asking again at every state of a proof would cost an edit each time. What
tactics there are depends on the text above the declaration and on `open` within it.
"""

from __future__ import annotations

import re

from fd_core.suggestion import Failed, Message

from .scratch import Scratch

_HEAD = re.compile(r"[A-Za-z_][\w!?']*")
_OPEN = re.compile(r"(?<![\w.'])open(?![\w'])")
_SAID = "unknown tactic"


class UnknownTactics:
    """Remembers heads of candidates by environment. Only exact words that Lean refused."""

    def __init__(self) -> None:
        self._known: set[tuple[str, str]] = set()

    def learn(self, scratch: Scratch, text: str, verdict: Failed) -> None:
        """Take note if Lean refused the very first word of a candidate as no tactic."""
        place, head = _place(scratch), _HEAD.match(text)
        first = verdict.messages[0] if verdict.messages else None
        if place is None or head is None or first is None or first.text != _SAID:
            return
        if (
            first.where is not None
            and first.where.start.line == 0
            and first.where.start.column <= 1
        ):
            self._known.add((place, head.group()))

    def message(self, scratch: Scratch, text: str) -> Message | None:
        """Lean's words, if this candidate begins with a tactic that the place does not have."""
        head, place = _HEAD.match(text), _place(scratch)
        if head is None or place is None or (place, head.group()) not in self._known:
            return None
        return Message("error", _SAID)


def _place(scratch: Scratch) -> str | None:
    inside = scratch.prefix[scratch.start :]
    return None if _OPEN.search(inside) else scratch.environment("")
