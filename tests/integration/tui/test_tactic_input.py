"""The field for one's own tactic, driven by keys."""

from __future__ import annotations

from fd_tui.widgets.lean_text_area import MOST_IN_LINE, MOST_LETTERS
from fd_tui.widgets.tactic_input import TacticInput
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Button


class Field(App[None]):
    """An app with the field, which keeps what it sends."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.field = TacticInput(text)
        self.sent: list[str] = []
        self.cancelled = 0

    def compose(self) -> ComposeResult:
        yield self.field
        yield Button("next")

    def on_tactic_input_submitted(self, event: TacticInput.Submitted) -> None:
        self.sent.append(event.text)

    def on_tactic_input_cancelled(self, event: TacticInput.Cancelled) -> None:
        self.cancelled += 1


async def typed(pilot: Pilot[None], text: str) -> None:
    names = {" ": "space", "\n": "ctrl+j", "\\": "backslash"}
    await pilot.press(*(names.get(letter, letter) for letter in text))


async def test_abbreviations_become_symbols_as_one_types() -> None:
    app = Field()
    async with app.run_test() as pilot:
        await typed(pilot, "intro \\alp")
        assert app.field.text == "intro \\alp"
        assert app.field.border_subtitle == "\\alp → α"
        await typed(pilot, " \\to")
        await pilot.press("tab")
        assert app.field.text == "intro α →"
        assert app.field.border_subtitle is None
        assert app.focused is app.field
        await pilot.press("tab")
        assert app.focused is not app.field


async def test_the_cursor_goes_between_brackets() -> None:
    app = Field()
    async with app.run_test() as pilot:
        await typed(pilot, "exact \\<>h.1")
        assert app.field.text == "exact ⟨h.1⟩"
        assert app.field.cursor_location == (0, 10)


async def test_backspace_shortens_what_is_pending() -> None:
    app = Field()
    async with app.run_test() as pilot:
        await typed(pilot, "\\bet")
        await pilot.press("backspace", "backspace", "backspace", "backspace", "a")
        assert app.field.text == "a"
        await typed(pilot, "\\a")
        await pilot.press("backspace")
        await typed(pilot, "b ")
        assert app.field.text == "aβ "


async def test_where_the_cursor_leaves_it_an_abbreviation_is_replaced() -> None:
    app = Field("x y")
    async with app.run_test() as pilot:
        app.field.move_cursor((0, 1))
        await typed(pilot, "\\alp")
        await pilot.press("home")
        await pilot.pause()
        assert app.field.text == "xα y"
        assert app.field.cursor_location == (0, 0)
        await pilot.press("end")
        await typed(pilot, "\\be")
        await pilot.press("tab", "tab")
        assert app.field.text == "xα yβ"


async def test_undo_while_one_is_pending_breaks_nothing() -> None:
    app = Field()
    async with app.run_test() as pilot:
        await typed(pilot, "x\\alp")
        await pilot.press("ctrl+z")
        await pilot.pause()
        before = app.field.text
        await typed(pilot, "q")
        assert app.field.text.replace("q", "") in (before, "xα", "")


async def test_a_selection_is_replaced_by_what_is_typed() -> None:
    app = Field("abc")
    async with app.run_test() as pilot:
        app.field.select_all()
        await typed(pilot, "\\to x")
        assert app.field.text == "→ x"


async def test_enter_submits_and_keeps_the_text() -> None:
    app = Field()
    async with app.run_test() as pilot:
        await pilot.press("enter")
        assert app.sent == []
        await typed(pilot, "cases h  \n  \\alp")
        await pilot.press("enter")
        assert app.sent == ["cases h\n  α"]
        assert app.field.text.endswith("α")
        assert "\n" in app.field.text


async def test_a_new_line_stands_at_the_indentation_of_the_one_above() -> None:
    app = Field()
    async with app.run_test() as pilot:
        await typed(pilot, "a\n  b\nc")
        await pilot.press("shift+enter")
        await typed(pilot, "d")
        assert app.field.text == "a\n  b\n  c\n  d"


async def test_escape_cancels() -> None:
    app = Field()
    async with app.run_test() as pilot:
        await typed(pilot, "\\al")
        await pilot.press("escape")
        assert app.cancelled == 1
        assert app.field.text == "\\al"
        await typed(pilot, "x")
        assert app.field.text == "\\alx"


async def test_up_and_down_go_through_what_was_entered() -> None:
    app = Field()
    async with app.run_test() as pilot:
        app.field.remember("first")
        await typed(pilot, "a\nb")
        await pilot.press("enter")
        app.field.put("draft")
        await pilot.press("up")
        assert app.field.text == "a\nb"
        await pilot.press("up")  # from the second line to the first
        assert app.field.text == "a\nb"
        await pilot.press("up")
        assert app.field.text == "first"
        await pilot.press("down", "down", "down")
        assert app.field.text == "draft"


async def test_a_megabyte_is_refused_and_said() -> None:
    app = Field("simp")
    async with app.run_test() as pilot:
        app.field.post_message(events.Paste("x" * 1_000_000))
        await pilot.pause()
        assert app.field.text == "simp"
        assert [note.severity for note in app._notifications] == ["warning"]
        for text in ("y\n" * (MOST_LETTERS // 2), "y" * (MOST_IN_LINE + 1)):
            app.copy_to_clipboard(text)
            await pilot.press("ctrl+v")
            assert app.field.text == "simp"
            assert not app.field.put(text * 2)
        assert app.field.text == "simp"


async def test_what_is_pasted_is_cleaned_and_is_no_abbreviation() -> None:
    app = Field()
    async with app.run_test() as pilot:
        app.field.post_message(events.Paste("a\r\n\tb\x1b[31m \\al\u202e"))
        await pilot.pause()
        assert app.field.text == "a\n  b[31m \\al"
        await typed(pilot, " x")
        assert app.field.text == "a\n  b[31m \\al x"


async def test_sixty_kilobytes_can_still_be_typed_in() -> None:
    app = Field()
    async with app.run_test(size=(20, 5)) as pilot:
        app.field.post_message(events.Paste(("simp " * 12 + "\n") * 1_000))
        await typed(pilot, "\\alp ")
        assert app.field.text.endswith("simp \nα ")


async def test_markup_in_what_is_pending_is_text() -> None:
    app = Field()
    async with app.run_test() as pilot:
        await typed(pilot, "\\[")
        assert app.field.text == "\\["
        assert "[" in str(app.field._border_subtitle)
