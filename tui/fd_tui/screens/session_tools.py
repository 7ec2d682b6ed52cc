"""The session screen's smaller tools: names, comparisons, replay, export."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fd_core.errors import FdError
from textual import work

from fd_tui.proving.markdown import markdown
from fd_tui.proving.session import ProvingSession
from fd_tui.screens.questions import Line
from fd_tui.screens.reading import Reading, of_comparison, of_replay
from fd_tui.screens.session_part import SessionPart
from fd_tui.widgets.undo_tree_view import UndoTreeView


class Tools(SessionPart):
    """What changes no proof."""

    def action_name(self) -> None:
        if self.session is not None:
            self.name_branch(self.session.tree.current)

    def on_undo_tree_view_name_asked(self, event: UndoTreeView.NameAsked) -> None:
        self.name_branch(event.node)

    @work(exclusive=True, group="naming")
    async def name_branch(self, node: int) -> None:
        """Ask for a name and give it."""
        session = self.session
        if session is None:
            return
        value = session.tree.node(node).name
        name = await self.app.push_screen_wait(Line("Name of this branch", value=value))
        if name is None:
            return
        try:
            await session.name(node, name)
        except FdError as error:
            self.complain(error)
        self.draw()

    def on_undo_tree_view_compare_asked(self, event: UndoTreeView.CompareAsked) -> None:
        if self.session is not None:
            tree = self.session.tree
            lines = of_comparison(tree.compare(tree.current, event.node))
            self.app.push_screen(Reading("Two branches", lines))

    @work(exclusive=True, group="reading")
    async def action_replay(self) -> None:
        """The session from its beginning."""
        if self.session is None:
            return
        try:
            record = await asyncio.to_thread(self.session.record)
        except FdError as error:
            self.complain(error)
            return
        self.app.push_screen(Reading("This session, from its beginning", of_replay(record)))

    @work(exclusive=True, group="reading")
    async def action_export(self) -> None:
        """The session as Markdown, into a file that is not there yet."""
        session = self.session
        if session is None:
            return
        name = session.tree.tree.declaration.rsplit(".", 1)[-1] or "session"
        said = await self.app.push_screen_wait(
            Line("Export this session as Markdown to", value=str(Path.cwd() / f"{name}.md"))
        )
        if said:
            await self._export(session, Path(said))

    async def _export(self, session: ProvingSession, path: Path) -> None:
        try:
            await asyncio.to_thread(_write_new, path, session)
        except FdError as error:
            self.complain(error)
        except (OSError, ValueError, RuntimeError) as error:  # no such user's home, no such name
            why = getattr(error, "strerror", None) or error
            self.notify(f"{path}: {why}", severity="error", markup=False)
        else:
            self.notify(f"Exported to {path}.", markup=False)


def _write_new(path: Path, session: ProvingSession) -> None:
    """Nothing that is there is written over."""
    text = markdown(session.record())
    with path.expanduser().open("x", encoding="utf-8") as file:
        file.write(text)
