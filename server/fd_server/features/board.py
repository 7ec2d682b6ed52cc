"""`fd/board`: every `sorry` and failing declaration, of one project or of all open ones."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from fd_core import locations
from fd_core.errors import FdError
from fd_core.proof import ProofState
from fd_core.protocol import Board, BoardParams, BoardRow

from fd_server.board import OpenGoal, scan
from fd_server.documents import path_of
from fd_server.workbench import Workbench

_log = logging.getLogger(__name__)
GOALS_S = 60.0


async def board(bench: Workbench, params: BoardParams) -> Board:
    """Rows by file and line. With `goals`, Lean is asked for each, within a minute."""
    found: list[OpenGoal] = []
    for root in _roots(bench, params.uri):
        found += await asyncio.to_thread(scan, root, bench.documents, bench.marks)
    goals = await _goals(bench, found) if params.goals else {}
    queued = {(g.uri, g.declaration) for g in bench.queued()}
    return Board(rows=[_row(bench, item, goals.get(i, ""), queued) for i, item in enumerate(found)])


def _roots(bench: Workbench, uri: str | None) -> list[Path]:
    if uri is not None:
        path = path_of(uri)
        return [locations.project_root(path)] if path is not None and path.exists() else []
    open_files = [path for d in bench.documents.all() if (path := path_of(d.uri)) is not None]
    roots = {locations.project_root(path) for path in open_files} | set(bench.client.roots)
    return sorted(root for root in roots if not any(root != o and o in root.parents for o in roots))


async def _goals(bench: Workbench, found: list[OpenGoal]) -> dict[int, str]:
    """Goals as far as time allows."""
    goals: dict[int, str] = {}
    try:
        async with asyncio.timeout(GOALS_S):
            for index, item in enumerate(found):
                project = await bench.project_of(item.document.uri)
                if item.site is None or project is None:
                    continue
                answer = await project.engine.lean.goals_at(item.site)
                if isinstance(answer, ProofState):
                    goals[index] = "\n\n".join(map(str, answer.goals))
    except (TimeoutError, FdError) as error:
        _log.warning("board: goals of %s rows only: %s", len(goals), error)
    return goals


def _row(bench: Workbench, item: OpenGoal, goal: str, queued: set[tuple[str, str]]) -> BoardRow:
    attempt = bench.attempts.best(item.document.uri, item.declaration)
    return BoardRow(
        uri=item.document.uri,
        declaration=item.declaration,
        kind=item.kind,
        range=bench.encoding.wire_range(item.document, item.range),
        goal=goal,
        since=item.since,
        best_attempt=attempt.text if attempt else "",
        verdict=attempt.verdict if attempt else "",
        queued=(item.document.uri, item.declaration) in queued,
    )
