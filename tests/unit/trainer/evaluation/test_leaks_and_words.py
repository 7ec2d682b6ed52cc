"""Signs of a leak, and what proofs are made of."""

import pytest
from fd_trainer.evaluation.leaks import mention_share, mentions, top_token_share
from fd_trainer.evaluation.proof_words import distinct, names, normal, tactics

FEEDBACK = "1. Bound the index first, then close the goal with `omega` and nothing else."


@pytest.mark.parametrize(
    "attempt",
    [
        "-- as suggested\nomega",
        "The feedback says to use omega.",
        "bound the index first, then omega",
        "-- on the previous attempt this failed\nsimp",
    ],
)
def test_speaking_of_what_can_not_be_seen_is_a_mention(attempt: str) -> None:
    assert mentions(attempt, FEEDBACK)


def test_following_the_advice_is_no_mention() -> None:
    assert not mentions("intro h\nomega", FEEDBACK)


def test_words_of_the_problem_are_no_mention() -> None:
    problem = "-- the feedback loop converges: bound the index first, then\ntheorem t : True"
    assert not mentions("bound the index first, then the feedback", FEEDBACK, problem)


def test_the_share_of_mentions() -> None:
    triples = [("omega", FEEDBACK, ""), ("as advised: omega", FEEDBACK, "")]
    assert mention_share(triples) == 0.5
    assert mention_share([]) == 0.0


def test_the_top_tokens_share() -> None:
    assert top_token_share([0.01] * 198 + [-4.0, 4.0]) == pytest.approx(8 / 9.98)
    assert top_token_share([1.0] * 200) == pytest.approx(0.01)
    assert top_token_share([0.0, float("nan")]) == 0.0
    assert top_token_share([2.0]) == 1.0


def test_a_comment_or_a_space_makes_no_new_proof() -> None:
    proofs = ["intro h\n  omega", "intro h -- take it\n  omega", "intro h\n  simp", 'exact f "--"']
    assert distinct(proofs) == (proofs[0], proofs[2], proofs[3])
    assert normal('exact f "--"') == 'exact f "--"'


def test_tactics_and_names_are_found() -> None:
    proof = (
        "intro h\n"
        "have key : 0 < n := Nat.pos_of_ne_zero h  -- simp_arith is only named here\n"
        "first | omega | simp only [Nat.add_comm, ← mul_assoc]\n"
        "exact key.trans_le (le_of_eq rfl)"
    )
    assert {"intro", "have", "omega", "simp", "exact"} <= set(tactics([proof]))
    assert "simp_arith" not in tactics([proof])
    assert {"Nat.pos_of_ne_zero", "Nat.add_comm", "mul_assoc", "key.trans_le"} <= set(
        names([proof])
    )
