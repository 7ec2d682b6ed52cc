"""What the audit costs beside a plain `lean` on the same file, and what the sandbox costs in it.

    python benchmarks/audit.py [--rounds 5] [--goals 6]

Ways: `lean` on the file with `#print axioms` behind it (what a user does by hand, and can be lied
to) · our audit, in the sandbox where there is one · our audit without it · eight solutions of one
challenge at once, for each. The audit compiles challenge and solution, reads both as data and replays
the proof; a challenge is compiled once, so each way has its second and later audits of a goal here.
Medians over goals and rounds; ratios are medians of the ratios within each round. Needs a Lean;
take it while nothing else runs.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from fd_core.lean.audit import FreshAuditor
from fd_core.lean.audit_process import Finished, LeanCommand, ProcessLimits, run_lean
from fd_core.lean.audit_project import lean_command
from fd_core.suggestion import Proved

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.redteam import Honest, document, honest

TOGETHER = 8
Seconds = float
Way = Callable[[Honest], Awaitable[Seconds]]


class ByHand:
    """`lean` on the written file, and a look at what it prints."""

    def __init__(self, command: LeanCommand, folder: Path) -> None:
        self.command, self.folder = replace(command, sandbox=None), folder

    async def __call__(self, proof: Honest) -> Seconds:
        """Seconds for one file."""
        file = self.folder / "ByHand.lean"
        file.write_text(f"{proof.solution}\n#print axioms {proof.declaration}\n", encoding="utf-8")
        began = time.perf_counter()
        done = await run_lean(self.command, [str(file)], self.folder, ProcessLimits(300, 8_000))
        assert isinstance(done, Finished)
        assert done.status == 0, (proof.name, done.output)
        return time.perf_counter() - began


class Audited:
    """Our audit, `count` solutions at once; the time for one of them."""

    def __init__(self, command: LeanCommand, count: int = 1) -> None:
        self.auditor, self.count = FreshAuditor(command), count

    async def __call__(self, proof: Honest) -> Seconds:
        """Seconds for one solution."""
        began = time.perf_counter()
        results = await self.auditor.audit_many(
            document(proof.challenge), [document(proof.solution)] * self.count, proof.declaration
        )
        assert all(isinstance(result, Proved) for result in results), (proof.name, results)
        return (time.perf_counter() - began) / self.count


async def measure(rounds: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = await lean_command(folder)
        bare = replace(command, sandbox=None)
        ways: dict[str, Way] = {"`lean` by hand": ByHand(command, folder)}
        if command.sandbox is not None:
            ways["audit, sandbox"] = Audited(command)
            ways[f"audit, sandbox, {TOGETHER} at once, each"] = Audited(command, TOGETHER)
        ways["audit, no sandbox"] = Audited(bare)
        times: dict[str, list[Seconds]] = {way: [] for way in ways}
        for proof in _chosen(count):
            for way in ways.values():
                await way(proof)  # compiles the challenge and the auditor's program
            for turn in range(rounds):
                for one in list(ways)[:: -1 if turn % 2 else 1]:
                    times[one].append(await ways[one](proof))
        for way in ways.values():
            if isinstance(way, Audited):
                await way.auditor.aclose()
    _show(times)


def _chosen(count: int) -> list[Honest]:
    """One proof of each challenge, spread over the list."""
    named = [proof for proof in honest() if f"theorem {proof.declaration} " in proof.challenge]
    first = {proof.challenge: proof for proof in reversed(named)}
    proofs = list(first.values())
    return proofs[:: max(1, len(proofs) // count)][:count]


def _show(times: dict[str, list[Seconds]]) -> None:
    base = times["`lean` by hand"]
    print("| way | median s | ratio to `lean` by hand |\n|---|---|---|")
    for way, spent in times.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(spent, base, strict=True))
        print(f"| {way} | {statistics.median(spent):.2f} | {ratio:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--goals", type=int, default=6)
    asked = parser.parse_args()
    asyncio.run(measure(asked.rounds, asked.goals))


if __name__ == "__main__":
    main()
