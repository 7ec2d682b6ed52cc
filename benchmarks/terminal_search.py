"""The app with a search that streams as many nodes as told: what `benchmarks/terminal.py` presses keys in.

The tree is made up (no Lean, no server): what is measured is drawing. A thousand nodes a second
arrive as the link delivers them, ten portions a second.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from fd_core.protocol import SearchEvent, WireCandidate, WireVerdict
from fd_tui.app import FdApp
from fd_tui.link.link import Link
from fd_tui.screens.session import SessionScreen
from fd_tui.target import Target
from fd_tui.widgets.candidate_list import CandidateList
from fd_tui.widgets.search_tree_view import SearchTreeView
from textual.widgets import ContentSwitcher

PER_PORTION = 100
NODES = int(sys.argv[1])


def portion(first: int, draw: random.Random) -> list[SearchEvent]:
    """So many new nodes, each below an earlier one."""
    return [
        SearchEvent(
            token="t", kind="added", node=n, parent=draw.randrange(max(0, n - 200), n),
            text=f"rcases h{n} with ⟨x, hx⟩", goals=1 + n % 3, score=draw.random() * 9,
        )
        for n in range(first, min(first + PER_PORTION, NODES + 1))
    ]  # fmt: skip


class Loaded(FdApp):
    """Shows a session's screen, fed from here."""

    FIRST = "session"

    def start(self) -> None:
        """No link. Candidates to walk through, and the tree."""
        screen: SessionScreen = self.session
        closed = WireVerdict(kind="closed", milliseconds=12)
        screen.query_one(CandidateList).settle(
            [
                WireCandidate(text=f"candidate {n}", origin="policy", verdict=closed, id=str(n))
                for n in range(20)
            ]
        )
        if NODES:
            screen.query_one("#left", ContentSwitcher).current = "search"
            self._draw, self._next = random.Random(0), 1
            screen.query_one(SearchTreeView).begin(NODES, 600)
            self.set_interval(0.1, self.feed)

    def feed(self) -> None:
        """What the link delivers in a tenth of a second; and again from the start when it is all there."""
        if self._next <= NODES:
            self.session.query_one(SearchTreeView).feed(portion(self._next, self._draw))
            self._next += PER_PORTION


if __name__ == "__main__":
    Loaded(Target(Path.cwd()), Link(("true",), Path.cwd())).run()
