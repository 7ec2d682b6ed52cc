"""A made-up run folder, for tests of the report. Its figures are invented; no policy made them."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path

from fd_trainer.config.evaluation import GateSection
from fd_trainer.evaluation.gate import judge
from fd_trainer.evaluation.guards import GuardMeasure
from fd_trainer.evaluation.measured import (
    Evaluation,
    Measured,
    PolicyTable,
    SecondLook,
    Suite,
)
from fd_trainer.report import contract
from fd_trainer.report.contract import AttemptRemark, Costs, HeatRow, ProblemFacts, RunFacts
from fd_trainer.report.run_files import append, put

SAMPLES = 16
ADVICE = "1. Close goals over natural numbers with `omega`; do not unfold `Nat.add`."


def evaluation_of(
    served: list[int], candidate: list[int], *, known: int = 16, suite: Suite = "held_out"
) -> Evaluation:
    """Proved counts of 16 per goal under each policy, and known goals that both nearly close."""
    return Evaluation(
        _table("served", served, suite, known),
        _table("candidate", candidate, suite, known),
        SAMPLES,
        seed=1,
        temperature=1.0,
        ks=(1, 4, 16),
        second_look=SecondLook(3),
    )


def _table(adapter: str, proved: list[int], suite: Suite, known: int) -> PolicyTable:
    problems = [
        Measured(
            f"{suite}-{i}", suite, f"Demo.goal{i}", SAMPLES, c, 0, min(c, 2),
            ("by omega", "by simp")[: min(c, 2)],
        )
        for i, c in enumerate(proved)
    ]  # fmt: skip
    problems += [
        Measured(f"known-{i}", "known", f"Demo.known{i}", SAMPLES, 15, 0, 1, ("by rfl",))
        for i in range(known)
    ]
    words = ("omega", "simp") if adapter == "candidate" else ("rfl",)
    return PolicyTable("tiny", adapter, tuple(problems), 0.4, 9.5, 4_000, 12.0, words, ())


def write_night(folder: Path, *, steps: int = 60, statement: str = "n : Nat\n⊢ n + 0 = n") -> Path:
    """A promoted night with everything in it."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(4)
    served = [chance.choice([0, 0, 1, 4, 9]) for _ in range(30)]
    candidate = [min(SAMPLES, c + chance.choice([0, 2, 4, 6])) for c in served]
    served[3], candidate[3] = 1, 0
    evaluation = evaluation_of(served, candidate)
    put(folder / contract.EVALUATION, evaluation)
    put(folder / contract.DECISION, judge(evaluation, GateSection(resamples=400)))
    put(folder / contract.RUN, _facts(folder.name, steps))
    put(folder / contract.COSTS, Costs({"train": 3000.0}, {"sampled": 120_000}, {"EUR": 0.42}))
    goals = [
        ProblemFacts(f"held_out-{i}", f"Demo.goal{i}", statement, "demo", "file:///demo/A.lean", i)
        for i in range(30)
    ]
    append(folder / contract.GOALS, goals)
    append(folder / contract.REMARKS, _remarks())
    append(folder / contract.GAPS, [_heat(step, chance) for step in range(0, steps, 5)])
    append(
        folder / contract.MEASURES,
        [
            GuardMeasure(
                "lower_rate", 41, "entropy floor", "entropy 0.08 nats, 0.4 at the start", 0.5
            )
        ],
    )
    write_metrics(folder, steps)
    return folder


def write_metrics(folder: Path, steps: int) -> None:
    lines = []
    for step in range(steps):
        done = step / steps
        values = {
            "loss": 2.0 * math.exp(-3 * done) + 0.3,
            "kl/forward": 0.9 * math.exp(-4 * done),
            "kl/reverse": 1.3 * math.exp(-4 * done),
            "entropy": 0.5 - 0.3 * done,
            "reward": 0.2 + 0.5 * done,
            "top_k_mass": 0.97,
            "learning_rate": 1e-5,
        }
        if step % 10 == 0:
            values["eval/held_out/pass@1"] = 0.2 + 0.2 * done
        phase = "fd" if step < steps / 2 else "grpo"
        lines.append(json.dumps({"step": step, "phase": phase, "at": 1e9 + step, **values}))
    (folder / contract.METRICS_LINES).write_text("\n".join(lines) + "\n")


def _facts(run_id: str, steps: int) -> RunFacts:
    return RunFacts(
        run_id, 1_763_845_200.0, "tiny", 1_763_848_800.0, "cpu", ("fd", "grpo"), "rules v1",
        "transformers, this process", "Lean 4.27.0", "cpu", 3, "served", "candidate", True, steps,
        ("demo",), {"torch": "2.13"}, "steps",
    )  # fmt: skip


def _remarks() -> list[AttemptRemark]:
    return [
        AttemptRemark(
            0, "held_out-1", "r0", "unfold Nat.add", "refused", ("unknown",), ADVICE, "rules v1"
        ),
        AttemptRemark(
            4, "held_out-1", "r1", "simp", "refused", ("no progress",), ADVICE, "rules v1"
        ),
        AttemptRemark(9, "held_out-1", "r2", "intro h\nomega", "proved"),
        AttemptRemark(2, "held_out-2", "r3", "rfl", "undecided"),
    ]


def _heat(step: int, chance: random.Random) -> HeatRow:
    tokens = ("intro", " h", "\n", "simp", " only", " [", "Nat", ".add_zero", "]", "\n", "omega")
    gaps = tuple(round(chance.gauss(0, 1.2), 3) for _ in tokens)
    return HeatRow(step, f"row{step}", "held_out-1", tokens, gaps, ADVICE, "rules v1", "refused")
