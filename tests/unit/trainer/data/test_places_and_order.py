"""The frozen suite, curriculum and replay as values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fd_core.lean_source import sorries
from fd_core.proof import Goal, Hypothesis, ProofState
from fd_trainer.data.curriculum import difficulty, ordered
from fd_trainer.data.frozen import frozen_places, suite_text
from fd_trainer.data.observed import stands_in, tactics_of, words_of
from fd_trainer.data.replay import marked_known, replay_set
from fd_trainer.problem import Problem
from support.trainer_values import problem


def test_the_suite_is_large_split_in_families_and_sees_no_other_goal() -> None:
    places = list(frozen_places(Path("/p")))
    assert len(places) >= 60
    assert len({place.group for place in places}) == len(places)
    families = {place.group.split("/")[1] for place in places}
    assert len(families) >= 8
    for place in places:
        text = place.site.document.text
        assert text.count("theorem ") == 1
        assert len(sorries(text)) == 1
        assert place.reference
        assert place.fixed == "held_out"
    assert "sorry" not in suite_text()


def goal(target: str, *hypotheses: str) -> ProofState:
    state = problem().state
    return replace(
        state,
        goals=(Goal(target, tuple(Hypothesis((f"h{n}",), h) for n, h in enumerate(hypotheses))),),
    )


def test_longer_goals_more_goals_and_quantifiers_are_harder() -> None:
    easy = goal("p")
    assert difficulty(easy) < difficulty(goal("p", "q ∧ r ∧ s"))
    assert difficulty(easy) < difficulty(goal("p ∧ q"))
    assert difficulty(goal("p x")) < difficulty(goal("∃ x, p x"))
    assert difficulty(easy) < difficulty(replace(easy, goals=easy.goals * 2))
    assert difficulty(replace(easy, goals=())) == 0


def named(name: str, target: str, **changes: object) -> Problem:
    return problem(declaration=name, group=f"p/{name}", **changes) if not target else replace(
        problem(declaration=name, group=f"p/{name}", **changes), state=goal(target)
    )  # fmt: skip


def test_the_users_wishes_come_first_then_what_may_succeed() -> None:
    hard, easy = named("hard", "∃ x, ∀ y, r x y"), named("easy", "p")
    queued = named("queued", "∃ x, ∀ y, r x y ∧ q", source="queue")
    frozen = named("frozen", "", source="frozen")
    assert [p.declaration for p in ordered([frozen, hard, easy, queued])] == [
        "queued", "easy", "hard", "frozen",
    ]  # fmt: skip
    rates = {hard.id: 0.5, easy.id: 1.0}
    never = named("never", "q")
    assert [p.declaration for p in ordered([easy, never, hard], {**rates, never.id: 0.0})] == [
        "hard", "never", "easy",
    ]  # fmt: skip


def test_known_goals_are_replayed_one_per_declaration_first() -> None:
    a, b = named("a", "p"), named("b", "q")
    second = replace(a, kind="step")
    held = replace(named("c", "r"), part="held_out")
    proved = {p.id: ["first", "second"] for p in (a, b, second, held)}
    chosen = replay_set([a, second, b, held], proved, 2)
    assert {each.problem.declaration for each in chosen} == {"a", "b"}
    assert all(each.problem.known and each.text == "first" for each in chosen)
    assert replay_set([a, b], {}, 5) == ()
    assert chosen == replay_set([b, held, second, a], proved, 2)
    assert [p.known for p in marked_known([a, b], {a.id: ["x"], b.id: []})] == [True, False]


def test_bodies_are_read_as_tactics() -> None:
    assert tactics_of(":= by simp") == "simp"
    assert tactics_of(":= by\n    intro h\n    exact h") == "intro h\nexact h"
    assert tactics_of(":=  h.symm") == "exact h.symm"
    assert tactics_of("| 0 => rfl") is None
    assert tactics_of(":= by") is None


def test_a_text_stands_in_a_proof_word_for_word() -> None:
    site = problem("theorem t : p := by\n  intro h\n  sorry\n").state.site
    whole = words_of("theorem t : p := by -- note\n  intro h\n  exact h.2\n  done")
    assert stands_in(site, "exact h.2", whole)
    assert not stands_in(site, "exact h", words_of("theorem t : p := by intro h; exact hp"))
    assert not stands_in(site, "exact h.1", whole)
