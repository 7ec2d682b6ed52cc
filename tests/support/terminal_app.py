"""The terminal app in this process, by Textual's pilot, over a real `fd-server` process on FAKE ports."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fd_core.events import Event, SuggestionResolved
from fd_core.store import open_store
from fd_tui.app import FdApp
from fd_tui.link.link import Link
from fd_tui.screens.session import SessionScreen
from fd_tui.target import Target
from fd_tui.widgets.board_table import BoardTable
from fd_tui.widgets.candidate_list import CandidateList
from textual.pilot import Pilot

from support.lsp_client import FAKE_SERVER

TEXT = (
    "theorem one (h : p) : p ∧ p := by\n  sorry\n\n"
    "theorem two : q := by\n  sorry\n\n/-- the last one -/\ntheorem three : r := by\n  exact r\n"
)
SCRIPT: dict[str, Any] = {
    "goals": {"one": ["p ∧ p"], "two": ["q"]},
    "candidates": ["constructor", "exact ⟨h, h⟩", "exact nope"],
    "verdicts": {
        "exact ⟨h, h⟩": "closed", "constructor": ["p", "p"], "exact h": ["p"], "→ mine": "closed",
        "all_goals exact h": "closed", "constructor\nall_goals exact h": "closed",
    },
    "adapters": ["adapter-a", "adapter-b"],
}  # fmt: skip


@dataclass
class Stage:
    """One app on one project's folder."""

    app: FdApp
    pilot: Pilot[None]
    folder: Path
    data: Path

    @property
    def file(self) -> Path:
        return self.folder / "A.lean"

    @property
    def board(self) -> BoardTable:
        return self.app.board.query_one(BoardTable)

    @property
    def session(self) -> SessionScreen:
        return self.app.session

    @property
    def candidates(self) -> CandidateList:
        return self.session.query_one(CandidateList)

    async def until(self, true: Callable[[], Any], seconds: float = 60) -> None:
        """Wait till something holds; keys and news are handled meanwhile."""
        until = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < until, f"never so:\n{self.shown_text()}\n{self.toasts()}"
            await self.pilot.pause(0.02)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def open_session(self, row: int = 0) -> None:
        """From the board to candidates at a row."""
        await self.until(lambda: self.board.shown)
        self.board.move_to(row)
        await self.press("enter")
        await self.until_candidates()

    async def until_candidates(self) -> None:
        """Everything asked for is judged."""
        await self.until(
            lambda: (
                self.session.session is not None
                and self.candidates.candidates
                and not self.candidates._is_asking
            )
        )

    def shown_text(self) -> str:
        """The screen as plain text."""
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    def toasts(self) -> str:
        return "\n".join(str(note.message) for note in self.app._notifications)

    def events(self) -> list[Event]:
        store = open_store(self.data / "events.db", read_only=True)
        try:
            return [event for _, event in store.since()]
        finally:
            store.close()

    def decisions(self) -> list[Any]:
        return [e.decision for e in self.events() if isinstance(e, SuggestionResolved)]


@asynccontextmanager
async def staged(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *, size: tuple[int, int] = (120, 40),
    script: dict[str, Any] | None = None, line: int | None = None, theme: str | None = None,
) -> AsyncIterator[Stage]:  # fmt: skip
    """An app that runs until the block ends; the data folder outlives it."""
    data, project = folder / "data", folder / "project"
    project.mkdir(exist_ok=True)
    (project / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
    file = project / "A.lean"
    if not file.exists():
        file.write_text(TEXT, encoding="utf-8")
    monkeypatch.setenv("FD_FAKES", json.dumps(script or SCRIPT))
    monkeypatch.setenv("FD_DATA_DIR", str(data))
    monkeypatch.setenv("FD_CONFIG", str(folder / "config.toml"))
    monkeypatch.setenv("FD_STORE__CONSENT", "yes")
    target = Target(project, file if line is not None else None, line)
    app = FdApp(target, Link((sys.executable, str(FAKE_SERVER)), target.project), theme)
    async with app.run_test(size=size) as pilot:
        try:
            yield Stage(app, pilot, project, data)
        finally:
            await app.session.leave()
            await app.link.aclose()
