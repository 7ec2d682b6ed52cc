"""FD, GRPO, and FD then GRPO on the toy of `tests/support/toy_tactics.py`, over seeds.

    OMP_NUM_THREADS=1 python benchmarks/toy_arms.py [--seeds 5] [--first 0] [--starts FOLDER]

The product's learner, losses and policy model on a toy task (no Lean). All arms have the same start,
goals, samples per step and anchor. Prints Markdown: means over seeds with 95 % intervals (Student's t).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, stdev

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support.toy_arms import ARMS, OPTIONS, Arm, Course, Measured, course

T95 = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26}
"""Student's t by number of seeds."""
KS = (1, 2, 4, 8, 16)
RATES = (1e-3, 2e-3, 4e-3)
FD_RATE = 3e-3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--starts", type=Path, default=None, help="keep the trained starts here")
    given = parser.parse_args()
    quiet()
    began = time.process_time()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.starts or Path(scratch)
        seeds = range(given.first, given.first + given.seeds)
        found = {name: [run(seed, folder) for seed in seeds] for name, run in runs()}
    spent = time.process_time() - began
    print(f"{given.seeds} seeds from {given.first} on, {spent:.0f} CPU-s, one thread\n")
    print(table(found))
    print(f"\n{midway(found)}\n")
    print(bars(found))


def runs() -> list[tuple[str, Callable[[int, Path], Course]]]:
    """Names of arms and how to run them; FD and GRPO also at other rates, and GRPO for pass@k."""

    def plain(arm: Arm) -> Callable[[int, Path], Course]:
        return lambda seed, folder: course(arm, seed, folder / str(seed))

    def other(arm: Arm = "GRPO", **fields: object) -> Callable[[int, Path], Course]:
        options = OPTIONS.model_validate({**OPTIONS.model_dump(), **fields})
        return lambda seed, folder: course(arm, seed, folder / str(seed), options=options)

    rates = [
        (f"GRPO, rate {r:g}", other(grpo_optimiser={"learning_rate": r, "warmup_steps": 5}))
        for r in RATES
    ]
    slow = {"learning_rate": FD_RATE, "warmup_steps": 5}
    for arm in ("FD", "FD→GRPO"):
        rates.append((f"{arm}, FD's rate {FD_RATE:g}", other(arm, optimiser=slow)))  # type: ignore[arg-type]  # a literal
    pass_k = OPTIONS.policy_gradient.model_dump() | {"advantage": "pass_at_k", "pass_k": 4}
    extra = [*rates, ("GRPO, pass@4 advantage", other(policy_gradient=pass_k))]
    return [(str(arm), plain(arm)) for arm in ARMS] + extra


def table(found: dict[str, list[Course]]) -> str:
    """One row per arm, at its last step."""
    names = [*(f"pass@{k}" for k in KS), "known", "entropy"]
    first = next(iter(found.values()))
    rows = {"start": [one.measured[0] for one in first]}
    rows |= {name: [one.last for one in own] for name, own in found.items()}
    lines = [f"| arm | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(cells(own))} |" for name, own in rows.items()]
    return "\n".join(lines)


def cells(measured: Sequence[Measured]) -> list[str]:
    columns = [[one.passes[k] for one in measured] for k in KS]
    columns += [[one.known for one in measured], [one.entropy for one in measured]]
    return [interval(column) for column in columns]


def interval(values: Sequence[float]) -> str:
    """mean ± half of the 95 % interval."""
    if len(values) < 2:
        return f"{values[0]:.3f}"
    return f"{fmean(values):.3f} ± {T95[len(values)] * stdev(values) / len(values) ** 0.5:.3f}"


def midway(found: dict[str, list[Course]]) -> str:
    """Where the stages meet: FD and GRPO at half of the steps."""
    parts = []
    for name in ("GRPO", "FD"):
        half = [one.measured[len(one.measured) // 2] for one in found[name]]
        passes = ", ".join(f"pass@{k} {interval([m.passes[k] for m in half])}" for k in (1, 16))
        parts.append(f"{name} at step {half[0].step}: {passes}, "
                     f"entropy {interval([m.entropy for m in half])}")  # fmt: skip
    return "; ".join(parts) + "."


def bars(found: dict[str, list[Course]]) -> str:
    """The bars of the issue, each with what was found."""
    last = {name: fmean(one.last.passes[1] for one in own) for name, own in found.items()}
    best = max(last[name] for name in last if name.startswith("GRPO"))
    fd = max(last[name] for name in last if name.startswith("FD") and "→" not in name)
    both = found["FD→GRPO"]
    known = min(one.last.known for one in both)
    least = min(one.last.passes[1] for one in both)
    wins = sum(
        one.last.passes[1] > other.last.passes[1]
        for one, other in zip(both, found["GRPO"], strict=True)
    )
    checks = [
        (last["FD→GRPO"] > best, f"FD→GRPO {last['FD→GRPO']:.3f} above the best GRPO {best:.3f}"),
        (last["FD→GRPO"] >= fd, f"FD→GRPO at least the best FD {fd:.3f}"),
        (last["FD→GRPO"] >= 0.9, f"FD→GRPO ≥ 0.9 on hidden families (least {least:.3f})"),
        (known >= 0.98, f"known ≥ 0.98 after FD→GRPO (least {known:.3f})"),
        (True, f"FD→GRPO above GRPO in {wins} of {len(both)} seeds"),
    ]  # fmt: skip
    return "\n".join(f"- {'holds' if ok else 'MISSED'}: {words}" for ok, words in checks)


def quiet() -> None:
    """Only the tables."""
    import torch
    import transformers

    torch.set_num_threads(1)
    warnings.filterwarnings("ignore")
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
