"""A bare app around one screen, and a fake of who asks the server, for Textual's pilot."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fd_core.protocol import Wire
from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

W = TypeVar("W", bound=Wire)


class Bare(App[None]):
    """Shows the screen and nothing else."""

    def __init__(self, screen: Screen[Any]) -> None:
        super().__init__()
        self.shown = screen

    def on_mount(self) -> None:
        self.push_screen(self.shown)


class FakeAsks:
    """A fake: answers by a table of methods, and remembers what was asked."""

    def __init__(self, **answers: Wire | Exception) -> None:
        self.answers = {name.replace("_", "/", 1): answer for name, answer in answers.items()}
        self.asked: list[tuple[str, Wire]] = []

    async def ask(self, method: str, params: Wire, answer: type[W]) -> W:
        self.asked.append((method, params))
        found = self.answers[method]
        if isinstance(found, Exception):
            raise found
        assert isinstance(found, answer)
        return found


@asynccontextmanager
async def on_screen(
    screen: Screen[Any], size: tuple[int, int] = (80, 24)
) -> AsyncIterator[Pilot[None]]:
    """The screen in a terminal of this size, after what it does at first."""
    app = Bare(screen)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.screen is screen)
        yield pilot


async def until(pilot: Pilot[None], true: Callable[[], object], most: int = 2_000) -> None:
    """Wait until a condition holds."""
    for _ in range(most):
        await pilot.pause(0.05)
        if true():
            return
    raise AssertionError(f"never became true; the screen:\n{text_of(pilot)}")


def text_of(pilot: Pilot[None]) -> str:
    """What stands in the terminal now, without looks."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def notices(pilot: Pilot[None]) -> list[str]:
    """What was notified and is still shown."""
    return [str(notice.message) for notice in pilot.app._notifications]
