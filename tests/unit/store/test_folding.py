from fd_core.events import (
    Accepted,
    Decision,
    Overridden,
    Rejected,
    SuggestionResolved,
    SuggestionSurvived,
    Unobserved,
)
from fd_core.store.folding import FoldedSuggestion, fold
from support.records import offered


def resolved(at: float, decision: Decision, suggestion_id: str = "s1") -> SuggestionResolved:
    return SuggestionResolved(suggestion_id, at, decision)


def test_silence_is_unobserved_never_rejected() -> None:
    assert fold([offered()]) == [FoldedSuggestion(offered(), Unobserved(), None)]


def test_the_last_decision_that_says_anything_stands() -> None:
    events = [offered(), resolved(1, Accepted(partial=True)), resolved(2, Accepted())]
    assert fold([*events, resolved(3, Unobserved())])[0].decision == Accepted()
    assert fold([*events, resolved(3, Rejected("wrong"))])[0].decision == Rejected("wrong")
    late = fold([offered(), resolved(1, Unobserved()), resolved(2, Overridden("omega"))])[0]
    assert (late.decision, late.decided_at) == (Overridden("omega"), 2)


def test_survival_is_kept_in_order_and_is_not_a_decision() -> None:
    first = SuggestionSurvived("s1", 31, "after_30s", True, "simp")
    second = SuggestionSurvived("s1", 90, "at_commit", False, "omega")
    folded = fold([offered(), resolved(1, Accepted()), first, second])[0]
    assert folded.decision == Accepted()
    assert folded.survival == (first, second)


def test_orphans_are_left_out_and_offers_keep_their_order() -> None:
    events = [offered("b"), resolved(1, Accepted(), "gone"), offered("a"), offered("b", rank=9)]
    assert [(f.offered.suggestion_id, f.offered.rank) for f in fold(events)] == [("b", 0), ("a", 0)]
