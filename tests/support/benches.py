"""The server's workbench in this process, on FAKE ports: for tests of one feature at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fd_core.events import Event
from fd_core.proof import Document
from fd_core.protocol import Status, Wire
from fd_server.client import Client
from fd_server.engines import Parts
from fd_server.status import StatusBoard
from fd_server.workbench import Workbench
from lsprotocol import types

from support.fakes import FakeLean, FakePolicy, FakeRegistry


class FakeEditorLink:
    """FAKE of the editor: keeps what it is told, answers questions as told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.shown: list[str] = []
        self.questions: list[str] = []
        self.answer: str | None = None
        self.applied: list[types.WorkspaceEdit] = []
        self.applies = True
        self.reports: list[str] = []

    def tell(self, method: str, params: Wire) -> None:
        self.told.append((method, params.to_wire()))

    def show(self, message: str, *, error: bool = False) -> None:
        self.shown.append(message)

    async def ask(self, question: str, answers: Sequence[str]) -> str | None:
        self.questions.append(question)
        return self.answer

    async def apply(self, label: str, edit: types.WorkspaceEdit) -> bool:
        self.applied.append(edit)
        return self.applies

    def refresh_lenses(self) -> None: ...

    @asynccontextmanager
    async def progress(self, title: str) -> Any:
        yield lambda words, share: self.reports.append(words)


@dataclass
class Bench:
    """A workbench with handles on its fakes."""

    bench: Workbench
    lean: FakeLean
    policy: FakePolicy
    registry: FakeRegistry
    editor: FakeEditorLink
    folder: Path
    events: list[Event] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)

    def open(self, text: str, name: str = "A.lean", version: int = 1) -> Document:
        """Open a document, as `didOpen` does."""
        path = self.folder / name
        document = self.bench.documents.open(path.as_uri(), version, text)
        self.bench.observer.opened(document)
        return document

    def type(self, document: Document, old: str, new: str) -> Document:
        """Replace one piece of the newest text by another, as one keystroke would."""
        now = self.bench.documents.get(document.uri)
        assert now is not None
        assert now.text.count(old) == 1, now.text
        at = now.text.index(old)
        return self.edit(now, at, at + len(old), new)

    def edit(self, document: Document, start: int, end: int, text: str) -> Document:
        """Replace a stretch of the newest text, as `didChange` does."""
        now = self.bench.documents.get(document.uri)
        assert now is not None
        encoding = self.bench.encoding
        where = types.Range(
            encoding.lsp_position(now, now.position(start)),
            encoding.lsp_position(now, now.position(end)),
        )
        change = types.TextDocumentContentChangePartial(range=where, text=text)
        self.bench.suggester.forget(now.uri)
        changed = self.bench.documents.change(now.uri, now.version + 1, [change])
        assert changed is not None
        return changed


def make_bench(
    folder: Path, script: dict[str, Any], *, client: Client | None = None,
    recording: bool = True, registry: FakeRegistry | None = None,
) -> Bench:  # fmt: skip
    """A workbench whose events land in a list instead of a store."""
    lean, policy = FakeLean(script), FakePolicy(script)
    registry = registry or FakeRegistry(script.get("adapters", ()))
    parts = Parts(
        lean=lambda root, settings: lean,
        policy=lambda root, settings, lean, registry: policy,
        registry=lambda: registry,
        adapters=lambda registry: registry.adapters(),  # type: ignore[attr-defined]
    )
    editor = FakeEditorLink()
    statuses: list[Status] = []
    bench = Workbench(parts, StatusBoard(statuses.append), editor)  # type: ignore[arg-type]
    made = Bench(bench, lean, policy, registry, editor, folder, statuses=statuses)
    consent = "yes" if recording else "no"
    bench.welcome(client or Client())
    bench.configure({"store": {"consent": consent, "path": str(folder / "events.db")}})
    bench.records.record = made.events.append  # type: ignore[method-assign]
    return made


async def settled(made: Bench, seconds: float = 5) -> None:
    """Wait until nothing runs in the background."""
    async with asyncio.timeout(seconds):
        while made.bench.suggester.working:
            await asyncio.sleep(0.005)
        await made.bench.decisions.settle()
