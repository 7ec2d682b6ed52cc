"""The session screen's moves: a candidate or a text of one's own, undo, another node of the tree.

They run one after the other; each is judged by Lean before the user stands elsewhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fd_core.errors import FdError
from fd_core.protocol import WireCandidate
from textual import work

from fd_tui.proving.session import ProvingSession
from fd_tui.screens.session_part import SessionPart
from fd_tui.widgets.candidate_list import CandidateList
from fd_tui.widgets.tactic_input import TacticInput
from fd_tui.widgets.undo_tree_view import UndoTreeView


class Moving(SessionPart):
    """Where the user stands, and the line to type in."""

    _edited: WireCandidate | None = None

    @work(group="moves")
    async def move(self, step: Callable[[ProvingSession], Awaitable[object]]) -> None:
        """Something that changes where the user stands; then draw, and ask for candidates there."""
        async with self._moving:
            session = self.session
            if session is None:
                return
            try:
                await step(session)
            except FdError as error:
                self.complain(error)
                return
        self.draw()
        self.ask()

    @work(group="moves")
    async def take(self, text: str, offered: WireCandidate | None = None) -> None:
        """Let Lean judge a text here, and go where it leads; a closed goal is finished at once."""
        async with self._moving:
            session = self.session
            if session is None:
                return
            try:
                answer = await session.apply(text, offered)
            except FdError as error:
                self.complain(error)
                return
        if answer.node is None:
            self.tell_refused(answer.candidate)
            return
        self.hide_tactic()
        self.draw()
        self.ask()
        if answer.node.state.kind == "complete":
            self.finish()

    def tell_refused(self, candidate: WireCandidate) -> None:
        """Lean said no: its words, and the text stays where it can be mended."""
        verdict = candidate.verdict
        words = "\n".join(verdict.messages) or verdict.reason or verdict.kind
        self.notify(words[:600], title="Lean", severity="warning", markup=False)
        self.query_one(CandidateList).add((candidate,))

    def action_stop(self) -> None:
        """Stop what Lean is judging."""
        raise NotImplementedError

    def on_candidate_list_accepted(self, event: CandidateList.Accepted) -> None:
        self.take(event.candidate.text, event.candidate)

    def on_candidate_list_edit_asked(self, event: CandidateList.EditAsked) -> None:
        self._edited = event.candidate
        self.show_tactic(event.candidate.text)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An `i` in one's own tactic is a letter."""
        return action != "type" or not isinstance(self.focused, TacticInput)

    def action_type(self) -> None:
        self._edited = None
        self.show_tactic("")

    def show_tactic(self, text: str) -> None:
        """The line to type in."""
        if self.session is None:
            return
        entry = self.query_one(TacticInput)
        entry.put(text)
        entry.display = True
        self.set_focus(entry)

    def hide_tactic(self) -> None:
        """Back to the candidates."""
        entry = self.query_one(TacticInput)
        if entry.display:
            self.set_focus(self.query_one(CandidateList))
            entry.display = False

    def on_tactic_input_submitted(self, event: TacticInput.Submitted) -> None:
        self.take(event.text, self._edited)

    def on_tactic_input_cancelled(self, event: TacticInput.Cancelled) -> None:
        """What Lean is judging is stopped first; the text stays."""
        if any(w.group == "moves" and w.is_running for w in self.workers):
            self.action_stop()
        else:
            self.hide_tactic()

    def action_undo(self) -> None:
        self.move(lambda session: session.undo())

    def on_undo_tree_view_chosen(self, event: UndoTreeView.Chosen) -> None:
        node = event.node
        self.move(lambda session: session.go_to(node))
