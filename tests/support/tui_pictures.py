"""The app's screens with content that never changes, for pictures that are compared letter by letter.

FAKE of the server throughout: what is looked at is drawing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from fd_core.proof import Document
from fd_core.protocol import (
    Adapters,
    Board,
    BoardRow,
    NightGoal,
    NightQueue,
    SessionAt,
    SessionSearch,
    SessionTree,
    Status,
    SuggestResult,
    Wire,
    WireAdapter,
    WireCandidate,
    WireGoal,
    WireHypothesis,
    WirePosition,
    WireRange,
    WireVerdict,
)
from fd_tui.app import FdApp
from fd_tui.link.news import Ready, StatusTold
from fd_tui.screens.news import NewsArrived
from fd_tui.target import Target

from support.scripted_sessions import ScriptedSessions

W = TypeVar("W", bound=Wire)

TEXT = (
    "namespace Shapes\n"
    "theorem swap_swap (p q : Prop) (h : p ∧ q) : q ∧ p := by\n  sorry\n\n"
    "theorem longer_name_of_a (xs ys : List Nat) : (xs ++ ys).length = xs.length + ys.length := by\n"
    "  sorry\n"
)
STATUS = Status(state="idle", model="small-prover", adapter_id="a1b2c3d4e5", recording=True)


def verdict(text: str) -> WireVerdict:
    """`constructor` splits, `exact …` closes."""
    if text.startswith("exact"):
        return WireVerdict(kind="closed", milliseconds=12.0)
    hypothesis = WireHypothesis(names=["h"], type="p ∧ q")
    new = WireHypothesis(names=["hp"], type="p", change="inserted")
    goals = [
        WireGoal(target="q", case="left", hypotheses=[hypothesis, new], text="h : p ∧ q\n⊢ q"),
        WireGoal(target="p", case="right", hypotheses=[hypothesis], text="h : p ∧ q\n⊢ p"),
    ]
    return WireVerdict(kind="progressed", milliseconds=7.0, after=goals)


def candidates() -> list[WireCandidate]:
    """One of each kind."""
    failed = WireVerdict(kind="failed", milliseconds=3, messages=["unknown identifier 'foo'"])
    undecided = WireVerdict(kind="undecided", milliseconds=5000, reason="out of time")
    made: Sequence[tuple[str, str, WireVerdict, float | None]] = (
        ("exact ⟨h.2, h.1⟩", "policy small-prover", verdict("exact"), -0.61),
        ("constructor", "portfolio constructor portfolio-3", verdict("constructor"), None),
        ("exact foo", "policy small-prover", failed, -4.2),
        ("decide", "portfolio decide portfolio-3", undecided, None),
    )
    return [
        WireCandidate(text=text, origin=origin, verdict=said, logprob=logprob,
                      id=text if said.kind in ("closed", "progressed") else None)
        for text, origin, said, logprob in made
    ]  # fmt: skip


class FakeServer(ScriptedSessions):
    """FAKE: sessions as scripted, one board, one list of candidates."""

    async def open(self, uri: str, text: str) -> int:
        return 1

    async def saved(self, uri: str) -> None: ...

    def _sessionSuggest(self, params: SessionSearch) -> SuggestResult:  # noqa: N802
        tree = self._tree(params.session)
        return SuggestResult(state=tree.nodes[tree.current].state, candidates=candidates())

    def _sessionUndo(self, params: SessionAt) -> SessionTree:  # noqa: N802
        tree = self._tree(params.session)
        return self._keep(tree, current=tree.nodes[tree.current].parent or 0)

    def _board(self, params: Wire) -> Board:
        rows = [self._row("Shapes.swap_swap", 2, "⊢ q ∧ p", "progressed", "constructor"),
                self._row("Shapes.longer_name_of_a", 5, "⊢ (xs ++ ys).length = n", "", "")]  # fmt: skip
        return Board(rows=rows)

    def _row(self, name: str, line: int, goal: str, said: str, attempt: str) -> BoardRow:
        start = WirePosition(line=line, character=2)
        end = WirePosition(line=line, character=7)
        return BoardRow(
            uri=self.document.uri, declaration=name, kind="sorry", goal=goal, verdict=said,
            best_attempt=attempt, range=WireRange(start=start, end=end), queued=line == 5,
        )  # fmt: skip

    def _night(self, params: Wire) -> NightQueue:
        goal = NightGoal(id="g1", uri="file:///w/Shapes.lean", declaration="Shapes.swap_swap",
                         line=2, at=1e9)  # fmt: skip
        return NightQueue(goals=[goal])

    def _adapters(self, params: Wire) -> Adapters:
        old = WireAdapter(id="0a1b2c3d", base_model="small-prover", parent=None, created_at=1e9,
                          status="retired", metrics={"held_out/pass@1": 0.31})  # fmt: skip
        new = old.model_copy(update={
            "id": "a1b2c3d4e5", "parent": "0a1b2c3d", "status": "promoted",
            "metrics": {"held_out/pass@1": 0.44, "entropy": 0.52}})  # fmt: skip
        return Adapters(adapters=[new, old], promoted=new.id)


class Pictured(FdApp):
    """The app on one of its screens, with the fake in the link's place."""

    def __init__(self, folder: Path, screen: str, theme: str | None = None) -> None:
        file = folder / "Shapes.lean"
        file.write_text(TEXT, encoding="utf-8")
        server = FakeServer(Document(file.as_uri(), 1, TEXT), verdict)
        super().__init__(Target(folder), server, theme)  # type: ignore[arg-type]  # in its place
        self.FIRST = screen
        self.file = file

    def start(self) -> None:
        """What a server tells at its start."""
        for news in (Ready(), StatusTold(STATUS)):
            self.post_message(NewsArrived(news))

    def begin(self) -> None:  # type: ignore[override]
        """Nothing is resumed."""
