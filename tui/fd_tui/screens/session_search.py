"""The session screen's background search: a live tree, a budget, and a way to stop it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import uuid4

from fd_core.errors import FdError
from fd_core.protocol import SearchEvent
from textual import work
from textual.widgets import ContentSwitcher

from fd_tui.screens.questions import Line
from fd_tui.screens.session_part import SessionPart
from fd_tui.widgets.search_tree_view import SearchTreeView

_BUDGET = re.compile(r"\s*(?P<seconds>\d+(?:\.\d+)?)\s*s?(?:[\s,;]+(?P<nodes>\d+))?\s*")


class Searching(SessionPart):
    """One search at a time; moves go on meanwhile."""

    _search_token = ""

    def action_search(self) -> None:
        self.search()

    @work(group="asking")
    async def action_search_with(self) -> None:
        """Ask for a budget, then search."""
        said = await self.app.push_screen_wait(
            Line("Budget: seconds, and perhaps states (as in `120 1000`)", value="120")
        )
        if said is None:
            return
        match = _BUDGET.fullmatch(said)
        if match is None:
            self.notify(f"`{said}` is no budget: write `120` or `120 1000`.", severity="error",
                        markup=False)  # fmt: skip
            return
        nodes = int(match["nodes"]) if match["nodes"] else None
        self.search(float(match["seconds"]), nodes)

    @work(exclusive=True, group="search")
    async def search(self, seconds: float | None = None, nodes: int | None = None) -> None:
        """Search from where the user stands; a proof becomes a branch and is audited."""
        session = self.session
        if session is None or session.current.state.kind != "goals":
            self.notify("There is nothing to search for here.", timeout=2)
            return
        tree, start = self.query_one(SearchTreeView), session.tree.current
        self._search_token = uuid4().hex
        tree.begin(nodes, seconds)
        self.query_one("#left", ContentSwitcher).current = "search"
        try:
            found = await session.search(self._search_token, seconds, nodes)
        except FdError as error:
            self.complain(error)
            return
        if self.session is not session:
            return
        if not found.found:
            self.notify(f"The search found nothing: {found.reason}.", markup=False)
            return
        self.draw()
        if session.tree.parent(session.tree.current) == start:
            self.ask()
            self.finish()
        else:
            self.notify("The search found a proof: it is a branch of the tree now.")

    def hear_search(self, events: Sequence[SearchEvent]) -> None:
        """The tree grew."""
        ours = [event for event in events if event.token == self._search_token]
        if ours:
            self.query_one(SearchTreeView).feed(ours)
