"""`fd-server demo FILE`: an editor's walk through the open goals of a file, told as it goes.

For each `sorry`: the goal, the ghost text an editor would show, candidates with Lean's verdicts and
milliseconds, then the search for a whole proof and its audit. The file is never changed; the
finished text is printed, and written elsewhere with `--write`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import click
from fd_core import settings
from fd_core.durable_file import replace_file
from fd_core.errors import ToolchainError
from fd_core.lean.toolchain import find_toolchain
from fd_core.proof import Position, Range
from fd_core.protocol import CandidatesEvent, ProveResult, WireCandidate

from fd_server.commands import elan, screen, target
from fd_server.commands.editor import Editor, Shown
from fd_server.commands.proving import Attempt, Outcome, declaration_name, prove_each
from fd_server.commands.target import LeanFile, TargetError

_SHOWN = 4


@click.command(name="demo")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--recorded", type=click.Path(path_type=Path), help="Play this recording of Lean.")
@click.option(
    "--fallback",
    type=click.Path(path_type=Path),
    help="Play this recording if no Lean can be had.",
)
@click.option("--write", type=click.Path(path_type=Path), help="Write the finished text here.")
@click.option("--seconds", type=float, default=20.0, help="Search budget for each goal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def command(
    file: Path,
    recorded: Path | None,
    fallback: Path | None,
    write: Path | None,
    seconds: float,
    as_json: bool,
) -> None:
    """Walk through the `sorry`s of FILE with a real fd-server, as an editor would."""
    lean_file = target.read(file)
    if write is not None and write.resolve() == lean_file.path:
        raise TargetError("--write names the file itself", fix="Name another file.")
    recording = recorded or lean_or_recording(lean_file.project, fallback)
    environment = {"FD_RECORDED_LEAN": str(recording.resolve())} if recording else {}
    walk = Walk(lean_file, seconds, quiet=as_json)
    outcome = asyncio.run(walk.run(environment))
    if write is not None:
        replace_file(write.resolve(), outcome.text.encode(), mode=0o644)
    if as_json:
        print(json.dumps(walk.summary(outcome), ensure_ascii=False))
    sys.exit(0 if outcome.proved else 1)


def lean_or_recording(project: Path, fallback: Path | None) -> Path | None:
    """Find Lean, or install it if the user agrees; else the recording to play, told with the fix.

    Raises ToolchainError where there is neither.
    """
    if find_toolchain(project, settings.load(project).lean).found is not None:
        return None
    try:
        if elan.agreed():
            elan.install(project)
            find_toolchain(project, settings.load(project).lean).require()
            return None
        raise ToolchainError(
            "no Lean was found",
            fix=f"{elan.AGREEMENT}=yes make demo installs it with elan ({elan.SIZES}); "
            "or install it yourself: https://lean-lang.org/install",
        )
    except ToolchainError as error:
        if fallback is None:
            raise
        click.secho(f"NO LEAN: {error.what}. Fix: {error.fix}", fg="red")
        click.echo("The same walk plays on answers recorded from a real Lean; each is marked.\n")
        return fallback


def offerable(item: WireCandidate) -> bool:
    """Whether an editor would show it."""
    return item.verdict.kind in ("closed", "progressed")


class _FirstOffered:
    """Hears the stream of one question: how many were judged, and when the first was worth showing."""

    def __init__(self) -> None:
        self._asked = time.monotonic()
        self._first_ms: float | None = None
        self.judged = 0

    def __call__(self, event: CandidatesEvent) -> None:
        """One event of the stream."""
        self.judged = max(self.judged, event.judged)
        if self._first_ms is None and any(map(offerable, event.candidates)):
            self._first_ms = (time.monotonic() - self._asked) * 1_000

    def __str__(self) -> str:
        first = (
            "" if self._first_ms is None else f", the first to show after {self._first_ms:.0f} ms"
        )
        return f"{self.judged} judged{first}"


class Walk:
    """One walk: what is asked in which order, and what is printed of it."""

    def __init__(self, file: LeanFile, seconds: float, *, quiet: bool) -> None:
        self._file, self._seconds, self._quiet = file, seconds, quiet
        self._editor: Editor
        self._label = ""
        self._judged = 0
        self._began = time.monotonic()

    async def run(self, environment: dict[str, str]) -> Outcome:
        """Walk from the first `sorry` to the last."""
        async with Editor.started(self._file.project, environment) as self._editor:
            shown = self._editor.show(self._file.document)
            outcome = await prove_each(self._editor, shown, self._one_goal, self._told)
        self._say_end(outcome)
        return outcome

    def summary(self, outcome: Outcome) -> dict[str, object]:
        """The walk as plain data."""
        return {
            "file": str(self._file.path),
            "lean": self._label,
            "goals": len(outcome.attempts),
            "proved": outcome.proved,
            "open": [a.declaration for a in outcome.attempts if not a.proved],
            "judged": self._judged,
            "seconds": round(time.monotonic() - self._began, 3),
            "text": outcome.text,
        }

    async def _one_goal(self, shown: Shown, at: Position) -> tuple[ProveResult, Shown]:
        goals = await self._editor.goals(shown, at)
        if not self._label:
            await self._say_start()
        place = f"{self._file.path.name}:{at.line + 1}:{at.column + 1}"
        self._say("")
        self._say(
            screen.heading(f"── {declaration_name(shown.document, at)}   {place}{self._mark()}")
        )
        self._say(screen.goals(goals))
        shown = await self._ghost(shown, at)
        await self._candidates(shown, at)
        return await self._editor.prove(shown, at, self._seconds), shown

    async def _ghost(self, shown: Shown, at: Position) -> Shown:
        """What an editor would show at a cursor where the `sorry` is not yet typed, and how soon."""
        document = shown.document
        hole = Range(at, Position(at.line, at.column + len("sorry")))
        typing = self._editor.change(shown, document.replaced(hole, "").text)
        asked = time.monotonic()
        texts = await self._editor.inline(typing, at)
        spent = (time.monotonic() - asked) * 1_000
        first, *rest = texts[0].strip().split("\n") if texts else ["nothing"]
        time_of = "" if self._recorded else f" ({spent:.0f} ms)"
        self._say(f"  ghost text{time_of}: {first}{' …' if rest else ''}")
        return self._editor.change(typing, document.text)

    async def _candidates(self, shown: Shown, at: Position) -> None:
        """The panel's view: everything judged within the budget, streamed."""
        clock = _FirstOffered()
        result = await self._editor.suggest(
            shown, at, limit=12, include_failed=True, on_candidates=clock
        )
        self._judged += clock.judged
        offered = [c for c in result.candidates if offerable(c)]
        refused = [c for c in result.candidates if not offerable(c)]
        heard = f"{clock.judged} judged" if self._recorded else str(clock)
        self._say(f"  candidates ({heard}):")
        for item in [*offered[:_SHOWN], *refused[: 2 if offered else 3]]:
            self._say(screen.candidate(item, "    "))
        if not offered:
            self._say(f"    nothing to offer: {result.status}")

    def _told(self, attempt: Attempt) -> None:
        result = attempt.result
        spent = f"{result.nodes} states"
        if not self._recorded:
            spent += f", {result.milliseconds / 1_000:.1f} s with the audit"
        if not result.found:
            self._say(f"  search ({spent}): stays open: {result.reason or 'nothing found'}")
            return
        self._say(f"  search ({spent}):")
        self._say("\n".join("    " + line for line in result.proof.strip().split("\n")))
        if attempt.audit is not None:
            self._say(f"  {screen.audit(attempt.audit)}{self._mark()}")

    async def _say_start(self) -> None:
        status = await self._editor.get_status()
        self._label = status.lean or "Lean"
        own = not status.model or status.model.startswith(("portfolio", "memory"))
        model = "none (Lean's own automation proposes)" if own else status.model
        self._say(f"{self._editor.server_name} over stdio · {self._label} · model: {model}")

    def _say_end(self, outcome: Outcome) -> None:
        self._say("\n" + screen.heading(f"── {self._file.path.name}, finished{self._mark()}"))
        self._say(outcome.text.rstrip())
        seconds = time.monotonic() - self._began
        self._say("")
        self._say(
            f"{outcome.proved} of {len(outcome.attempts)} goals proved and audited, "
            f"{len(outcome.attempts) - outcome.proved} left open; "
            f"{seconds:.1f} s in all on {self._label}."
        )
        self._say(f"{self._file.path.name} itself was not touched.")

    @property
    def _recorded(self) -> bool:
        """Whether a recording answers: then our own times mean nothing."""
        return self._label.startswith("recorded")

    def _mark(self) -> str:
        return "   [recorded]" if self._recorded else ""

    def _say(self, text: str) -> None:
        if not self._quiet:
            click.echo(text)
