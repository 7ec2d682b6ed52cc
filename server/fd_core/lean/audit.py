"""The audit: whether a whole declaration is `Proved`. The reward and every written file rest on it.

Layers, each in its own module: text (`audit_text`), syntax gate (`syntax_gate`), fresh elaboration
in processes of their own (`audit_process`), in a sandbox where there is one (`sandbox`), and
`Audit.lean`, a program that reads the compiled challenge and solution as data, compares them,
replays the proof in the kernel and collects axioms. Only a complete, positive report is `Proved`;
everything that keeps it from coming is `AuditUndecided`. See `docs/security.md`.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import shutil
import tempfile
import time
import weakref
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from fd_core.proof import Document
from fd_core.settings import LeanSettings
from fd_core.suggestion import AuditResult, AuditUndecided, NotProved, Proved

from .audit_compile import Compiled, CompileErrors, compile_text
from .audit_process import LeanCommand, ProcessLimits, Stopped, memory_limit_mb, run_lean
from .audit_report import SORRY, Report, SolutionFacts, read_report, refusals, shown
from .audit_text import AuditTexts, TextRefused, open_failing, prepare
from .syntax_gate import refusal

PROGRAM = resources.files("fd_core.lean").joinpath("Audit.lean").read_text(encoding="utf-8")
MAIN = "import FdAudit\n\nunsafe def main := FdAudit.main\n"
_STACK_KB = 1_000_000
MAX_CHALLENGES = 64
"""Compiled challenges that are kept, the oldest going first."""


@dataclass(frozen=True, slots=True)
class _Challenge:
    """A compiled challenge, and the head it was compiled with."""

    compiled: Compiled
    head: str


class FreshAuditor:
    """Audits declarations of one project, each in fresh Lean processes outside the project."""

    def __init__(
        self, command: LeanCommand, settings: LeanSettings | None = None, *, gate: bool = True
    ) -> None:
        """`gate=False` leaves out the syntax gate: only to test that deeper layers hold alone."""
        settings = settings or LeanSettings()
        self._command = command
        self._gate = gate
        self._limits = ProcessLimits(settings.audit_s, memory_limit_mb(settings.memory_mb))
        self._folder = Path(tempfile.mkdtemp(prefix="fd-audit-"))
        self._remove = weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        self._challenges: OrderedDict[str, _Challenge] = OrderedDict()
        self._compiled_program: Compiled | None = None
        self._busy = asyncio.Lock()

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        """Compare `solution` with `challenge` (the same file, proof open) for one declaration."""
        return (await self.audit_many(challenge, [solution], declaration))[0]

    async def audit_many(
        self, challenge: Document, solutions: Sequence[Document], declaration: str
    ) -> list[AuditResult]:
        """The same for several solutions of one challenge: compiled apart, judged by one program."""
        began = time.monotonic()
        results: list[AuditResult | None] = [None] * len(solutions)
        texts: dict[int, AuditTexts] = {}
        for index, solution in enumerate(solutions):
            prepared = self._prepared(challenge.text, solution.text, declaration)
            if isinstance(prepared, AuditTexts):
                texts[index] = prepared
            else:
                results[index] = prepared
        async with self._busy:
            for index, result in (await self.judge(texts, declaration)).items():
                results[index] = result
        spent = (time.monotonic() - began) * 1000
        return [_timed(result, declaration, spent) for result in results]

    async def aclose(self) -> None:
        """Remove what was compiled."""
        await asyncio.to_thread(self._remove)

    def _prepared(
        self, challenge: str, solution: str, declaration: str
    ) -> AuditTexts | NotProved | AuditUndecided:
        texts = prepare(challenge, solution, declaration)
        if isinstance(texts, TextRefused):
            reason = texts.reason[:1].upper() + texts.reason[1:] + "."
            if texts.decided:
                return NotProved(declaration, (reason,), 0)
            return AuditUndecided(declaration, reason, 0)
        reason_of_gate = refusal(texts.inserted) if self._gate else None
        return NotProved(declaration, (reason_of_gate,), 0) if reason_of_gate else texts

    async def judge(
        self, texts: Mapping[int, AuditTexts], declaration: str
    ) -> dict[int, AuditResult]:
        """The layers below text and gate, alone: for texts that share one challenge."""
        if not texts:
            return {}
        first = next(iter(texts.values()))
        challenge = await self._challenge(first)
        if isinstance(challenge, AuditUndecided):
            return dict.fromkeys(texts, challenge)
        results: dict[int, AuditResult] = {}
        compiled: dict[int, Compiled] = {}
        for index, one in texts.items():
            outcome = await self._compile(challenge.head + one.proof)
            if isinstance(outcome, Compiled):
                compiled[index] = outcome
            else:
                results[index] = _not_compiled(outcome, declaration)
        reported = await self._reported(first, challenge.compiled, compiled, declaration)
        for file in compiled.values():
            shutil.rmtree(file.olean.parent, ignore_errors=True)
        return results | reported

    async def _challenge(self, texts: AuditTexts) -> _Challenge | AuditUndecided:
        """The compiled challenge, from before if nobody touched it."""
        key = hashlib.sha256(texts.challenge.encode()).hexdigest()
        known = self._challenges.get(key)
        if known is not None and known.compiled.intact():
            return known
        head = texts.head
        outcome = await self._compile(texts.challenge)
        if isinstance(outcome, CompileErrors):
            # Other theorems of the file may fail, as files do while one works on them.
            mended = open_failing(head, {line for line, _ in outcome.errors})
            if mended is not None:
                head, outcome = mended, await self._compile(mended + texts.open_proof)
        if isinstance(outcome, Compiled):
            return self._kept(key, _Challenge(outcome, head))
        reason = outcome.reason if isinstance(outcome, Stopped) else outcome.first
        return AuditUndecided("", f"The file does not compile with this proof open: {reason}", 0)

    def _kept(self, key: str, challenge: _Challenge) -> _Challenge:
        self._challenges[key] = challenge
        if len(self._challenges) > MAX_CHALLENGES:
            _, oldest = self._challenges.popitem(last=False)
            shutil.rmtree(oldest.compiled.olean.parent, ignore_errors=True)
        return challenge

    async def _compile(self, text: str) -> Compiled | CompileErrors | Stopped:
        return await compile_text(self._command, text, self._folder, self._limits)

    async def _reported(
        self,
        texts: AuditTexts,
        challenge: Compiled,
        compiled: dict[int, Compiled],
        declaration: str,
    ) -> dict[int, AuditResult]:
        if not compiled:
            return {}
        report = await self._report(texts, challenge, list(compiled.values()))
        if isinstance(report, Stopped):
            return dict.fromkeys(compiled, AuditUndecided(declaration, report.reason, 0))
        pairs = zip(compiled, report.solutions, strict=True)
        return {index: _judge(facts, declaration) for index, facts in pairs}

    async def _report(
        self, texts: AuditTexts, challenge: Compiled, compiled: Sequence[Compiled]
    ) -> Report | Stopped:
        """Run the auditor's program in a folder that no candidate has seen."""
        program = await self._program()
        if isinstance(program, Stopped):
            return program
        if not all(file.intact() for file in [challenge, *compiled]):
            return Stopped("A compiled file was changed after it was compiled.")
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        main, target, nonce = folder / "Main.lean", folder / "report", secrets.token_hex(16)
        main.write_text(MAIN, encoding="utf-8")
        files = [str(challenge.olean), *(str(one.olean) for one in compiled)]
        arguments = [f"-s{_STACK_KB}", "--run", str(main), str(target), nonce, texts.name, *files]
        paths = (*self._command.search_path, program.olean.parent)
        command = replace(self._command, search_path=paths, options=())
        readable = [challenge.olean.parent, *(one.olean.parent for one in compiled)]
        outcome = await run_lean(command, arguments, folder, self._limits, readable)
        text = target.read_text(encoding="utf-8") if target.exists() else ""
        shutil.rmtree(folder, ignore_errors=True)
        if isinstance(outcome, Stopped):
            return outcome
        report = read_report(text, nonce, len(compiled)) if outcome.status == 0 else None
        if report is None:
            said = " ".join(outcome.output.split())[:300]
            return Stopped(f"The auditor's program gave no full report: {said or outcome.status}")
        if texts.opened and SORRY not in report.canary:
            return Stopped("The auditor's program does not see the challenge's own `sorry`.")
        return report

    async def _program(self) -> Compiled | Stopped:
        """The auditor's program, compiled once for this Lean, and anew if somebody changed it."""
        if self._compiled_program is None or not self._compiled_program.intact():
            plain = replace(self._command, options=())
            outcome = await compile_text(plain, PROGRAM, self._folder, self._limits, "FdAudit")
            if isinstance(outcome, CompileErrors):
                return Stopped(f"The auditor's program does not compile: {outcome.first}")
            if isinstance(outcome, Stopped):
                return outcome
            self._compiled_program = outcome
        return self._compiled_program


