"""The goals of a state, with what changed against the state before."""

from __future__ import annotations

from functools import partial

from fd_core.protocol import GoalsResult

from fd_tui.widgets.goal_lines import goals_lines
from fd_tui.widgets.text_view import TextView


class GoalsView(TextView, can_focus=True):
    """Scrolls through goals; long lines are broken to the width there is."""

    def show_goals(self, now: GoalsResult, before: GoalsResult | None = None) -> None:
        """Show a state; with the one before, what is new and what is gone are marked."""
        self.show(partial(goals_lines, now, before))
        self.scroll_to_line(0)

    def clear(self) -> None:
        """Nothing is known."""
        self.show(lambda _: ())
