"""The session screen's candidates: asked for at each node, shown as they are judged."""

from __future__ import annotations

from uuid import uuid4

from fd_core.errors import FdError
from fd_core.protocol import CandidatesEvent, ExplainParams, Explanation
from textual import work

from fd_tui.screens.questions import Line
from fd_tui.screens.reading import Reading, of_text
from fd_tui.screens.session_part import SessionPart
from fd_tui.widgets.candidate_list import CandidateList

REASONS = ("wrong direction", "too clumsy", "too slow", "not our style", "duplicate")


class Thinking(SessionPart):
    """Asking, rejecting, explaining."""

    _token = ""
    _is_settled = False

    def action_ask(self) -> None:
        self.ask()

    @work(exclusive=True, group="thinking")
    async def ask(self) -> None:
        """Candidates where the user stands."""
        session, found = self.session, self.query_one(CandidateList)
        self._token, self._is_settled = uuid4().hex, False
        if session is None or session.current.state.kind != "goals":
            found.clear()
            return
        found.begin()
        node = session.tree.current
        found.leave_out(session.refused.get(node, ()))
        try:
            answer = await session.suggest(self._token)
        except FdError as error:
            found.clear()
            self.complain(error)
            return
        if self.session is session and session.tree.current == node:
            self._is_settled = True
            found.settle(answer.candidates)

    def hear_candidates(self, told: CandidatesEvent) -> None:
        """Some more were judged."""
        if told.token == self._token and not self._is_settled:
            found = self.query_one(CandidateList)
            found.progress(told.judged, told.sampled)
            found.add(told.candidates)

    @work(group="rejecting")
    async def on_candidate_list_rejected(self, event: CandidateList.Rejected) -> None:
        session, candidate = self.session, event.candidate
        if session is None:
            return
        node = session.tree.current
        reason = await self.app.push_screen_wait(
            Line("Why not? (enter for no reason)", suggested=REASONS)
        )
        if reason is None:
            return
        try:
            await session.reject(node, candidate, reason)
        except FdError as error:
            self.complain(error)
            return
        if self.session is session:
            here = session.refused.get(session.tree.current, ())
            self.query_one(CandidateList).leave_out(here)
        self.notify(f"Rejected: {reason or 'no reason given'}.", timeout=2, markup=False)

    @work(exclusive=True, group="explaining")
    async def on_candidate_list_why_asked(self, event: CandidateList.WhyAsked) -> None:
        candidate = event.candidate
        if candidate.id is None:
            verdict = candidate.verdict
            words = "\n\n".join([candidate.text, *verdict.messages, verdict.reason])
            self.app.push_screen(Reading("What Lean says", of_text(words.strip())))
            return
        try:
            asked = ExplainParams(suggestion_id=candidate.id)
            answer = await self.desk.server.ask("fd/explain", asked, Explanation)
        except FdError as error:
            self.complain(error)
            return
        self.app.push_screen(Reading("Why this one", of_text(answer.markdown)))
