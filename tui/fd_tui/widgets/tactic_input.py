"""The field for one's own tactic, with Unicode abbreviations as Lean users type them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from fd_tui.widgets.entered import EntryHistory
from fd_tui.widgets.lean_text_area import LeanTextArea


class TacticInput(LeanTextArea):
    """Several lines of tactic text. It keeps its text when submitted: Lean may refuse it."""

    DEFAULT_CSS = """
    TacticInput {
        height: auto; min-height: 3; max-height: 10; padding: 0 1;
        border: round $border-blurred; border-subtitle-color: $text-accent;
        &:focus { border: round $border; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Judge it", id="tactic.submit"),
        Binding("shift+enter,ctrl+j,alt+enter", "newline", "New line", id="tactic.newline"),
        Binding("escape", "cancel", "Cancel", id="tactic.cancel"),
        Binding("up", "cursor_up", "Up, or older", id="tactic.older", show=False),
        Binding("down", "cursor_down", "Down, or newer", id="tactic.newer", show=False),
    ]

    @dataclass
    class Submitted(Message):
        """The user wants this text judged."""

        text: str
        input: TacticInput

        @property
        def control(self) -> TacticInput:
            """The field it came from."""
            return self.input

    @dataclass
    class Cancelled(Message):
        """The user does not want to enter anything after all."""

        input: TacticInput

        @property
        def control(self) -> TacticInput:
            """The field it came from."""
            return self.input

    def __init__(
        self, text: str = "", *, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(text, placeholder="a tactic; \\to gives →", id=id, classes=classes)
        self._history = EntryHistory()

    def remember(self, text: str) -> None:
        """A text that Up will bring back, as if it had been entered here."""
        self._history.add(text)

    def action_submit(self) -> None:
        """Send the text off, with what is pending finished."""
        self.finish()
        text = "\n".join(line.rstrip() for line in self.text.rstrip().split("\n"))
        if text.strip():
            self._history.add(text)
            self.post_message(self.Submitted(text, self))

    def action_cancel(self) -> None:
        """Enter nothing after all."""
        self.forget_pending()
        self.post_message(self.Cancelled(self))

    def action_newline(self) -> None:
        """A new line at this line's indentation."""
        self.finish()
        line = self.document.get_line(self.cursor_location[0])
        indent = line[: len(line) - len(line.lstrip(" "))][: self.cursor_location[1]]
        self.insert_at_cursor("\n" + indent)

    def action_cursor_up(self, select: bool = False) -> None:
        """Up, or the text entered before."""
        if not select and self.navigator.is_first_wrapped_line(self.cursor_location):
            self._recall(self._history.older(self.text))
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """Down, or the text entered after."""
        if not select and self.navigator.is_last_wrapped_line(self.cursor_location):
            self._recall(self._history.newer())
        else:
            super().action_cursor_down(select)

    def _recall(self, text: str | None) -> None:
        if text is not None:
            self.put(text)
