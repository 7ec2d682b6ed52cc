"""Searches and panels' questions: work that may outlive keystrokes elsewhere in its file.

It is stopped, in the very call that brings the edit, as soon as an edit reaches into what its answer
depends on: everything up to the end of its declaration.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from fd_core.errors import FdError
from fd_core.lean_source import declaration_at
from fd_core.proof import Document, ProofSite

from fd_server.documents import Edit

Answer = TypeVar("Answer")


class MovedOnError(FdError):
    """The text that an answer depends on has changed."""


@dataclass(eq=False)
class _Work:
    uri: str
    end: int
    task: asyncio.Task[Any]
    moved_on: bool = False


class LongWork:
    """All such work of the server."""

    def __init__(self) -> None:
        self._running: set[_Work] = set()

    async def on(self, site: ProofSite, work: Coroutine[Any, Any, Answer]) -> Answer:
        """Do work that depends on a site. Raises MovedOnError if its text changed meanwhile."""
        end = declaration_end(site)
        task: asyncio.Task[Answer] = asyncio.ensure_future(work)
        item = _Work(site.document.uri, end, task)
        self._running.add(item)
        try:
            return await task
        except asyncio.CancelledError:
            item.task.cancel()
            if item.moved_on:
                raise MovedOnError(
                    "the text changed while this was being worked on", fix="Ask again."
                ) from None
            raise
        finally:
            self._running.discard(item)

    def changed(self, before: Document, after: Document, edits: Sequence[Edit]) -> None:
        """Stop what an edit reaches into."""
        for item in self._running:
            if item.uri == after.uri and any(edit.start <= item.end for edit in edits):
                item.moved_on = True
                item.task.cancel()

    def closed(self, uri: str) -> None:
        """Stop what belongs to a closed document."""
        for item in self._running:
            if item.uri == uri:
                item.moved_on = True
                item.task.cancel()


def declaration_end(site: ProofSite) -> int:
    """The offset up to which a site's answer depends on the text."""
    document = site.document
    found = declaration_at(document.text, document.offset(site.range.start))
    return max(found.end if found else 0, document.offset(site.range.end))


def still_stands(site: ProofSite, now: Document | None) -> bool:
    """Whether an edit made for a site fits the document as it is now."""
    if now is None:
        return False
    end = declaration_end(site)
    if now.text[:end] != site.document.text[:end]:
        return False
    # A line below may have become the declaration's own: `termination_by`, one more step.
    return declaration_end(replace(site, document=now)) == end
