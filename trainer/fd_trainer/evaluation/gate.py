"""The gate: from two metric tables to promote, keep, or not enough evidence, with reasons.

A pure function: the same evaluation and settings give the same decision on every machine, so a
decision can be read again next year. What it promotes has

1. no reward that a second audit took back (TRAINING §4: hack audit at zero),
2. attempts enough, on problems enough, that Lean decided,
3. not forgotten: pass@1 on known goals and on the frozen suite within the bound,
4. a gain in pass@k on held-out goals of which both the bootstrap interval over problems and the
   swap test say that it is not chance.

A bootstrap over few problems is too sure of itself, the swap test is exact for any number; both are
asked. How often this promotes without a gain, and with one: `benchmarks/gate.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from fd_trainer.config.evaluation import GateSection
from fd_trainer.evaluation.comparing import compare_all
from fd_trainer.evaluation.decision import (
    Comparison,
    Decision,
    GateVerdict,
    Keep,
    NotEnoughEvidence,
    Promote,
)
from fd_trainer.evaluation.measured import (
    SUITES,
    Evaluation,
    Measured,
    PolicyTable,
    Suite,
    lost,
    paired,
)
from fd_trainer.evaluation.pass_at_k import share_unseen

SUITE_WORDS: dict[Suite, str] = {
    "held_out": "held-out goals",
    "frozen": "goals of the frozen suite",
    "known": "known goals",
}


def judge(evaluation: Evaluation, gate: GateSection) -> Decision:
    """Whether the candidate is to be served in place of what is served now."""
    comparisons = compare_all(evaluation, gate)
    verdict = _verdict(evaluation, comparisons, gate)
    open_questions = tuple(_not_established(evaluation, comparisons, gate))
    return Decision(verdict, gate.confidence, comparisons, open_questions)


def found(comparisons: Sequence[Comparison], suite: Suite, k: int) -> Comparison | None:
    """One comparison, if there was anything to compare."""
    return next((c for c in comparisons if (c.suite, c.k) == (suite, k)), None)


def _verdict(
    evaluation: Evaluation, comparisons: Sequence[Comparison], gate: GateSection
) -> GateVerdict:
    if against := [*_untrusted(evaluation), *_forgotten(comparisons, gate)]:
        return Keep(tuple(against))
    if missing := [*_too_little(evaluation, comparisons, gate), *_maybe_lost(comparisons, gate)]:
        return NotEnoughEvidence(tuple(missing))
    gain = found(comparisons, "held_out", gate.k)
    assert gain is not None  # _too_little saw to it
    chance = (1.0 - gate.confidence) / 2.0
    return _by_gain(gain, gate, chance / 2.0 if evaluation.chosen_on_same else chance)


def _by_gain(gain: Comparison, gate: GateSection, chance: float) -> GateVerdict:
    """`chance`: the p-value allowed; half of it where the checkpoint was chosen on these goals."""
    said, difference = said_of(gain), gain.difference
    if difference.low > gate.min_gain and gain.p_value <= chance:
        return Promote(
            (said, f"Without a gain, chance would show as much in {_often(gain)} of nights.")
        )
    if difference.value <= 0.0:
        return Keep((f"No gain was seen. {said}",))
    smallest = f" of more than {_points(gate.min_gain)}" if gate.min_gain else ""
    return NotEnoughEvidence((f"A gain{smallest} may be chance ({_p(gain)}). {said}",))


def _untrusted(evaluation: Evaluation) -> list[str]:
    reasons = []
    if refused := evaluation.second_look.refused:
        reasons.append(
            f"{len(refused)} of {evaluation.second_look.looked} new proofs did not pass a second "
            f"audit ({_few(refused)}): something earned a reward that is no proof."
        )
    served, candidate = evaluation.serving, evaluation.candidate
    if (served.base_model, served.adapter_id) == (candidate.base_model, candidate.adapter_id):
        reasons.append("The candidate is what is served already.")
    return reasons


def _forgotten(comparisons: Sequence[Comparison], gate: GateSection) -> list[str]:
    return [
        f"It forgot: {said_of(c)} The bound is {_points(gate.forgetting_bound)}."
        for c in _guarding(comparisons)
        if c.difference.value < -gate.forgetting_bound
    ]


def _maybe_lost(comparisons: Sequence[Comparison], gate: GateSection) -> list[str]:
    return [
        f"A loss of more than {_points(gate.forgetting_limit)} can't be ruled out: {said_of(c)}"
        for c in _guarding(comparisons)
        if c.difference.low < -gate.forgetting_limit
    ]


def _too_little(
    evaluation: Evaluation, comparisons: Sequence[Comparison], gate: GateSection
) -> list[str]:
    gain = found(comparisons, "held_out", gate.k)
    there = gain.problems if gain else 0
    if there < gate.min_problems:
        return [
            f"Only {there} held-out goals have {gate.k} attempts or more under both policies; "
            f"{gate.min_problems} are needed. Hold out more goals or queue some."
        ]
    return [
        f"Lean left {share:.0%} of the attempts of {whose} undecided (time or memory); more than "
        f"{gate.max_undecided:.0%} is too many to judge by. Give Lean more time."
        for whose, table in _sides(evaluation)
        if (share := _undecided(table.of("held_out"))) > gate.max_undecided
    ]


def _not_established(
    evaluation: Evaluation, comparisons: Sequence[Comparison], gate: GateSection
) -> list[str]:
    said = ["One night with one seed: another seed would give another adapter."]
    for suite in SUITES[1:]:
        c = found(comparisons, suite, 1)
        if c is None:
            said.append(f"Forgetting was not measured on {SUITE_WORDS[suite]}: there were none.")
        elif (unseen := share_unseen(c.problems, gate.confidence)) > gate.forgetting_limit:
            said.append(
                f"{c.problems} {SUITE_WORDS[suite]} are few: a loss on up to {unseen:.0%} of such "
                "goals could have stayed unseen."
            )
    if evaluation.chosen_on_same:
        said.append(
            "The checkpoint was chosen on the goals that judge it (there are too few to do without), "
            "so part of its gain may be theirs alone."
        )
    if gone := lost(paired(evaluation, "held_out")):
        said.append(f"Whether {len(gone)} lost goals are lost for good, or by the luck of a draw.")
    if not evaluation.second_look.looked:
        said.append("No new proof was audited a second time.")
    return said


def said_of(c: Comparison) -> str:
    """One sentence: both rates, the difference, its interval, and on how many goals."""
    d = c.difference
    moved = "rose" if d.value > 0.0 else "fell" if d.value < 0.0 else "stayed"
    return (
        f"pass@{c.k} on {c.problems} {SUITE_WORDS[c.suite]} {moved} from {c.serving.value:.1%} to "
        f"{c.candidate.value:.1%} ({100 * d.value:+.1f} points, "
        f"interval {100 * d.low:+.1f} to {100 * d.high:+.1f})."
    )


def _guarding(comparisons: Sequence[Comparison]) -> list[Comparison]:
    return [c for c in comparisons if c.suite != "held_out" and c.k == 1]


def _sides(evaluation: Evaluation) -> tuple[tuple[str, PolicyTable], ...]:
    return ("what is served", evaluation.serving), ("the candidate", evaluation.candidate)


def _undecided(problems: Sequence[Measured]) -> float:
    samples = sum(problem.samples for problem in problems)
    return sum(problem.undecided for problem in problems) / samples if samples else 0.0


def _points(share: float) -> str:
    return f"{100 * share:.3g} points"


def _p(c: Comparison) -> str:
    return f"p = {c.p_value:.3f}" if c.p_value >= 0.001 else "p < 0.001"


def _often(c: Comparison) -> str:
    return f"{c.p_value:.1%}" if c.p_value >= 0.001 else "less than 0.1%"


def _few(names: Sequence[str], most: int = 3) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
