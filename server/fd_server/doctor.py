"""The doctor: tries each stage between an editor and its first candidate, in order.

Each stage says what it saw, how long it took and how much memory is held. After the first that
fails the ones that need it are not tried; its fix is what the user should do.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from fd_core.errors import FdError
from fd_core.lean.audit_project import sandbox_for
from fd_core.lean.sandbox import FIX
from fd_core.lean.toolchain import find_toolchain
from fd_core.lean_source import header_end
from fd_core.proof import Document, Position
from fd_core.settings import Settings
from fd_core.suggestion import origin_in_words

from fd_server.commands.editor import Editor, Shown

PROBE = "theorem fd_doctor_probe (a b : Nat) (h : a < b) : a + 1 ≤ b := by\n  sorry\n"
Outcome = Literal["fine", "failed", "not tried"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: what came of it. `memory_mb` is what Lean's processes hold after it."""

    name: str
    outcome: Outcome
    words: str
    milliseconds: float = 0.0
    memory_mb: int = 0
    fix: str = ""


class StageError(FdError):
    """A stage ran and did not do what it should."""


class Doctor:
    """Examines one project; `header` is the import lines a user's file begins with."""

    def __init__(self, project: Path, settings: Settings, header: str = "") -> None:
        self._project, self._settings = project, settings
        self._text = header[: header_end(header)] + "\n\n" + PROBE if header else PROBE
        self._editor: Editor
        self._shown: Shown
        self._exit = AsyncExitStack()

    async def examine(self) -> AsyncIterator[Stage]:
        """Stream the stages as they are done."""
        needs_lean: list[tuple[str, Callable[[], Awaitable[str]]]] = [
            ("toolchain", self._toolchain),
            ("sandbox", self._sandbox),
            ("cache", self._cache),
            ("server start", self._server_start),
            ("header load", self._header_load),
            ("first goal", self._first_goal),
            ("first candidate", self._first_candidate),
        ]
        async with self._exit:
            broken = False
            for name, stage in needs_lean:
                if broken:
                    yield Stage(name, "not tried", "an earlier stage failed")
                    continue
                done = await self._timed(name, stage)
                broken = done.outcome == "failed"
                yield done
        yield await self._timed("policy", self._policy)
        yield await self._timed("store", self._store)

    async def _timed(self, name: str, stage: Callable[[], Awaitable[str]]) -> Stage:
        began = time.monotonic()
        try:
            words = await stage()
        except (FdError, TimeoutError) as error:
            spent = (time.monotonic() - began) * 1_000
            fix = error.fix if isinstance(error, FdError) else ""
            what = error.what if isinstance(error, FdError) else "no answer in time"
            return Stage(name, "failed", what, spent, 0, fix or "Run it again with --debug.")
        spent = (time.monotonic() - began) * 1_000
        return Stage(name, "fine", words, spent, await self._memory())

    async def _memory(self) -> int:
        if not hasattr(self, "_shown"):
            return 0
        try:
            return (await self._editor.get_status()).memory_mb
        except (FdError, TimeoutError):
            return 0

    async def _toolchain(self) -> str:
        found = find_toolchain(self._project, self._settings.lean).require()
        return f"{found}, found by {found.origin}: {found.lean}"

    async def _sandbox(self) -> str:
        found = await sandbox_for(None, self._settings.lean)
        if found is not None:
            return f"audits run inside {found.program}"
        if self._settings.lean.sandbox == "off":
            return "off by lean.sandbox: what a model wrote runs as you during audits"
        return f"none, so what a model wrote runs as you during audits. {FIX}"

    async def _cache(self) -> str:
        manifest = self._project / "lake-manifest.json"
        if not manifest.exists():
            return "no lake-manifest.json: nothing to fetch"
        packages = self._project / ".lake" / "packages"
        unbuilt = [
            folder.name
            for folder in sorted(packages.glob("*"))
            if folder.is_dir() and not any((folder / ".lake" / "build" / "lib").glob("**/*.olean"))
        ]
        if '"packages": []' in manifest.read_text(encoding="utf-8", errors="replace"):
            return "the project needs no packages"
        if not packages.exists() or unbuilt:
            what = f"not built: {', '.join(unbuilt)}" if unbuilt else "packages not fetched"
            fix = f"In {self._project}: `lake exe cache get` (with Mathlib), then `lake build`."
            raise StageError(what, fix=fix)
        return "compiled packages are there"

    async def _server_start(self) -> str:
        self._editor = await self._exit.enter_async_context(Editor.started(self._project))
        return f"{self._editor.server_name} answered initialize"

    async def _header_load(self) -> str:
        uri = (self._project / "FdDoctorProbe.lean").as_uri()
        self._shown = self._editor.show(Document(uri, 1, self._text))
        answer = await self._editor.goals(self._shown, self._hole(self._text))
        if answer.kind != "goals":
            raise StageError(
                f"Lean shows no goal after loading the imports: {answer.reason or answer.kind}",
                fix="Build the project (`lake build`); a header that does not compile has no goals.",
            )
        imports = self._text.count("import ")
        return f"{imports} imports" if imports else "no imports"

    async def _first_goal(self) -> str:
        # Another text, so that nothing is answered from memory.
        text = self._text.replace("a + 1 ≤ b", "a + 1 ≤ b + 0")
        self._shown = self._editor.change(self._shown, text)
        answer = await self._editor.goals(self._shown, self._hole(text))
        if not answer.goals:
            raise StageError(f"no goal: {answer.reason}", fix="Run it again with --debug.")
        return f"⊢ {answer.goals[0].target}"

    async def _first_candidate(self) -> str:
        at = self._hole(self._shown.document.text)
        result = await self._editor.suggest(self._shown, at, seconds=10)
        closing = [c for c in result.candidates if c.verdict.kind == "closed"]
        if not closing:
            raise StageError(
                f"no candidate closes a simple inequality: {result.status}",
                fix="Run `fd-server suggest` with --failed to see Lean's messages.",
            )
        best = closing[0]
        spent, origin = best.verdict.milliseconds, origin_in_words(best.origin)
        return f"`{best.text}` closes it ({spent:.0f} ms, {origin})"

    async def _policy(self) -> str:
        policy = self._settings.policy
        if policy.kind == "none":
            return "no model configured: Lean's own automation proposes"
        if policy.kind == "openai_compatible":
            return await self._endpoint()
        from importlib.util import find_spec

        missing = [n for n in ("torch", "transformers", "peft") if find_spec(n) is None]
        if missing:
            fix = "pip install 'fd-prover[local]'"
            raise StageError(f"a model in process needs {', '.join(missing)}", fix=fix)
        return f"{policy.model} in process, loaded at the first question"

    async def _endpoint(self) -> str:
        from fd_core.policy.endpoint import Endpoint
        from fd_core.policy.waiting import Deadline

        policy = self._settings.policy
        endpoint = Endpoint(policy.endpoint, policy.api_key())
        try:
            models = await endpoint.models(Deadline.after(10.0))
        finally:
            await endpoint.aclose()
        if policy.model not in models:
            raise StageError(
                f"{policy.endpoint} serves {', '.join(models) or 'nothing'}, not {policy.model!r}",
                fix="Set policy.model to one of them, or serve it: `fd-server model serve`.",
            )
        return f"{policy.model} answers at {policy.endpoint}"

    async def _store(self) -> str:
        from fd_core.store import consent, open_store

        from fd_server.commands.events import store_path

        path = store_path()
        agreed = consent.effective(self._settings.store.consent, path)
        store = open_store(path)
        try:
            return f"{store.stats().events} events in {path}; consent: {agreed}"
        finally:
            store.close()

    @staticmethod
    def _hole(text: str) -> Position:
        document = Document("", 0, text)
        return document.position(text.rindex("sorry"))
