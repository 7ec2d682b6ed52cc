"""Does the product ever say yes where Lean says no? The checker, and the audit.

    python benchmarks/false_accepts.py [--pairs 1200] [--seed 0] [--skip checker|audit]

Checker: distinct (goal, candidate) pairs, adversarial ones included, go through the product's own
checker, and each candidate that the syntax gate lets pass is also judged by a fresh `lean`: landed
in the written file as an `example` of its own, so that none can use another (a copy that failed
would still be in the environment), with a command between two of them that a dangling candidate
runs into. A false accept is a Closed that the fresh `lean` refuses or that leaves `sorry`; a false
reject is a Failed or Progressed that it accepts. Undecided is neither, and is counted.

Audit: every red-team attack through the whole audit and through its deeper layers alone, and every
honest proof. Prints Markdown. Needs a Lean.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fd_core.landing import land
from fd_core.lean.audit import FreshAuditor
from fd_core.lean.audit_process import (
    Finished,
    LeanCommand,
    ProcessLimits,
    memory_limit_mb,
    run_lean,
)
from fd_core.lean.audit_project import ProjectAuditor, lean_command
from fd_core.lean.live import LiveLean
from fd_core.lean.syntax_gate import refusal
from fd_core.proof import ProofState
from fd_core.settings import LeanSettings
from fd_core.suggestion import (
    Candidate,
    Closed,
    Failed,
    Origin,
    Progressed,
    Proved,
    Undecided,
    Verdict,
)

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.redteam import (
    Attack,
    attacks,
    below_the_text,
    by_all_layers,
    caught_by,
    document,
    honest,
    site_in,
)

FALSE_GOALS = (
    "theorem false_sub (a b : Nat) : a - b + b = a := by\n  sorry\n",
    "theorem false_converse (p q : Prop) : (p → q) → (q → p) := by\n  sorry\n",
    "theorem false_comm (l m : List Nat) : l ++ m = m ++ l := by\n  sorry\n",
)
ADVERSARIAL = (
    "exact Or.inl ⟨hp, hqr⟩", "refine ?_", "refine absurd ?_ ?_", "exact ?x", "exact _", "skip",
    "done", "exfalso", "apply?", "try simp", "all_goals skip", "intros; skip", "· skip",
    "first | exact? | skip", "exact id ?_", "exact @id _ ?_", "exact (by skip)", "show _; skip",
    "have h : False := by omega\nexact h.elim", "exact fun x => ?_", "revert *", "rfl; rfl",
    "exact absurd rfl rfl", "exact false_sub _ _", "exact false_comm _ _", "exact and_swap _ _",
    "exact (by exact?)", "simp; sorry", "exact sorry", "first | sorry", "exact (", "exact foo /-",
    "exact foo)", "simp at *", "exact", "refine", "by", "fun x => x", "repeat constructor",
    "intro h <;> simp_all", "constructor <;> skip", "exact And.intro ‹_› ‹_›", "nofun", "trivial <;> rfl",
    "native_decide", "decide +native", "set_option warn.sorry false in sorry", "run_tac pure ()",
    "trivial\n#exit", "trivial\nend", "exact h\n\ntheorem x : True := trivial", "exact «sorryAx» _ false",
    "unfold_let", "exact (sorry : _)", "cases ‹False›", "contradiction", "simp_all only []", "grind only",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Goal:
    """One file that ends in a theorem with its proof open."""

    text: str
    candidates: tuple[str, ...]


def goals(pairs: int, seed: int) -> list[Goal]:
    """At least `pairs` distinct pairs, the adversarial candidates at every goal."""
    recorded = [proof for proof in honest() if proof.origin == "recorded"]
    texts = [*dict.fromkeys(proof.challenge for proof in recorded), *FALSE_GOALS]
    usual = sorted({proof.candidate for proof in honest()})
    each = max(0, -(-pairs // len(texts)) - len(ADVERSARIAL))
    chosen = random.Random(seed)
    closing = defaultdict(list)
    for proof in recorded:
        closing[proof.challenge].append(proof.candidate)
    found = []
    for text in texts:
        more = chosen.sample(usual, min(len(usual), max(each, 12)))
        found.append(Goal(text, tuple(dict.fromkeys([*closing[text], *ADVERSARIAL, *more]))))
    return found


async def fresh_verdicts(command: LeanCommand, goal: Goal) -> dict[str, bool]:
    """Whether a fresh `lean` accepts each candidate that the gate lets pass."""
    site = site_in(goal.text)
    start = goal.text.rindex("theorem ")
    lines, starts, tried = [goal.text[:start]], [], []
    for candidate in goal.candidates:
        if refusal(candidate) is None:
            starts.append("\n".join(lines).count("\n") + 2)
            proof = land(site, candidate).document.text[start:]
            lines.append(re.sub(r"^theorem \S+", "example", proof).rstrip() + "\n\nsection\nend\n")
            tried.append(candidate)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "Batch.lean").write_text("\n".join(lines), encoding="utf-8")
        limits = ProcessLimits(900, memory_limit_mb(0))
        done = await run_lean(command, ["--json", str(folder / "Batch.lean")], folder, limits)
    if not isinstance(done, Finished):
        raise SystemExit(f"the fresh Lean gave no verdict: {done.reason}")
    bad = {_owner(starts, line) for line in _complaints(done.output)}
    return {candidate: index not in bad for index, candidate in enumerate(tried)}


def _complaints(output: str) -> list[int]:
    """Lines (from 1) of errors and of `sorry`."""
    rows = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [
        row["pos"]["line"]
        for row in rows
        if row["severity"] == "error" or "declaration uses" in row["data"]
    ]


def _owner(starts: Sequence[int], line: int) -> int:
    return max((i for i, start in enumerate(starts) if start <= line), default=-1)


async def product_verdicts(lean: LiveLean, goal: Goal) -> dict[str, Verdict]:
    """What the product's checker says."""
    state = await lean.goals_at(site_in(goal.text))
    if not isinstance(state, ProofState):
        raise SystemExit(f"no goal at the end of {goal.text!r}")
    candidates = [Candidate(text, Origin("user")) for text in goal.candidates]
    found = {}
    async for judgement in lean.check(state, candidates):
        found[judgement.candidate.text] = judgement.verdict
    return found


