"""Small modal questions: one with choices, one with a line of text. Escape answers nothing."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, OptionList
from textual.widgets.option_list import Option


class Question(ModalScreen[str | None]):
    """A box in the middle, as wide as the terminal allows."""

    DEFAULT_CSS = """
    Question { align: center middle; }
    Question > Vertical {
        width: 70; max-width: 95%; height: auto; max-height: 95%; overflow-y: auto;
        padding: 0 1; background: $surface; border: round $accent;
    }
    Question Label { width: 100%; margin-bottom: 1; }
    Question Horizontal { height: auto; align-horizontal: right; }
    Question Button { margin-left: 1; }
    Question OptionList { height: auto; max-height: 8; border: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", id="question.back"),
    ]

    def __init__(self, question: str) -> None:
        super().__init__()
        self._question = question


class Choice(Question):
    """Which of a few? The answer is the words chosen, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "app.focus_previous", "Before", show=False, id="question.before"),
        Binding("right", "app.focus_next", "Next", show=False, id="question.next"),
    ]

    def __init__(self, question: str, choices: tuple[str, ...]) -> None:
        super().__init__(question)
        self._choices = choices

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Label(self._question, markup=False)
            with Horizontal():
                for at, choice in enumerate(self._choices):
                    yield Button(choice, variant="primary" if at == 0 else "default", compact=True)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(self._choices[list(self.query(Button)).index(event.button)])


class Line(Question):
    """A line of text, perhaps one of some suggestions; the answer is the text, or None."""

    def __init__(self, question: str, *, suggested: tuple[str, ...] = (), value: str = "") -> None:
        super().__init__(question)
        self._suggested, self._value = suggested, value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Label(self._question, markup=False)
            yield Input(self._value, placeholder="type, or choose below" if self._suggested else "")
            if self._suggested:
                yield OptionList(*(Option(text) for text in self._suggested), markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._suggested[event.option_index])
