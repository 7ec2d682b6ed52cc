"""What is typed and pasted as it may enter a tactic: one kind of line end, nothing that can't be seen."""

from __future__ import annotations

import re

_LINE_END = re.compile("\r\n|[\r\u2028\u2029\x85\x0b\x0c]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
_TAB = "  "


def entered(text: str) -> str:
    """LF, blanks for tabs, no control characters and none that turn the direction of writing."""
    return _INVISIBLE.sub("", _LINE_END.sub("\n", text).replace("\t", _TAB))


class EntryHistory:
    """What was entered before, gone through from the newest; what is being typed is kept meanwhile."""

    def __init__(self, most: int = 200) -> None:
        self._most = most
        self._entries: list[str] = []
        self._at = 0
        self._draft = ""

    def add(self, text: str) -> None:
        """Remember a text; each stands once, where it was entered last."""
        others = [entry for entry in self._entries if entry != text]
        self._entries = [*others[max(len(others) + 1 - self._most, 0) :], text]
        self._at, self._draft = len(self._entries), ""

    def older(self, now: str) -> str | None:
        """The one before, None if there is none; `now` is what stands in the field."""
        if self._at == 0:
            return None
        if self._at == len(self._entries):
            self._draft = now
        self._at -= 1
        return self._entries[self._at]

    def newer(self) -> str | None:
        """The one after, and in the end what was being typed."""
        if self._at == len(self._entries):
            return None
        self._at += 1
        return self._draft if self._at == len(self._entries) else self._entries[self._at]
