"""Compiling the audit's files: each in a folder and a process of its own, outside the project."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .audit_process import Finished, LeanCommand, ProcessLimits, Stopped, run_lean

_LONGEST = 4_000
_PARTS = (".olean", ".olean.server", ".olean.private")
_PLAINLY = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"):
    _PLAINLY |= getattr(os, _flag, 0)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled file and the digest of each of its parts, taken when it was fresh."""

    olean: Path
    digests: tuple[str, ...]

    def intact(self) -> bool:
        """Whether nobody changed it since."""
        return self.digests == _digests(self.olean)


@dataclass(frozen=True, slots=True)
class CompileErrors:
    """Lean finished and found errors: each with its line (from 1; 0 if it gave none)."""

    errors: tuple[tuple[int, str], ...]
    said: tuple[str, ...] = ()
    """The same as Lean wrote them, with their line ends and longer: for critics."""

    @property
    def first(self) -> str:
        """The first one, for people."""
        return self.errors[0][1]

    @property
    def only_timeouts(self) -> bool:
        """Whether Lean ran out of heartbeats and complained of nothing else."""
        return all("deterministic) timeout" in error for _, error in self.errors)


async def compile_text(
    command: LeanCommand, text: str, folder: Path, limits: ProcessLimits, module: str = "Audited"
) -> Compiled | CompileErrors | Stopped:
    """Elaborate a whole file anew, in a new folder below `folder` that is kept if it compiles."""
    work = Path(tempfile.mkdtemp(dir=folder))
    outcome: Compiled | CompileErrors | Stopped | None = None
    try:
        outcome = await _compiled(command, text, work, limits, module)
        return outcome
    finally:
        if not isinstance(outcome, Compiled):
            shutil.rmtree(work, ignore_errors=True)


async def _compiled(
    command: LeanCommand, text: str, work: Path, limits: ProcessLimits, module: str
) -> Compiled | CompileErrors | Stopped:
    source, olean = work / f"{module}.lean", work / f"{module}.olean"
    source.write_text(text, encoding="utf-8", newline="\n")
    arguments = [*command.options, "--json", "-o", str(olean), str(source)]
    outcome = await run_lean(command, arguments, work, limits)
    if isinstance(outcome, Stopped):
        return outcome
    if outcome.status < 0:
        return Stopped(f"Lean was ended by signal {-outcome.status}", outcome.milliseconds)
    if outcome.status != 0:
        return _errors(outcome)
    digests = _digests(olean)
    if not digests[0]:
        return Stopped("Lean ended without a compiled file", outcome.milliseconds)
    return Compiled(olean, digests)


def _errors(outcome: Finished) -> CompileErrors:
    """What Lean complained of, for people: a forged line here can only say "not proved"."""
    found, whole = [], []
    for line in outcome.output.splitlines():
        try:
            message = json.loads(line)
        except ValueError:
            continue
        if isinstance(message, dict) and message.get("severity") == "error":
            found.append(_error(message))
            whole.append(_whole(message))
    said = " ".join(outcome.output.split())[:300]
    errors = tuple(found) or ((0, said or f"exit status {outcome.status}"),)
    return CompileErrors(errors, tuple(whole))


def _error(message: dict[str, Any]) -> tuple[int, str]:
    line, column = _place(message)
    text = " ".join(str(message.get("data", "")).split())[:300]
    return (line if isinstance(line, int) else 0), f"{line}:{column}: {text}"


def _whole(message: dict[str, Any]) -> str:
    line, column = _place(message)
    return f"{line}:{column}: {str(message.get('data', ''))[:_LONGEST]}"


def _place(message: dict[str, Any]) -> tuple[Any, Any]:
    where = message.get("pos")
    return (where.get("line"), where.get("column")) if isinstance(where, dict) else (None, None)


def _digests(olean: Path) -> tuple[str, ...]:
    parts = [olean.with_suffix(suffix) for suffix in _PARTS]
    return tuple(_digest(part) for part in parts)


def _digest(file: Path) -> str:
    """Empty for what is no plain file: a pipe or a device put there would be read for ever."""
    try:
        descriptor = os.open(file, _PLAINLY)
    except OSError:
        return ""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        with open(descriptor, "rb", closefd=False) as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    finally:
        os.close(descriptor)
