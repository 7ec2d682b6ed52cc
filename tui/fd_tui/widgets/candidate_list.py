"""Candidates at a goal as Lean judges them. The cursor stays on its text, whatever arrives.

Shows and tells what the user wants; asks nobody, takes nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from fd_core.protocol import WireCandidate
from textual.binding import Binding, BindingType
from textual.message import Message

from fd_tui.widgets.candidate_row import WITH_LOGPROB, detail, row
from fd_tui.widgets.pieces import Line, Piece, apart, clipped, width
from fd_tui.widgets.ranking import Ranking
from fd_tui.widgets.rows import Rows
from fd_tui.widgets.verdict_words import offerable


class CandidateList(Rows):
    """Ranked candidates: closed, progressed; failed and undecided only when asked for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "accept", "Accept", id="candidate.accept"),
        Binding("e", "edit", "Edit", id="candidate.edit"),
        Binding("x", "reject", "Reject", id="candidate.reject"),
        Binding("w", "why", "Why?", id="candidate.explain"),
        Binding("f", "toggle_failed", "Failed", id="candidate.failed"),
    ]

    class Told(Message):
        """Something about one candidate."""

        def __init__(self, candidates: CandidateList, candidate: WireCandidate) -> None:
            super().__init__()
            self.candidates = candidates
            self.candidate = candidate

        @property
        def control(self) -> CandidateList:
            """Whose it is."""
            return self.candidates

    class Highlighted(Told):
        """The cursor stands on it (or on a newer word about it: now with its id)."""

    class Accepted(Told):
        """The user takes it. Only of what closes or progresses."""

    class Rejected(Told):
        """The user wants it not to be offered. Only of what closes or progresses."""

    class EditAsked(Told):
        """The user wants to change its text first."""

    class WhyAsked(Told):
        """The user asks why it was made, or why it fails."""

    HEAD = 1
    FOOT = 1

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._ranking = Ranking()
        self._rows: list[WireCandidate] = []
        self._progress = (0, 0)
        self._is_asking = False

    def begin(self) -> None:
        """A new question: nothing is known yet."""
        with_failed = self._ranking.with_failed
        self._ranking = Ranking()
        self._ranking.with_failed = with_failed
        self._progress, self._is_asking = (0, 0), True
        self._arrange(None)
        self.scroll_to_line(0)

    def clear(self) -> None:
        """Nothing was asked, and nothing is known."""
        self.begin()
        self._is_asking = False
        self.refresh()

    def add(self, candidates: Sequence[WireCandidate]) -> None:
        """Candidates as they are judged."""
        before = self.highlighted
        self._ranking.add(candidates)
        self._arrange(before)
        self._offer_first(only_closed=True)

    def settle(self, candidates: Sequence[WireCandidate]) -> None:
        """The final list, ranked, with ids; nothing more is coming."""
        before = self.highlighted
        self._is_asking = False
        self._ranking.settle(candidates)
        self._arrange(before)
        self._offer_first(only_closed=False)

    def leave_out(self, texts: Collection[str]) -> None:
        """The user wants none of these here: they go, and do not come back."""
        before = self.highlighted
        self._ranking.leave_out(texts)
        self._arrange(before)

    def progress(self, judged: int, sampled: int) -> None:
        """So many are judged of so many sampled."""
        self._progress = (judged, sampled)
        self.refresh()

    @property
    def highlighted(self) -> WireCandidate | None:
        """The candidate under the cursor."""
        return self._rows[self.cursor] if self.cursor is not None else None

    @property
    def candidates(self) -> Sequence[WireCandidate]:
        """What is shown, best first."""
        return self._rows

    def row_at(self, index: int, cells: int) -> Line:
        """One candidate."""
        return row(self._rows[index], cells)

    def head_at(self, index: int, cells: int) -> Line:
        """How far it is, and what is hidden."""
        so_far, left_out = self._so_far(), self._left_out()
        fits = width((so_far, *left_out)) < cells
        return apart([so_far], left_out if fits else [], cells)

    def foot_at(self, index: int, cells: int) -> Line:
        """What the row under the cursor has no room for."""
        candidate = self.highlighted
        if candidate is None or (cells > WITH_LOGPROB and offerable(candidate.verdict)):
            return ()
        return clipped(detail(candidate, cells), cells)

    def moved(self) -> None:
        """The cursor stands on another candidate."""
        super().moved()
        self.refresh_line(self.scroll_offset.y + self.size.height - 1)
        if self.highlighted is not None:
            self.post_message(self.Highlighted(self, self.highlighted))

    def chosen_by_mouse(self) -> None:
        """A double click takes it."""
        self.action_accept()

    def action_accept(self) -> None:
        """Take the one under the cursor, if Lean let it pass."""
        self._tell(self.Accepted, only_offerable=True)

    def action_reject(self) -> None:
        """Not this one."""
        self._tell(self.Rejected, only_offerable=True)

    def action_edit(self) -> None:
        """Change its text first."""
        self._tell(self.EditAsked)

    def action_why(self) -> None:
        """Why was it made? Why does it fail?"""
        self._tell(self.WhyAsked)

    def action_toggle_failed(self) -> None:
        """Show what failed and what was left undecided, or hide it."""
        before = self.highlighted
        self._ranking.with_failed = not self._ranking.with_failed
        self._arrange(before)

    def _tell(self, message: type[Told], *, only_offerable: bool = False) -> None:
        candidate = self.highlighted
        if candidate is None:
            return
        if only_offerable and not offerable(candidate.verdict):
            self.app.bell()
            return
        self.post_message(message(self, candidate))

    def _so_far(self) -> Piece:
        judged, sampled = self._progress
        if self._is_asking:
            return Piece(f" … judging {judged}/{sampled}" if sampled else " … asking", "accent")
        if offered := self._ranking.offered:
            return Piece(f" {offered} can be taken", "muted")
        return Piece(" nothing found" if self._ranking.is_settled else "", "muted")

    def _left_out(self) -> list[Piece]:
        counts = [(self._ranking.count(kind), kind) for kind in ("failed", "undecided")]
        words = ", ".join(f"{count} {kind}" for count, kind in counts if count)
        hidden = "" if self._ranking.with_failed else " (hidden)"
        return [Piece(f"{words}{hidden} ", "faint")] if words else []

    def _offer_first(self, *, only_closed: bool) -> None:
        """Stand on the best one, as long as the user stands nowhere."""
        if self.cursor is None and self._rows:
            first = self._rows[0].verdict
            if first.kind == "closed" or (not only_closed and offerable(first)):
                self.move_to(0)

    def _arrange(self, before: WireCandidate | None) -> None:
        """New rows; the cursor's text keeps the cursor, and its line on the screen if it can."""
        line = self.cursor - self.scroll_offset.y if self.cursor is not None else 0
        self._rows = list(self._ranking.rows())
        index = next(
            (n for n, c in enumerate(self._rows) if before and c.text == before.text), None
        )
        self.put_cursor(index, seen=False)
        self.resize_to(len(self._rows))
        if index is not None:
            self.scroll_to_line(index - line)
            self.show_index(index)
            if self._rows[index] != before:
                self.post_message(self.Highlighted(self, self._rows[index]))
