"""One line on what the engine does, and what to do where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from fd_core.protocol import Status
from textual.strip import Strip

from fd_tui.widgets.line_view import LineView
from fd_tui.widgets.pieces import Line, Piece, Role, apart, clipped, width
from fd_tui.widgets.printable import cut

LinkState = Literal["starting", "running", "restarting", "lost"]
_LINK: dict[str, tuple[str, str, Role]] = {
    "starting": ("…", "starting the server", "accent"),
    "restarting": ("…", "server lost, restarting", "attention"),
    "lost": ("✗", "server lost", "bad"),
}
_ENGINE: dict[str, tuple[str, Role]] = {
    "idle": ("✓", "good"),
    "thinking": ("…", "accent"),
    "nothing found": ("○", "muted"),
    "out of budget": ("○", "muted"),
    "Lean down": ("✗", "bad"),
    "policy down": ("!", "attention"),
}
_RECORDED = "recorded Lean"


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the line tells; `detail` and `fix` here are the link's own."""

    link: LinkState = "starting"
    status: Status | None = None
    detail: str = ""
    fix: str = ""


def line(now: Situation, cells: int) -> Line:
    """State and detail at the left; recording, model and memory at the right, while they fit."""
    head = _state(now)
    said = [cut(text, cells) for text in _words(now) if text]
    for facts in _facts(now):
        left = [*head, *[Piece(f" · {text}", "muted") for text in said]]
        if width(left) + width(facts) + 2 <= cells:
            return apart(left, facts, cells)
    least = _facts(now)[-1] if width(head) + 3 <= cells else []
    room = cells - width(least) - (1 if least else 0)
    return apart(_shortened(head, said, room), least, cells)


def _state(now: Situation) -> list[Piece]:
    if now.link != "running" or now.status is None:
        mark, word, role = _LINK.get(now.link, _LINK["starting"])
        return [Piece(f" {mark} {word}", role)]
    mark, role = _ENGINE[now.status.state]
    counts = ""
    if now.status.state == "thinking" and now.status.sampled:
        counts = f" {now.status.judged}/{now.status.sampled}"
    state = Piece(f" {mark} {now.status.state}{counts}", role)
    return [state, Piece(f" · {_RECORDED}", "attention")] if _is_recorded(now.status) else [state]


def _is_recorded(status: Status) -> bool:
    """Verdicts that no Lean gave now must never pass for such."""
    return status.lean.startswith("recorded")


def _words(now: Situation) -> tuple[str, str]:
    if now.link != "running" or now.status is None:
        return now.detail, now.fix
    return now.status.detail, now.status.fix


def _shortened(head: list[Piece], said: list[str], room: int) -> Line:
    """The fix is what the user needs most: where both do not fit, the detail goes first."""
    for kept in (said, said[-1:]):
        whole = [*head, *[Piece(f" · {text}", "muted") for text in kept]]
        if width(whole) <= room or kept == said[-1:]:
            return clipped(whole, room)
    return clipped(head, room)


def _facts(now: Situation) -> list[list[Piece]]:
    """The right end, from all of it to the least that must be seen."""
    status = now.status
    if status is None:
        return [[]]
    recording = Piece("● rec" if status.recording else "○ not recorded", "muted")
    short = Piece("● rec" if status.recording else "○ rec off", "muted")
    mark = Piece("●" if status.recording else "○", "muted")
    model = Piece(f"{_model(status)} · ", "muted")
    memory = [Piece(f"{_memory(status)} · ", "faint")] if status.memory_mb else []
    end = Piece(" ")
    return [
        [*memory, model, recording, end], [model, short, end], [short, end], [mark, end]
    ]  # fmt: skip


def _model(status: Status) -> str:
    model = status.model.rstrip("/").rsplit("/", 1)[-1] or "Lean's own automation"
    adapter = f" + {status.adapter_id[:12]}" if status.adapter_id else ""
    return cut(model, 32) + cut(adapter, 16)


def _memory(status: Status) -> str:
    return (
        f"{status.memory_mb} MB"
        if status.memory_mb < 10_000
        else f"{status.memory_mb / 1024:.0f} GB"
    )


class StatusLine(LineView, can_focus=False):
    """The engine's state, one line high."""

    DEFAULT_CSS = """
    StatusLine {
        height: 1; overflow: hidden; scrollbar-gutter: auto; background: $panel;
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._now = Situation()

    @property
    def now(self) -> Situation:
        """What is shown."""
        return self._now

    def show(self, status: Status) -> None:
        """The engine said what it does; so the server runs."""
        self._set(Situation("running", status))

    def show_link(self, link: LinkState, detail: str = "", fix: str = "") -> None:
        """The connection to the server changed."""
        self._set(Situation(link, self._now.status, detail, fix))

    def render_line(self, y: int) -> Strip:
        """The line."""
        return self.drawn(line(self._now, self.cells), self.cells)

    def _set(self, now: Situation) -> None:
        if now != self._now:
            self._now = now
            self.refresh()