async def checker_table(command: LeanCommand, lean: LiveLean, pairs: int, seed: int) -> str:
    """One line per verdict of the product, against the fresh `lean`."""
    counts: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    for goal in goals(pairs, seed):
        fresh = await fresh_verdicts(command, goal)
        for text, verdict in (await product_verdicts(lean, goal)).items():
            truth = {True: "accepts", False: "refuses", None: "gate"}[fresh.get(text)]
            kind = type(verdict).__name__
            counts[kind, truth] += 1
            if _is_wrong(verdict, fresh.get(text)):
                wrong.append(f"- {kind}, fresh Lean {truth}: `{text!r}` at `{goal.text[-120:]!r}`")
    kinds = [kind.__name__ for kind in (Closed, Progressed, Failed, Undecided)]
    rows = [
        f"| {kind} | {counts[kind, 'accepts']} | {counts[kind, 'refuses']} | {counts[kind, 'gate']} |"
        for kind in kinds
    ]
    accepts = sum(counts[kind, "accepts"] for kind in kinds)
    false_accepts = counts["Closed", "refuses"] + counts["Closed", "gate"]
    false_rejects = counts["Failed", "accepts"] + counts["Progressed", "accepts"]
    head = (
        "| product says | fresh Lean accepts | refuses | refused by the gate |\n|---|---|---|---|"
    )
    share = false_rejects / max(1, accepts)
    summary = (
        f"{sum(counts.values())} distinct pairs; false accepts {false_accepts}; "
        f"false rejects {false_rejects} ({share:.2%} of what the fresh Lean accepts)"
    )
    return "\n".join([head, *rows, "", summary, *wrong[:30]])


def _is_wrong(verdict: Verdict, accepted: bool | None) -> bool:
    if isinstance(verdict, Closed):
        return accepted is not True
    return isinstance(verdict, Failed | Progressed) and accepted is True


async def attack_table(command: LeanCommand) -> str:
    """Each attack: what stops it first, and what stops it when gate and text are left out."""
    rows = ["| row | attack | stopped by | without gate and text |", "|---|---|---|---|"]
    accepted = 0
    for attack in attacks():
        first = await _whole(command, attack)
        deeper = await _deeper(command, attack)
        accepted += not first
        cells = [", ".join(layers) or "**ACCEPTED**" for layers in (first, deeper)]
        rows.append(f"| {attack.row} | {attack.name} | {' | '.join(cells)} |")
    return "\n".join([*rows, "", f"{len(attacks())} attacks; accepted: {accepted}"])


def _auditor(command: LeanCommand, attack: Attack, *, gate: bool) -> FreshAuditor:
    settings = LeanSettings(audit_s=attack.seconds or 300, memory_mb=8_000)
    return FreshAuditor(command, settings, gate=gate)


async def _whole(command: LeanCommand, attack: Attack) -> list[str]:
    auditor = _auditor(command, attack, gate=True)
    result = await by_all_layers(auditor, attack)
    await auditor.aclose()
    return caught_by(result)


async def _deeper(command: LeanCommand, attack: Attack) -> list[str]:
    auditor = _auditor(command, attack, gate=False)
    result = await below_the_text(auditor, attack)
    await auditor.aclose()
    return caught_by(result)


async def honest_table(command: LeanCommand) -> str:
    """How many honest proofs are accepted, and each that is not, with the reason."""
    groups = defaultdict(list)
    for proof in honest():
        groups[proof.challenge, proof.declaration].append(proof)
    auditor = FreshAuditor(command)
    counts: Counter[tuple[str, bool]] = Counter()
    refused = []
    for (challenge, declaration), group in groups.items():
        solutions = [document(proof.solution) for proof in group]
        results = await auditor.audit_many(document(challenge), solutions, declaration)
        for proof, result in zip(group, results, strict=True):
            counts[proof.origin, isinstance(result, Proved)] += 1
            if not isinstance(result, Proved):
                refused.append(f"- {proof.name}: {result}")
    await auditor.aclose()
    rows = ["| honest proofs | accepted | refused |", "|---|---|---|"]
    for origin in ("recorded", "hand"):
        rows.append(f"| {origin} | {counts[origin, True]} | {counts[origin, False]} |")
    return "\n".join([*rows, "", *refused])


async def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=1_200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", choices=["checker", "audit"], default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        project = Path(name)
        command = await lean_command(project)
        if options.skip != "checker":
            lean = LiveLean(project, LeanSettings(), ProjectAuditor(project))
            print(f"### Checker against a fresh Lean ({lean.label})\n")
            print(await checker_table(command, lean, options.pairs, options.seed), flush=True)
            await lean.aclose()
        if options.skip != "audit":
            print("\n### Honest proofs through the audit\n")
            print(await honest_table(command), flush=True)
            print("\n### Red team through the audit\n")
            print(await attack_table(command), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
