"""A scrolling view that draws lines of pieces: only those that are seen, when they are seen.

Owns how each role looks, in every theme, and sticky lines above and below what scrolls.
"""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from fd_tui.widgets.pieces import Line, Role
from fd_tui.widgets.printable import cut

ROLES: tuple[Role, ...] = (
    "strong", "muted", "faint", "good", "attention", "bad", "accent",
    "name", "keyword", "sort", "string", "comment", "number", "symbol", "preview",
)  # fmt: skip


class LineView(ScrollView):
    """Draws `line_at(index, cells)` for the visible indices. Subclasses say what those lines are."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "line--cursor", "line--marked", *(f"line--{role}" for role in ROLES),
    }  # fmt: skip

    DEFAULT_CSS = """
    LineView {
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-gutter: stable;
        background: $surface;
        color: $foreground;
        & > .line--strong { text-style: bold; }
        & > .line--muted { color: $text-muted; }
        & > .line--faint { color: auto 50%; }
        & > .line--good { color: $text-success; }
        & > .line--attention { color: $text-warning; }
        & > .line--bad { color: $text-error; }
        & > .line--accent { color: $text-primary; text-style: bold; }
        & > .line--name { color: $text-primary; }
        & > .line--keyword { color: $text-primary; text-style: bold; }
        & > .line--sort { color: $text-secondary; }
        & > .line--string { color: $text-success; }
        & > .line--comment { color: $text-muted; text-style: italic; }
        & > .line--number { color: $text-secondary; }
        & > .line--symbol { color: $text-secondary; }
        & > .line--preview { color: $text-accent; }
        & > .line--marked { background: $foreground 5%; }
        & > .line--cursor { background: $foreground 8%; }
        &:focus > .line--cursor { background: $primary 30%; }
        &:ansi > .line--accent { color: $secondary; }
        &:ansi > .line--name { color: $secondary; }
        &:ansi > .line--muted { text-style: dim; }
        &:ansi > .line--faint { color: ansi_default; text-style: dim; }
        &:ansi > .line--comment { text-style: dim italic; }
        &:ansi > .line--cursor { text-style: none; }
        &:ansi:focus > .line--cursor { text-style: bold; background: ansi_default; }
        &:nocolor:focus > .line--cursor { text-style: bold; }
    }
    """

    HEAD: ClassVar[int] = 0
    """Lines above that do not scroll, where there is room for more than them."""
    FOOT: ClassVar[int] = 0
    """Lines below that do not scroll, where there is room for more than them."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._count = 0
        self._looks: dict[tuple[str, ...], Style] = {}

    def line_at(self, index: int, cells: int) -> Line:
        """What to draw on a line that scrolls."""
        raise NotImplementedError

    def head_at(self, index: int, cells: int) -> Line:
        """What to draw on a line above."""
        return ()

    def foot_at(self, index: int, cells: int) -> Line:
        """What to draw on a line below."""
        return ()

    def ground_of(self, index: int) -> tuple[str, ...]:
        """The component classes below a whole line."""
        return ()

    @property
    def line_count(self) -> int:
        """How many lines scroll."""
        return self._count

    @property
    def head_lines(self) -> int:
        """How many lines above do not scroll now."""
        return self.HEAD if self._has_room else 0

    @property
    def foot_lines(self) -> int:
        """How many lines below do not scroll now."""
        return self.FOOT if self._has_room else 0

    @property
    def _has_room(self) -> bool:
        return self.size.height > self.HEAD + self.FOOT + 1

    @property
    def cells(self) -> int:
        """How wide a line is: the scrollbar's column is always left free."""
        return self.scrollable_content_region.width

    @property
    def page(self) -> int:
        """How many of them are seen at once."""
        return max(1, self.size.height - self.head_lines - self.foot_lines)

    def resize_to(self, count: int, *, redraw: bool = True) -> None:
        """There are so many lines now."""
        self._count = count
        before, height = self.virtual_size.height, count + self.head_lines + self.foot_lines
        page = self.size.height
        if self.styles.is_auto_height or (before > page) != (height > page):
            self.virtual_size = Size(1, height)
        elif height != before:
            # Neither this widget nor its scrollbar comes or goes: no reason to lay out the screen.
            self.set_reactive(Widget.virtual_size, Size(1, height))
            self.vertical_scrollbar.window_virtual_size = height
        if redraw:
            self.refresh()

    def on_resize(self) -> None:
        """There may be room for what does not scroll, or none."""
        self.resize_to(self._count)

    def show_index(self, index: int) -> None:
        """Scroll as little as it takes to see a line."""
        top = self.scroll_offset.y
        if index < top:
            self.scroll_to_line(index)
        elif index >= top + self.page:
            self.scroll_to_line(index - self.page + 1)

    def scroll_to_line(self, top: int) -> None:
        """Scroll so that this line is the first."""
        self.scroll_to(y=top, animate=False, force=True)

    def refresh_index(self, index: int) -> None:
        """Draw one line anew."""
        self.refresh_line(index + self.head_lines)

    def index_of_line(self, y: int) -> int | None:
        """The index drawn on a line of the widget, if it is one that scrolls."""
        inside = self.head_lines <= y < self.size.height - self.foot_lines
        index = y - self.head_lines + self.scroll_offset.y
        return index if inside and 0 <= index < self.line_count else None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Some lines of the widget, each look computed once for all of them."""
        self._looks = {}
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of the widget."""
        cells, below = self.cells, y - (self.size.height - self.foot_lines)
        if y < self.head_lines:
            return self.drawn(self.head_at(y, cells), cells)
        if self.foot_lines and below >= 0:
            return self.drawn(self.foot_at(below, cells), cells)
        index = self.index_of_line(y)
        if index is None:
            return self.drawn((), cells)
        return self.drawn(self.line_at(index, cells), cells, *self.ground_of(index))

    def drawn(self, line: Line, cells: int, *ground: str) -> Strip:
        """A line with the looks of its roles; whatever is in it, it stays in its line."""
        segments = [
            Segment(cut(piece.text, cells), self.look(piece.role, *ground)) for piece in line
        ]
        return Strip(segments).adjust_cell_length(cells, self.look("", *ground))

    def look(self, role: Role, *ground: str) -> Style:
        """The style of a role on a ground."""
        names = (*ground, f"line--{role}") if role else ground
        found = self._looks.get(names)
        if found is None:
            found = self._looks[names] = self.get_visual_style(*names).rich_style
        return found