def _judge(facts: SolutionFacts, declaration: str) -> AuditResult:
    if facts.trouble is not None and facts.trouble.startswith("malformed data"):
        return NotProved(declaration, (f"The compiled file holds {facts.trouble}.",), 0)
    if facts.trouble is not None:
        trouble = f"The auditor's program failed: {' '.join(facts.trouble.split())[:300]}"
        return AuditUndecided(declaration, trouble, 0)
    reasons = refusals(facts)
    if reasons:
        return NotProved(declaration, tuple(reasons), 0)
    return Proved(declaration, tuple(sorted(map(shown, facts.axioms))), 0)


def _not_compiled(outcome: CompileErrors | Stopped, declaration: str) -> NotProved | AuditUndecided:
    if isinstance(outcome, Stopped):
        return AuditUndecided(declaration, outcome.reason, 0)
    if outcome.only_timeouts:
        return AuditUndecided(declaration, outcome.first, 0)
    reasons = tuple(f"Lean: {error}" for _, error in outcome.errors[:5])
    return NotProved(declaration, reasons, 0, outcome.said[:5])


def _timed(result: AuditResult | None, declaration: str, milliseconds: float) -> AuditResult:
    match result:
        case Proved(axioms=axioms):
            return Proved(declaration, axioms, milliseconds)
        case NotProved(reasons=reasons, messages=messages):
            return NotProved(declaration, reasons, milliseconds, messages)
        case AuditUndecided(reason=reason):
            return AuditUndecided(declaration, reason, milliseconds)
        case None:
            return AuditUndecided(declaration, "No result came back.", milliseconds)
