"""What one suggestion's history says, and which of contradictory words stands."""

from __future__ import annotations

import pytest
from fd_core.events import (
    Accepted,
    Decision,
    Overridden,
    Rejected,
    SuggestionResolved,
    SuggestionSurvived,
    Survival,
    Unobserved,
)
from fd_core.store.folding import FoldedSuggestion, fold
from fd_trainer.config.data import EventWeightsSection
from fd_trainer.data.decisions import Label, LabelKind, by_state, label_of
from fd_trainer.data.targets import Preference, Refusal, Target
from fd_trainer.data.weights import capped, weight_of
from support.records import offered
from support.trainer_values import problem


def folded(
    decision: Decision, *survival: tuple[Survival, bool, str], at: float = 5.0, id: str = "s1",
    **changes: object,
) -> FoldedSuggestion:  # fmt: skip
    offer = offered(id, verdict="closed", **changes)
    events = [
        SuggestionSurvived(id, at + n, moment, kept, text)
        for n, (moment, kept, text) in enumerate(survival, 1)
    ]
    return FoldedSuggestion(offer, decision, at, tuple(events))


@pytest.mark.parametrize(
    ("one", "kind", "text"),
    [
        (folded(Overridden("omega")), "overridden", "omega"),
        (folded(Overridden("by omega"), site_kind="term"), "overridden", "omega"),
        (folded(Overridden("h.symm"), site_kind="term"), "overridden", "exact h.symm"),
        (folded(Accepted()), "accepted", "simp"),
        (folded(Accepted(partial=True)), "accepted_partly", "simp"),
        (folded(Accepted(), ("after_30s", True, "simp")), "accepted", "simp"),
        (folded(Accepted(), ("at_clean_save", True, "simp")), "survived", "simp"),
        (folded(Accepted(), ("at_commit", True, "simp")), "survived", "simp"),
        (folded(Accepted(), ("at_clean_save", False, "omega")), "survived", "omega"),
        (
            folded(Accepted(), ("at_clean_save", True, "simp"), ("at_commit", False, "rfl")),
            "survived", "rfl",
        ),
        (folded(Rejected("ugly")), "rejected", "simp"),
        (folded(Rejected()), "rejected", "simp"),
    ],
)  # fmt: skip
def test_what_says_something(one: FoldedSuggestion, kind: LabelKind, text: str) -> None:
    label = label_of(one)
    assert isinstance(label, Label)
    assert (label.kind, label.text) == (kind, text)


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (folded(Unobserved()), "unobserved"),
        (folded(Rejected("late")), "refused as late"),
        (folded(Rejected("duplicate")), "refused as duplicate"),
        (folded(Accepted(), ("after_30s", False, "omega")), "taken back"),
        (folded(Accepted(), ("at_commit", False, " ")), "taken back"),
        (folded(Overridden("  ")), "without text"),
    ],
)
def test_what_says_nothing(one: FoldedSuggestion, why: str) -> None:
    assert label_of(one) == why


def test_a_refusal_of_what_lean_had_not_closed_says_nothing() -> None:
    one = FoldedSuggestion(offered(verdict="progressed"), Rejected("wrong"), 1.0)
    assert label_of(one) == "refused, and Lean had not closed it"


def test_the_latest_word_on_one_text_at_one_state_stands() -> None:
    rows = [
        folded(Accepted(), id="a", at=1.0),
        folded(Rejected("ugly"), id="b", at=2.0),
        folded(Overridden("omega"), id="c", at=3.0),
        folded(Unobserved(), id="d", at=4.0),
        folded(Accepted(), id="e", at=1.0, state_digest="other"),
    ]
    for order in (rows, rows[::-1]):
        states, silent = by_state(order)
        found = {s.offer.state_digest: {x.text: x.kind for x in s.labels} for s in states}
        assert found == {
            "d" * 32: {"simp": "rejected", "omega": "overridden"},
            "other": {"simp": "accepted"},
        }
        assert silent == {"unobserved": 1}


def test_no_text_is_both_wanted_and_unwanted() -> None:
    rows = [
        folded(Rejected("ugly"), id="a", at=1.0),
        folded(Overridden("simp"), id="b", at=2.0, candidate="omega"),
    ]
    ((state,), _) = by_state(rows)
    assert [(label.text, label.kind) for label in state.labels] == [("simp", "overridden")]
    assert state.suggestions == ("a", "b")


def test_folding_events_first_keeps_the_last_decision_that_says_something() -> None:
    events = [
        offered("a", verdict="closed"),
        SuggestionResolved("a", 1.0, Rejected("ugly")),
        SuggestionResolved("a", 2.0, Accepted()),
        SuggestionResolved("a", 3.0, Unobserved()),
        SuggestionResolved("gone", 3.0, Accepted()),
    ]
    ((state,), _) = by_state(fold(events))
    assert [label.kind for label in state.labels] == ["accepted"]


def test_every_kind_has_its_weight_and_the_documented_order() -> None:
    weights = EventWeightsSection()
    kinds: tuple[LabelKind, ...] = ("overridden", "survived", "accepted", "accepted_partly")
    found = [weight_of(kind, weights) for kind in kinds]
    assert found == sorted(found, reverse=True)
    assert weight_of("rejected", weights) > 0


def test_one_declaration_never_fills_the_night() -> None:
    mine, other = problem(group="p/a"), problem(group="p/b")
    targets = [Target(mine, f"t{n}", 2.0, "overridden") for n in range(3)]
    pairs = [Preference(mine, "a", "b", 2.0), Preference(other, "a", "b", 1.0)]
    heavy, preferred = capped([*targets, Target(other, "x", 0.0, "accepted")], pairs, 4.0)
    assert [t.weight for t in heavy] == [1.0, 1.0, 1.0]
    assert [p.weight for p in preferred] == [1.0, 1.0]


def test_a_refusal_without_an_alternative_pairs_with_what_is_proved_tonight() -> None:
    refusal = Refusal(problem(), "simp", 1.0, ("s1",))
    pairs = refusal.paired(["omega", "  simp", "rfl", "omega"])
    assert [(p.preferred, p.refused, p.weight) for p in pairs] == [
        ("omega", "simp", 0.5), ("rfl", "simp", 0.5),
    ]  # fmt: skip
    assert refusal.paired(["simp"]) == ()
