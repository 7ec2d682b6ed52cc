"""The gate's verdicts, one by one; and simulated nights, fewer than in `benchmarks/gate.py`."""

import importlib.util
import random
from dataclasses import replace
from types import ModuleType

import pytest
from fd_core.plain_data import from_plain, to_plain
from fd_trainer.config.evaluation import GateSection
from fd_trainer.evaluation.decision import Decision, Keep, NotEnoughEvidence, Promote
from fd_trainer.evaluation.gate import judge
from fd_trainer.evaluation.measured import Evaluation, Measured, SecondLook
from support.sample_night import SAMPLES, evaluation_of
from support.source_tree import ROOT

GATE = GateSection(resamples=400)
BETTER = ([2] * 20, [8] * 20)


def reasons(decision: Decision) -> str:
    return " ".join(decision.verdict.reasons)


def with_known(evaluation: Evaluation, proved: list[int]) -> Evaluation:
    """The candidate's known goals, proved as given of 16."""
    own = [m for m in evaluation.candidate.problems if m.suite != "known"]
    known = [Measured(f"known-{i}", "known", f"k{i}", SAMPLES, c) for i, c in enumerate(proved)]
    return replace(evaluation, candidate=replace(evaluation.candidate, problems=(*own, *known)))


def test_a_clear_gain_is_promoted_with_figures() -> None:
    decision = judge(evaluation_of(*BETTER), GATE)
    assert isinstance(decision.verdict, Promote)
    assert "pass@1 on 20 held-out goals rose from 12.5% to 50.0% (+37.5 points" in reasons(decision)


def test_the_same_tables_give_the_same_decision_and_it_can_be_kept() -> None:
    decision = judge(evaluation_of([1, 5, 9, 0] * 5, [2, 5, 8, 3] * 5), GATE)
    assert decision == judge(evaluation_of([1, 5, 9, 0] * 5, [2, 5, 8, 3] * 5), GATE)
    assert from_plain(Decision, to_plain(decision)) == decision


def test_no_gain_keeps() -> None:
    decision = judge(evaluation_of([5] * 20, [4] * 20), GATE)
    assert isinstance(decision.verdict, Keep)
    assert "No gain" in reasons(decision)


def test_a_gain_that_may_be_chance_is_not_enough() -> None:
    decision = judge(evaluation_of([4] * 10, [9, 0, 8, 3, 6, 1, 9, 2, 5, 2]), GATE)
    assert isinstance(decision.verdict, NotEnoughEvidence)
    assert "chance" in reasons(decision)


@pytest.mark.parametrize("goals", [0, 1, 6])
def test_few_goals_are_not_enough_however_clear(goals: int) -> None:
    decision = judge(evaluation_of([0] * goals, [16] * goals), GATE)
    assert isinstance(decision.verdict, NotEnoughEvidence)
    assert "Hold out more goals" in reasons(decision)


def test_seven_goals_all_better_are_enough_even_where_they_chose_the_checkpoint() -> None:
    seven = replace(evaluation_of([0] * 7, [16] * 7), chosen_on_same=True)
    assert judge(seven, GATE).promotes


def test_goals_that_chose_the_checkpoint_must_say_it_louder() -> None:
    gain = evaluation_of([0] * 6, [16] * 6)
    six = GateSection(resamples=400, min_problems=6)
    assert judge(gain, six).promotes
    assert not judge(replace(gain, chosen_on_same=True), six).promotes


def test_forgetting_keeps_whatever_the_gain() -> None:
    decision = judge(with_known(evaluation_of(*BETTER), [13] * 16), GATE)
    assert isinstance(decision.verdict, Keep)
    assert "It forgot: pass@1 on 16 known goals fell" in reasons(decision)


def test_a_loss_that_can_not_be_ruled_out_is_not_enough() -> None:
    evaluation = with_known(evaluation_of(*BETTER), [16, 16, 16, 0])
    decision = judge(
        evaluation, GateSection(resamples=400, forgetting_bound=0.5, forgetting_limit=0.5)
    )
    assert isinstance(decision.verdict, NotEnoughEvidence)
    assert "can't be ruled out" in reasons(decision)


def test_one_proof_taken_back_keeps() -> None:
    evaluation = replace(evaluation_of(*BETTER), second_look=SecondLook(9, ("Demo.goal3",)))
    decision = judge(evaluation, GATE)
    assert isinstance(decision.verdict, Keep)
    assert "1 of 9" in reasons(decision)
    assert "Demo.goal3" in reasons(decision)


def test_the_same_adapter_is_no_candidate() -> None:
    evaluation = evaluation_of(*BETTER)
    same = replace(evaluation, candidate=replace(evaluation.candidate, adapter_id="served"))
    assert isinstance(judge(same, GATE).verdict, Keep)


def test_attempts_that_lean_left_undecided_give_no_verdict() -> None:
    evaluation = evaluation_of(*BETTER)
    problems = tuple(
        replace(m, undecided=5) if m.suite == "held_out" else m
        for m in evaluation.candidate.problems
    )
    slow = replace(evaluation, candidate=replace(evaluation.candidate, problems=problems))
    decision = judge(slow, GATE)
    assert isinstance(decision.verdict, NotEnoughEvidence)
    assert "undecided" in reasons(decision)


def test_a_gain_below_the_least_gain_is_not_enough() -> None:
    decision = judge(evaluation_of([4] * 40, [5] * 40), GateSection(resamples=400, min_gain=0.1))
    assert isinstance(decision.verdict, NotEnoughEvidence)


def test_what_is_not_established_is_said() -> None:
    said = " ".join(judge(evaluation_of(*BETTER, known=0), GATE).not_established)
    assert "Forgetting was not measured on known goals" in said
    assert "frozen suite" in said
    chosen = replace(evaluation_of(*BETTER), chosen_on_same=True)
    assert "chosen on the goals that judge it" in " ".join(judge(chosen, GATE).not_established)


@pytest.fixture(scope="module")
def nights() -> ModuleType:
    spec = importlib.util.spec_from_file_location("gate_nights", ROOT / "benchmarks" / "gate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[spec.name] = module  # its dataclasses look themselves up
    spec.loader.exec_module(module)
    return module


def test_simulated_nights_without_a_gain_are_seldom_promoted(nights: ModuleType) -> None:
    """1,000 nights promote at most 5 %; here fewer nights and goals, with the room that chance needs."""
    quick = GateSection(resamples=300)
    found = nights.simulate(120, 40, nights.shuffled, 11, quick)
    assert found.promoted <= 12, "twice 5 %: one honest gate in a thousand would fail this"


def test_simulated_nights_with_ten_points_are_promoted(nights: ModuleType) -> None:
    quick = GateSection(resamples=300)
    found = nights.simulate(30, 100, nights.gained(0.10), 12, quick)
    assert found.promoted >= 25


def test_the_simulation_gains_what_it_says(nights: ModuleType) -> None:
    chance = random.Random(5)
    before = nights.hard_goals(chance, 4_000)
    mean = sum(before) / len(before)
    assert sum(nights.gained(0.10)(chance, before)) / 4_000 == pytest.approx(mean + 0.10, abs=0.02)
    assert sum(nights.shuffled(chance, before)) / 4_000 == pytest.approx(mean, abs=0.02)
