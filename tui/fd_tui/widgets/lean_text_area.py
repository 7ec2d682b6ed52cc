"""A field of Lean text: Unicode abbreviations as Lean users type them, and nothing pasted by mistake."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.actions import SkipAction
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import TextArea
from textual.widgets.text_area import Location

from fd_tui.abbreviations import LEADER, Keystroke, Typing
from fd_tui.widgets.entered import entered

MOST_LETTERS = 64 * 1024
MOST_IN_LINE = 4_000
"""More than this is no tactic; pasting it would only make every further key slow."""


class LeanTextArea(TextArea):
    """What is typed behind a backslash stands in the frame with its symbol until it is replaced."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "finish", "Finish the \\abbreviation", id="tactic.finish", show=False),
    ]

    def __init__(
        self, text: str = "", *, placeholder: str = "", id: str | None = None,
        classes: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            entered(text), id=id, classes=classes, soft_wrap=True, show_line_numbers=False,
            highlight_cursor_line=False, placeholder=placeholder,
        )  # fmt: skip
        self._typing = Typing()
        self._behind: Location = (0, 0)

    def forget_pending(self) -> None:
        """Leave what is pending as it was typed."""
        self._typing.drop()
        self._show_pending()

    def put(self, text: str) -> bool:
        """Show a text, to be edited, with the cursor at its end; too long a one is refused."""
        if self._is_too_much(text, 0):
            return False
        self._typing.drop()
        self.load_text(entered(text))
        self.move_cursor(self.document.end)
        self._show_pending()
        return True

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Whether a key is text."""
        return character is not None and character.isprintable()

    async def _on_key(self, event: events.Key) -> None:
        """Text is typed; all other keys are bindings."""
        event.prevent_default()
        self._restart_blink()
        if event.is_printable and event.character is not None:
            event.stop()
            self._type(entered(event.character))

    async def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        self._paste(event.text)

    def action_paste(self) -> None:
        """Paste what was copied inside the app."""
        self._paste(self.app.clipboard)

    def action_finish(self) -> None:
        """Replace the pending abbreviation; without one, Tab goes on to the next widget."""
        self._settle()
        if self._typing.pending is None:
            raise SkipAction
        self.finish()

    def action_delete_left(self) -> None:
        """Backspace, which may shorten the pending abbreviation."""
        self._settle()
        alone = self.selection.is_empty
        super().action_delete_left()
        if alone:
            self._typing.erase()
        else:
            self._typing.drop()
        self._behind = self.cursor_location
        self._show_pending()

    def on_text_area_selection_changed(self) -> None:
        """An abbreviation that the cursor has left is replaced."""
        self._settle()

    def on_blur(self) -> None:
        """As is one that the focus has left."""
        self.finish()

    def _type(self, letter: str) -> None:
        self._settle()
        if letter:
            if not self.selection.is_empty:
                self._typing.drop()
            self._do(self._typing.type(letter))

    def _paste(self, text: str) -> None:
        if not self._is_too_much(text, len(self.text)):
            self.finish()
            self.insert_at_cursor(entered(text))

    def _is_too_much(self, text: str, already: int) -> bool:
        """Whether a text can't be taken in; the user is told."""
        longest = max(map(len, text.splitlines()), default=0) if len(text) <= MOST_LETTERS else 0
        if len(text) + already <= MOST_LETTERS and longest <= MOST_IN_LINE:
            return False
        self.notify(
            f"{len(text):,} letters are too many for a tactic; nothing was taken in",
            severity="warning", markup=False,
        )  # fmt: skip
        return True

    def insert_at_cursor(self, text: str) -> None:
        """Put a text at the cursor, in the place of what is selected."""
        self._do(Keystroke(0, text))

    def _do(self, keystroke: Keystroke) -> None:
        """Change the text at the cursor."""
        start, end = sorted(self.selection)
        start = (start[0], start[1] - keystroke.delete)
        self.replace(
            keystroke.before + keystroke.after, start, end, maintain_selection_offset=False
        )
        row, column = self.cursor_location
        self.move_cursor((row, column - len(keystroke.after)), record_width=True)
        self._behind = self.cursor_location
        self._show_pending()

    def finish(self) -> None:
        """Replace what is pending, with the cursor behind it."""
        self._settle()
        done = self._typing.finish()
        if done is not None:
            self._do(done)
        self._show_pending()

    def _settle(self) -> None:
        """If the cursor has left the pending abbreviation, replace it where it stands."""
        pending = self._typing.pending
        if pending is None or (self.cursor_location == self._behind and self._stands(pending)):
            return
        stands = self._stands(pending)
        done = self._typing.finish()
        if stands and done is not None:
            row, column = self._behind
            self.replace(done.before + done.after, (row, column - done.delete), self._behind)
        self._show_pending()

    def _stands(self, pending: str) -> bool:
        """Whether the text before the place of typing is still what was typed there."""
        row, column = self._behind
        if row >= self.document.line_count:
            return False
        return self.document.get_line(row)[:column].endswith(LEADER + pending)

    def _show_pending(self) -> None:
        """The pending abbreviation and what it will be, in the frame."""
        pending, symbol = self._typing.pending, self._typing.symbol
        if pending is None:
            self.border_subtitle = None
        else:
            self.border_subtitle = Content(
                f"{LEADER}{pending}" + (f" → {symbol}" if symbol else "")
            )
