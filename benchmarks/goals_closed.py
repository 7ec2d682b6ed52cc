"""Share of a frozen goal set closed: Lean's own searches, our suggestion, our search.

    python benchmarks/goals_closed.py [--seconds 10] [--goals 112] [--audit] [--only NAME …]

Each way has the same wall time per goal, on one warm worker, nothing else running. "Closed" is the
checker's verdict on the text that would be inserted; what a searching tactic finds counts if its
"Try this" text closes. With `--audit`, what search found is audited too, outside its time.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from pathlib import Path

from fd_core.landing import land
from fd_core.lean.opening import open_lean
from fd_core.policy.harvest import Harvest
from fd_core.policy.mixture import Member, Mixture
from fd_core.policy.portfolio import Portfolio, lean_version
from fd_core.ports import CheckLimits, Lean, Policy, SampleRequest
from fd_core.proof import Document, ProofState
from fd_core.search.best_first import best_first
from fd_core.search.events import SolutionFound
from fd_core.search.sampling import Samples
from fd_core.settings import LeanSettings, SearchSettings
from fd_core.sites import open_sites
from fd_core.suggestion import Candidate, Closed, Origin, Proved

GOALS = Path(__file__).with_name("data") / "goals.lean"
FIRST = (
    "first | rfl | trivial | assumption | decide | omega | (simp; done) | (simp_all; done) | grind | "
    "(intros; first | omega | (simp_all; done) | grind) | (constructor <;> simp_all; done) | "
    "contradiction"
)
"""`done` gives it a fair chance: a `simp` that only makes progress would end it."""
WIDTH = 24
GRACE = 1.1
"""What comes later than this much of the budget does not count."""
Way = Callable[[ProofState], Awaitable[str | None]]


@dataclass(frozen=True, slots=True)
class Tried:
    """One goal, one way: the text that closes it, and the seconds it took."""

    goal: str
    text: str | None
    seconds: float
    proved: bool | None = None


class Ways:
    """The ways to close a goal, on one Lean and one policy."""

    def __init__(self, lean: Lean, policy: Policy, seconds: float) -> None:
        self._lean, self._policy, self._seconds = lean, policy, seconds
        self.table: dict[str, Way] = {
            "`try?`": lambda state: self._searched(state, "try?"),
            "`exact?`": lambda state: self._searched(state, "exact?"),
            "`first | …`": lambda state: self._closing(state, [FIRST]),
            "suggestion": self._suggestion,
            "search": self._search,
        }

    async def _searched(self, state: ProofState, tactic: str) -> str | None:
        return await self._closing(state, list(await self._lean.try_this(state, tactic)))

    async def _closing(self, state: ProofState, texts: list[str]) -> str | None:
        candidates = [Candidate(text, Origin("user")) for text in texts]
        limits = CheckLimits(seconds=self._seconds)
        async with aclosing(self._lean.check(state, candidates, limits)) as judged:  # type: ignore[type-var]
            async for item in judged:
                if isinstance(item.verdict, Closed):
                    return item.candidate.text
        return None

    async def _suggestion(self, state: ProofState) -> str | None:
        """One step, as offered at a cursor stop, with more time than an editor gives it."""
        samples = Samples()
        samples.start(self._policy, SampleRequest(state, WIDTH, seconds=self._seconds))
        try:
            while samples.running or samples.waiting:
                await samples.ready(WIDTH)
                texts = [candidate.text for _, candidate in samples.take(WIDTH)]
                if texts and (found := await self._closing(state, texts)) is not None:
                    return found
        finally:
            await samples.stop()
        return None

    async def _search(self, state: ProofState) -> str | None:
        settings = SearchSettings(nodes=10_000, seconds=self._seconds, width=WIDTH)
        async with aclosing(best_first(state, self._policy, self._lean, settings)) as events:
            async for event in events:
                if isinstance(event, SolutionFound):
                    return event.text
        return None


async def tried(way: Way, goal: str, state: ProofState, seconds: float) -> Tried:
    started = time.perf_counter()
    text = None
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            text = await way(state)
    spent = time.perf_counter() - started
    return Tried(goal, text if spent <= seconds * GRACE else None, spent)


async def measured(options: argparse.Namespace) -> dict[str, list[Tried]]:
    document = Document(GOALS.as_uri(), 0, GOALS.read_text(encoding="utf-8"))
    lean = open_lean(GOALS.parent, LeanSettings())
    members = [
        Member("portfolio", Portfolio(lean_version(lean.label))),
        Member("searches", Harvest(lean), patient=True),
    ]
    ways = Ways(lean, Mixture(members), options.seconds).table
    rows: dict[str, list[Tried]] = {name: [] for name in ways}
    sites = [
        item for item in open_sites(document) if not options.only or item[0].name in options.only
    ]
    try:
        for declaration, site in sites[: options.goals]:
            state = await lean.goals_at(site)
            if not isinstance(state, ProofState):
                print(f"{declaration.name}: {state}", flush=True)
                continue
            for name, way in ways.items():
                row = await tried(way, declaration.name, state, options.seconds)
                if options.audit and name == "search" and row.text is not None:
                    solution = land(site, row.text).document
                    audit = await lean.audit(document, solution, declaration.name)
                    row = Tried(row.goal, row.text, row.seconds, isinstance(audit, Proved))
                rows[name].append(row)
                print(
                    f"{declaration.name} · {name} · {row.seconds:.1f} s · {row.text!r}", flush=True
                )
    finally:
        await lean.aclose()
    return rows


def table(rows: dict[str, list[Tried]], seconds: float) -> str:
    """Markdown."""
    lines = [
        f"| way ({seconds:g} s per goal) | closed | share | median s, closed ones | only this way |",
        "|---|---|---|---|---|",
    ]
    for name, tries in rows.items():
        closed = {row.goal for row in tries if row.text is not None}
        others = {r.goal for n, rs in rows.items() if n != name for r in rs if r.text is not None}
        spent = statistics.median([r.seconds for r in tries if r.text is not None] or [0])
        share, alone = len(closed) / max(len(tries), 1), len(closed - others)
        lines.append(
            f"| {name} | {len(closed)} of {len(tries)} | {share:.0%} | {spent:.2f} | {alone} |"
        )
    audited = [row.proved for row in rows["search"] if row.proved is not None]
    if audited:
        lines.append(f"\nAudited of what search found: {sum(audited)} of {len(audited)} proved.")
    missed = [row.goal for row in rows["search"] if row.text is None]
    return "\n".join([*lines, "", f"Not closed by search: {', '.join(missed) or 'none'}."])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--goals", type=int, default=1_000)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--audit", action="store_true")
    options = parser.parse_args()
    print(table(asyncio.run(measured(options)), options.seconds))


if __name__ == "__main__":
    main()
