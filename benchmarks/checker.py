"""The checker against other ways to have Lean judge 32 candidates at one state.

    python benchmarks/checker.py [--rounds 5] [--goals 6]

Ways: our batch · one `didChange` per candidate with the tail cut, report delay 0 · the same with
Lean's default delay · all 32 as `example`s in one `lean` file, start-up taken off · the same as
theorems that are asked for their axioms, which is what our verdicts say · our batch with 2,000 lines
below the cursor. One table, medians over goals and rounds; ratios are medians of the ratios within
each round. Needs a Lean; take it while nothing else runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from fd_core.lean.checker import ScratchChecker
from fd_core.lean.goals import ScratchGoals
from fd_core.lean.pool import LeanPool
from fd_core.lean.scratch import scratch_of
from fd_core.lean.toolchain import Toolchain, find_toolchain
from fd_core.ports import CheckLimits
from fd_core.proof import Document, ProofSite, ProofState, Range
from fd_core.settings import LeanSettings
from fd_core.suggestion import Candidate, Origin
from leanclient.aio import AsyncLeanLSPClient

ROWS = Path(__file__).parents[1] / "tests" / "data" / "lean" / "verdicts-sample.jsonl"
GOALS = (
    "and_swap",
    "even_or_odd",
    "map_id'",
    "count_flip",
    "sumTo_mono",
    "bool_or_comm",
    "lt_chain",
)
CANDIDATES = (
    "rfl",
    "simp",
    "simp_all",
    "omega",
    "decide",
    "grind",
    "assumption",
    "contradiction",
    "constructor",
    "trivial",
    "intro h",
    "intro x",
    "intros",
    "left",
    "right",
    "cases h",
    "induction n",
    "ext",
    "funext",
    "rintro ⟨h1, h2⟩",
    "exact h",
    "exact ⟨h.2, h.1⟩",
    "rw [Nat.add_comm]",
    "ring",
    "norm_num",
    "split",
    "refine ⟨?_, ?_⟩",
    "apply And.intro",
    "exact Or.inl ‹_›",
    "by_cases h : p",
    "simp_arith",
    "intro h; simp_all",
)
"""The first 32 of the recorded list (`tests/data/lean`), whatever the goal; not `sorry` and
`native_decide`, which never reach Lean, nor `exact?`, whose index would hide the rest."""
BELOW = "".join(
    f"theorem below_{n} (a b : Nat) (h : a < b) :\n    a + {n} < b + {n} := by\n  omega\n\n"
    for n in range(500)
)
Seconds = float


def problems(count: int) -> list[tuple[str, list[str]]]:
    """Document text with a `sorry`, and 32 candidates."""
    rows = {}
    for line in ROWS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows[row["theorem"]] = row
    return [
        (
            f"{rows[name]['context']}\ntheorem {name} {rows[name]['statement']} := by\n  sorry\n",
            list(CANDIDATES),
        )
        for name in GOALS[:count]
    ]


def site_in(text: str) -> ProofSite:
    document = Document("file:///bench/Bench.lean", 1, text)
    at = text.index("sorry")
    return ProofSite(document, Range(document.position(at), document.position(at + 5)))


class Ours:
    """Our checker, warm at the state."""

    def __init__(self, folder: Path, toolchain: Toolchain) -> None:
        self.pool = LeanPool(folder, LeanSettings(), toolchain)
        self.closed = 0

    async def run(self, text: str, candidates: list[str]) -> Seconds:
        """Seconds for one batch."""
        state = await ScratchGoals(self.pool).goals_at(site_in(text))
        assert isinstance(state, ProofState)
        asked = [Candidate(candidate, Origin("user")) for candidate in candidates]
        started = time.perf_counter()
        checked = ScratchChecker(self.pool).check(state, asked, CheckLimits(30))
        judged = [item async for item in checked]
        spent = time.perf_counter() - started
        assert len(judged) == len(candidates)
        self.closed = sum(type(item.verdict).__name__ == "Closed" for item in judged)
        return spent


class OneByOne:
    """One `didChange` and one barrier per candidate, the tail cut, the prefix warm."""

    def __init__(self, folder: Path, toolchain: Toolchain, delay: bool) -> None:
        options = [] if delay else ["-Dserver.reportDelayMs=0"]
        self.client = AsyncLeanLSPClient(
            str(folder),
            server_command=[str(toolchain.lean), "--server", *options],
            check_version=False,
        )
        self.started = False

    async def run(self, text: str, candidates: list[str]) -> Seconds:
        """Seconds for one batch."""
        if not self.started:
            await self.client.start()
            self.started = True
        scratch = scratch_of(site_in(text))
        await self.client.open("OneByOne.lean", scratch.landing("sorry").text)
        started = time.perf_counter()
        for candidate in candidates:
            await self.client.update("OneByOne.lean", scratch.landing(candidate).text)
            await self.client.diagnostics("OneByOne.lean")
        return time.perf_counter() - started


class OneFile:
    """All candidates in one file; the time of the file without them is taken off."""

    def __init__(self, folder: Path, toolchain: Toolchain, axioms: bool) -> None:
        self.folder, self.lean, self.axioms = folder, toolchain.lean, axioms

    async def run(self, text: str, candidates: list[str]) -> Seconds:
        """Seconds for one batch."""
        head, _, tail = text.partition("theorem ")
        statement = tail[tail.index(" ") : tail.index("\n  sorry")]
        bodies = [candidate.replace("\n", "\n  ") for candidate in candidates]
        full = head + "".join(self._one(n, statement, body) for n, body in enumerate(bodies))
        return max(0.001, self._lean(full) - self._lean(head))

    def _one(self, number: int, statement: str, body: str) -> str:
        if not self.axioms:
            return f"example{statement}\n  {body}\n\n"
        name = f"fd_one_{number}"
        return f"theorem {name}{statement}\n  {body}\n#print axioms {name}\n\n"

    def _lean(self, text: str) -> Seconds:
        """Median of three: two start-ups are subtracted from each other, and each is long."""
        file = self.folder / "OneFile.lean"
        file.write_text(text, encoding="utf-8")
        return statistics.median(self._once(file) for _ in range(3))

    def _once(self, file: Path) -> Seconds:
        started = time.perf_counter()
        subprocess.run([self.lean, "--json", file], capture_output=True, check=False)
        return time.perf_counter() - started


Way = Callable[[str, list[str]], Awaitable[Seconds]]


async def measure(rounds: int, count: int) -> None:
    toolchain = find_toolchain(Path.cwd()).require()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = Ours(folder, toolchain)
        fast, slow = (OneByOne(folder, toolchain, delay) for delay in (False, True))
        ways: dict[str, Way] = {
            "our batch": ours.run,
            "one `didChange` each, delay 0, tail cut": fast.run,
            "one `didChange` each, default delay, tail cut": slow.run,
            "32 `example`s in one `lean` file, start-up off": OneFile(folder, toolchain, False).run,
            "32 theorems and their axioms, the same way": OneFile(folder, toolchain, True).run,
            "our batch, 2,000 lines below": lambda text, asked: ours.run(
                text + "\n" + BELOW, asked
            ),
        }
        times: dict[str, list[Seconds]] = {way: [] for way in ways}
        try:
            for text, candidates in problems(count):
                await ours.run(text, candidates)
                for turn in range(rounds):
                    names = list(ways)[:: -1 if turn % 2 else 1]  # so that none always comes first
                    for way in names:
                        times[way].append(await ways[way](text, candidates))
        finally:
            await ours.pool.aclose()
            await fast.client.close()
            await slow.client.close()
    show(toolchain, times)


def show(toolchain: Toolchain, times: dict[str, list[Seconds]]) -> None:
    base = times["our batch"]
    print(
        f"{toolchain}, {len(base)} batches of 32 (median seconds; ratio: that way's time / our batch's)\n"
    )
    print("| way | s | candidates/s | ratio |\n|---|---|---|---|")
    for way, spent in times.items():
        middle = statistics.median(spent)
        ratio = statistics.median(theirs / mine for theirs, mine in zip(spent, base, strict=True))
        print(f"| {way} | {middle:.3f} | {32 / middle:.0f} | {ratio:.2f} |")
    print(
        "\nBars: delay 0 ≥ 1.5 · default delay ≥ 15 · one file ≥ 0.9 · 2,000 lines below ≤ 1/0.95 = 1.05"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--goals", type=int, default=6)
    asked = parser.parse_args()
    asyncio.run(measure(asked.rounds, asked.goals))


if __name__ == "__main__":
    main()
