"""Invariant 5: a time-out is not a failure, and silence is not a rejection."""

import ast

import pytest
from fd_core.events import SuggestionResolved, Unobserved
from fd_core.lean.report import Report
from fd_core.lean.verdict import unfinished
from fd_core.store.folding import fold
from fd_core.suggestion import Candidate, Cost, Failed, Judgement, Origin, Undecided, rank
from support.records import offered
from support.source_tree import MODULES

ENDED_EARLY = ("stalled", "crashed", "memory")


@pytest.mark.parametrize("ended", ENDED_EARLY)
def test_lean_that_did_not_finish_says_nothing_against_a_candidate(ended: str) -> None:
    report = Report((), ended, 5.0)  # type: ignore[arg-type]
    verdict = unfinished(report, Cost(5_000.0), 5.0)
    assert isinstance(verdict, Undecided)
    assert verdict.reason


def test_no_handler_of_a_time_out_says_failed() -> None:
    """`Failed(…)` is never made while handling a time-out, a crash or a cancellation."""
    handlers = 0
    for module in MODULES:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ExceptHandler) and node.type is not None:
                handlers += 1
                words = ast.unparse(node.type)
                if any(word in words for word in ("Timeout", "Crashed", "Cancelled", "LeanError")):
                    made = {
                        ast.unparse(call.func).split(".")[-1]
                        for statement in node.body
                        for call in ast.walk(statement)
                        if isinstance(call, ast.Call)
                    }
                    assert "Failed" not in made, f"{module.name}:{node.lineno}"
    assert handlers > 20


def test_undecided_ranks_apart_from_failed() -> None:
    candidate = Candidate("simp", Origin("portfolio"))
    failed = Judgement(candidate, Failed(Cost(1.0), ()))
    undecided = Judgement(candidate, Undecided(Cost(1.0), "out of time"))
    assert rank([undecided, failed]) == [failed, undecided]


def test_silence_folds_to_unobserved() -> None:
    assert fold([offered()])[0].decision == Unobserved()
    left = SuggestionResolved("s1", 1.0, Unobserved())
    assert fold([offered(), left])[0].decision == Unobserved()


def test_only_words_of_the_user_make_a_rejection() -> None:
    """`Rejected(…)` is made where a command or method of the user's arrives, and nowhere else.

    The terminal's journal has an entry of that name, made by the key that tells the server.
    """
    makers = {
        module.name
        for module in MODULES
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Rejected"
    }
    assert makers == {
        "fd_server.decisions", "fd_server.features.upkeep", "fd_tui.proving.noting",
    }  # fmt: skip
