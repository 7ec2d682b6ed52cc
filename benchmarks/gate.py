"""How often the gate promotes: simulated nights without a gain, and with one.

    python benchmarks/gate.py [nights]

Each night draws its goals anew. A goal has a success rate of its own from a beta distribution (most
goals hard, some easy, few between); the candidate's rate differs per goal. Both policies are sampled
16 times per goal. Nothing but the product's own gate decides. Needs no torch and no numpy.

Without a gain: "same" is an adapter that changed nothing; "shuffled" changes each goal's chance a
lot, up as often as down, so that the mean over goals to come stands. "best of 5" is the best of five
such checkpoints, chosen by 4 draws on the very goals that judge it: where goals are few this is what
happens, so the report says so; where they are not, the product sets other goals apart to choose on.
With a gain: +10 points in the mean, spread unevenly (half of the goals gain nothing).
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fd_trainer.config.evaluation import GateSection
from fd_trainer.evaluation.decision import NotEnoughEvidence
from fd_trainer.evaluation.gate import judge
from fd_trainer.evaluation.measured import Evaluation, Measured, PolicyTable, Suite

SAMPLES = 16
KNOWN = 32
Rates = list[float]
Change = Callable[[random.Random, Rates], Rates]


def hard_goals(chance: random.Random, n: int) -> Rates:
    """Success rates: mean 0.27, a third of the goals below 5 %."""
    return [chance.betavariate(0.45, 1.2) for _ in range(n)]


def same(_: random.Random, rates: Rates) -> Rates:
    return list(rates)


def shuffled(chance: random.Random, rates: Rates) -> Rates:
    """Each goal's chance anew, around the old one with a spread of up to 0.25: the mean stands."""
    return [_around(chance, rate, 2.0) for rate in rates]


def gained(by: float) -> Change:
    """Half of the goals gain nothing; the other half twice `by`, spread, as far as there is room."""

    def change(chance: random.Random, rates: Rates) -> Rates:
        now = shuffled(chance, rates)
        lucky = [chance.random() < 0.5 for _ in rates]
        room = sum(1.0 - rate for rate, is_lucky in zip(now, lucky, strict=True) if is_lucky)
        share = min(1.0, by * len(rates) / room) if room else 0.0
        return [
            rate + share * (1.0 - rate) if is_lucky else rate
            for rate, is_lucky in zip(now, lucky, strict=True)
        ]

    return change


def _around(chance: random.Random, rate: float, weight: float) -> float:
    """A draw from a beta distribution with this mean; its variance is rate(1−rate)/(weight+1)."""
    if not 0.0 < rate < 1.0:
        return rate
    a, b = max(rate * weight, 1e-6), max((1.0 - rate) * weight, 1e-6)
    return chance.betavariate(a, b)


def table(
    chance: random.Random, adapter: str, suites: Sequence[tuple[Suite, Rates]]
) -> PolicyTable:
    problems = tuple(
        Measured(f"{suite}{i}", suite, f"g{i}", SAMPLES, drawn(chance, rate, SAMPLES))
        for suite, rates in suites
        for i, rate in enumerate(rates)
    )
    return PolicyTable("base", adapter, problems)


def drawn(chance: random.Random, rate: float, n: int) -> int:
    return sum(chance.random() < rate for _ in range(n))


def night(chance: random.Random, goals: int, change: Change) -> Evaluation:
    """One night's measurement: held-out goals, and known ones of which nothing is forgotten."""
    before = hard_goals(chance, goals)
    after = change(chance, before)
    known = [chance.betavariate(12, 1) for _ in range(KNOWN)]
    serving = table(chance, "served", [("held_out", before), ("known", known)])
    candidate = table(chance, "candidate", [("held_out", after), ("known", known)])
    return Evaluation(
        serving, candidate, SAMPLES, 0, 1.0, (1,), chosen_on_same=change is best_of_five
    )


def best_of_five(chance: random.Random, rates: Rates) -> Rates:
    """The best of five checkpoints that wander around one mean, by four draws of each goal."""
    checkpoints = [shuffled(chance, rates) for _ in range(5)]
    return max(checkpoints, key=lambda c: sum(drawn(chance, rate, 4) for rate in c))


@dataclass(frozen=True)
class Outcome:
    """What the gate said of some nights."""

    promoted: int
    unsure: int
    nights: int

    def row(self, words: str, goals: int) -> str:
        """A line of the table."""
        share, unsure = self.promoted / self.nights, self.unsure / self.nights
        return f"| {words} | {goals} | {self.nights} | **{share:.1%}** | {unsure:.1%} |"


def simulate(nights: int, goals: int, change: Change, seed: int, gate: GateSection) -> Outcome:
    chance = random.Random(seed)
    promoted = unsure = 0
    for _ in range(nights):
        decision = judge(night(chance, goals, change), gate)
        promoted += decision.promotes
        unsure += isinstance(decision.verdict, NotEnoughEvidence)
    return Outcome(promoted, unsure, nights)


SCENARIOS: tuple[tuple[str, int, Change], ...] = (
    ("no gain: the same rates", 100, same),
    ("no gain: shuffled", 100, shuffled),
    ("no gain: shuffled", 25, shuffled),
    ("no gain: shuffled", 8, shuffled),
    ("no gain to come: best of 5, chosen on the judging goals", 20, best_of_five),
    ("the same on many goals (not done: others are set apart)", 100, best_of_five),
    ("+10 points", 100, gained(0.10)),
    ("+10 points", 50, gained(0.10)),
    ("+10 points", 25, gained(0.10)),
    ("+20 points", 25, gained(0.20)),
    ("+40 points", 8, gained(0.40)),
)


def main() -> None:
    nights = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    gate = GateSection()
    print(f"| what is true | goals × {SAMPLES} | nights | promoted | not enough evidence |")
    print("|---|---|---|---|---|")
    for seed, (words, goals, change) in enumerate(SCENARIOS):
        started = time.perf_counter()
        print(simulate(nights, goals, change, seed, gate).row(words, goals), flush=True)
        print(f"  {time.perf_counter() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
