"""At a save: what stands in declarations that changed and that Lean accepts without `sorry`.

The only work of Lean's that suggestions do not ask for, so it is done only where something is to be
learned: records are on, and a declaration changed or an accepted text waits for its clean save.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from fd_core.events import Event, ProofObserved, SourceSeen, source_digest
from fd_core.lean_source import Declaration, declarations, sorries
from fd_core.proof import Document, Position, Range
from fd_core.suggestion import Message

from fd_server.editor_goals import environment
from fd_server.engines import Project
from fd_server.region import Region
from fd_server.survival import Survivals

_PROVES = frozenset({"theorem", "lemma", "example", "instance", "def", "abbrev"})
_BY = re.compile(r"(?<![\w.'])by(?![\w.'])")
_EXIT = "using 'exit' to interrupt Lean"
"""What Lean warns of at `#exit`: nothing below it is read."""


class Observer:
    """Remembers each open document's declarations as last observed."""

    def __init__(
        self, record: Callable[[Event], object], survivals: Survivals,
        is_current: Callable[[Document], bool],
    ) -> None:  # fmt: skip
        self._record, self._survivals, self._is_current = record, survivals, is_current
        self._known: dict[str, dict[str, str]] = {}

    def opened(self, document: Document) -> None:
        """What stands there at first is not news."""
        self._known[document.uri] = _texts(document)

    def closed(self, uri: str) -> None:
        """Forget a document."""
        self._known.pop(uri, None)

    def has_news(self, document: Document) -> bool:
        """Whether asking Lean about this save would tell something."""
        changed = _texts(document) != self._known.get(document.uri)
        return changed or self._survivals.awaits_save(document.uri)

    async def saved(self, document: Document, project: Project) -> tuple[Message, ...]:
        """Ask Lean about the whole document, and record what is good; returns its messages.

        Raises LeanError if Lean did not get through it. Nothing is recorded then, nor if the document
        was edited or closed meanwhile: what is followed stands elsewhere than Lean's messages.
        """
        messages = await project.engine.lean.diagnostics(document)
        if self._is_current(document):
            self._judged(document, project, messages)
        return messages

    def _judged(self, document: Document, project: Project, messages: tuple[Message, ...]) -> None:
        bad = [m.where for m in messages if m.severity == "error" and m.where is not None]
        bad += [Range(m.where.start, _end(document)) for m in messages if m.where and _exits(m)]
        open_ = [Region(start, end) for start, end in sorries(document.text)]
        before = self._known.get(document.uri, {})
        for found in declarations(document.text):
            text = document.text[found.start : found.end]
            span = Region(found.start, found.end)
            is_news = before.get(_key(found)) != text and _is_proof(found, text)
            if (
                is_news
                and not _hits(document, span, bad)
                and not any(_meet(span, o) for o in open_)
            ):
                proof, above = _event(document, found, project), document.text[: found.start]
                source = SourceSeen(proof.at, proof.project, proof.uri, proof.above, "", above)
                self._record(source)
                self._record(proof)
        self._known[document.uri] = _texts(document)
        self._survivals.saved(document, lambda region: not _hits(document, region, bad))


def _exits(message: Message) -> bool:
    return message.text.startswith(_EXIT)


def _end(document: Document) -> Position:
    return document.position(len(document.text))


def _is_proof(found: Declaration, text: str) -> bool:
    return found.keyword in _PROVES and found.body_start is not None and bool(_BY.search(text))


def _hits(document: Document, span: Region, errors: list[Range]) -> bool:
    marks = (Region(document.offset(e.start), document.offset(e.end)) for e in errors)
    return any(_meet(span, mark) for mark in marks)


def _meet(one: Region, other: Region) -> bool:
    return one.start <= other.end and other.start <= one.end


def _key(found: Declaration) -> str:
    return f"{found.keyword} {found.name}" if found.name else f"{found.keyword} @{found.start}"


def _texts(document: Document) -> dict[str, str]:
    return {_key(d): document.text[d.start : d.end] for d in declarations(document.text)}


def _event(document: Document, found: Declaration, project: Project) -> ProofObserved:
    body = found.body_start or found.end
    return ProofObserved(
        at=time.time(),
        project=str(project.root),
        uri=document.uri,
        declaration=found.name,
        statement=document.text[found.start : body].strip(),
        proof=document.text[body : found.end].strip(),
        environment=environment(document, document.position(found.start)),
        proved=False,
        above=source_digest(document.text[: found.start]),
    )
