import random

from fd_core.proof import Goal
from fd_core.suggestion import (
    Candidate,
    Closed,
    Cost,
    Failed,
    Judgement,
    Origin,
    PolicyVersion,
    Progressed,
    Undecided,
    offerable,
    origin_in_words,
    rank,
)

COST = Cost(1.0)


def _judged(text: str, verdict: object, logprob: float | None = None) -> Judgement:
    return Judgement(Candidate(text, Origin("policy"), logprob), verdict)  # type: ignore[arg-type]


def test_only_closed_and_progressed_may_be_offered() -> None:
    assert offerable(Closed(COST))
    assert offerable(Progressed(COST, (Goal("p"),)))
    assert not offerable(Failed(COST, ()))
    assert not offerable(Undecided(COST, "out of time"))


def test_ranking_puts_closed_first_then_fewer_goals_then_likelier() -> None:
    in_order = [
        _judged("likely", Closed(COST), -0.1),
        _judged("unlikely", Closed(COST), -9.0),
        _judged("one left", Progressed(COST, (Goal("p"),)), -5.0),
        _judged("two left", Progressed(COST, (Goal("p"), Goal("q"))), -0.1),
        _judged("failed", Failed(COST, ()), -0.1),
        _judged("undecided", Undecided(COST, "time"), -0.1),
    ]
    shuffled = in_order[:]
    random.Random(0).shuffle(shuffled)
    assert rank(shuffled) == in_order


def test_an_origin_in_words_leaves_out_the_versions_of_our_own_rules() -> None:
    ours = Origin("portfolio", "omega", PolicyVersion("portfolio-1"))
    model = Origin("policy", "fd-tactic-1", PolicyVersion("base", "adapter-7"))
    assert ours.in_words == "portfolio omega"
    assert model.in_words == "policy fd-tactic-1 base+adapter-7"
    assert origin_in_words("memory of portfolio simp memory-1") == "memory of portfolio simp"
