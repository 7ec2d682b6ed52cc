"""Typing with abbreviations, letter by letter: what a keystroke does to the text at the cursor.

A state machine that knows no editor: the leader and what follows stand in the text as typed until
they are replaced, as in vscode-lean4.
"""

from __future__ import annotations

from dataclasses import dataclass

from fd_tui.abbreviations.table import CURSOR, LEADER, Table, lean_table


@dataclass(frozen=True, slots=True)
class Keystroke:
    """Take out `delete` letters before the cursor, then put `before` there and `after` behind it."""

    delete: int
    before: str
    after: str = ""


class Typing:
    """One cursor's typing."""

    def __init__(self, table: Table | None = None) -> None:
        self._table = table if table is not None else lean_table()
        self._pending: str | None = None

    @property
    def pending(self) -> str | None:
        """What was typed behind the leader, while an abbreviation is being typed."""
        return self._pending

    @property
    def symbol(self) -> str | None:
        """What `finish` would put in the place of the pending abbreviation."""
        found = self._table.replacement(self._pending) if self._pending else None
        return found.replace(CURSOR, "") if found is not None else None

    def type(self, letter: str) -> Keystroke:
        """A letter is typed: what is to be done instead of inserting it."""
        pending = self._pending
        if pending is None:
            return self._begin(letter)
        if not self._table.begins_any(pending + letter):
            return self._end_before(letter)
        self._pending = pending + letter
        if not self._table.is_unique_and_complete(self._pending):
            return Keystroke(0, letter)
        done = self.finish()
        assert done is not None
        # The letter itself is not in the text yet.
        return Keystroke(done.delete - len(letter), done.before, done.after)

    def finish(self) -> Keystroke | None:
        """Tab, or the cursor goes elsewhere: replace what is pending; None if nothing stands for it."""
        pending, self._pending = self._pending, None
        if not pending or (found := self._table.replacement(pending)) is None:
            return None
        before, _, after = found.partition(CURSOR)
        return Keystroke(len(pending) + len(LEADER), before, after)

    def erase(self) -> None:
        """The letter before the cursor was taken out."""
        if self._pending is not None:
            self._pending = self._pending[:-1] if self._pending else None

    def drop(self) -> None:
        """Leave what was typed as it is."""
        self._pending = None

    def _begin(self, letter: str) -> Keystroke:
        self._pending = "" if letter == LEADER else None
        return Keystroke(0, letter)

    def _end_before(self, letter: str) -> Keystroke:
        """The letter belongs to no abbreviation any more; the cursor goes behind it."""
        ended = self.finish()
        typed = self._begin(letter)
        if ended is None:
            return typed
        return Keystroke(ended.delete, ended.before + ended.after + typed.before)


def rewritten(text: str, table: Table | None = None) -> str:
    """What is on the screen after a text was typed letter by letter."""
    typing = Typing(table)
    before, after = "", ""
    for letter in text:
        done = typing.type(letter)
        before = before[: len(before) - done.delete] + done.before
        after = done.after + after
    return before + after
