"""The phases of a night in one line: done, under way, stopped in, to come. Marks carry the meaning."""

from __future__ import annotations

from collections.abc import Sequence

from textual.strip import Strip

from fd_tui.nights.run import PhaseMark
from fd_tui.widgets.line_view import LineView
from fd_tui.widgets.pieces import Line, Piece, Role, clipped, width

MARKS: dict[str, tuple[str, Role]] = {
    "done": ("✓", "good"),
    "now": ("▶", "accent"),
    "stopped": ("✗", "bad"),
    "to come": ("·", "faint"),
}


def phase_line(phases: Sequence[PhaseMark], progress: str, cells: int) -> Line:
    """As long as fits: whole names, then short ones, then marks and the name that matters."""
    for letters in (20, 4, 0):
        line = [piece for mark in phases for piece in _phase(mark, progress, letters)]
        if width(line) + 1 <= cells:
            return (Piece(" "), *line)
    return clipped(line, cells)


def _phase(mark: PhaseMark, progress: str, letters: int) -> list[Piece]:
    sign, role = MARKS[mark.mark]
    current = mark.mark in ("now", "stopped")
    said = f" {progress}" if current and progress else ""
    if current:
        return [Piece(f"{sign} {mark.phase}{said} ", role)]
    if not letters:
        return [Piece(sign, role)]
    name = mark.phase[:letters]
    return [Piece(sign, role), Piece(f"{name} ", "faint" if mark.mark == "to come" else "muted")]


class PhaseLine(LineView, can_focus=False):
    """One line high."""

    DEFAULT_CSS = """
    PhaseLine { height: 1; overflow: hidden; background: $panel; }
    """

    _phases: tuple[PhaseMark, ...] = ()
    _progress = ""

    def show(self, phases: tuple[PhaseMark, ...], progress: str) -> None:
        """These phases; `progress` is said beside the one that is under way."""
        if (phases, progress) != (self._phases, self._progress):
            self._phases, self._progress = phases, progress
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        cells = self.size.width
        return self.drawn(phase_line(self._phases, self._progress, cells), cells)
