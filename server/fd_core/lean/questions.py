"""What one asks Lean about the scratch text it elaborated last: goals, a term's type, code actions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leanclient.aio import LeanRpcError

from fd_core.proof import Goal, Position, Range

from .client import translated
from .goal_text import interactive_goal, parse_goal, parse_goals
from .worker import ScratchWorker


async def goals(worker: ScratchWorker, at: Position) -> tuple[Goal, ...] | None:
    """The goals at a position of the elaborated text; None where there is no proof.

    Structured where interactive goals answer, else read from text.
    """
    client = await worker.client()
    with translated("asking for goals"):
        try:
            raw: Any = await client.interactive_goals(worker.path, at.line, at.column, fresh=False)
            return None if raw is None else tuple(map(interactive_goal, raw["goals"]))
        except (LeanRpcError, KeyError, TypeError):
            client.forget_rpc(worker.path)
    return await plain_goals(worker, at)


async def plain_goals(worker: ScratchWorker, at: Position) -> tuple[Goal, ...] | None:
    """The goals as text only: one request less than `goals` after a worker's start."""
    client = await worker.client()
    with translated("asking for goals"):
        answer = await client.goal(worker.path, at.line, at.column, fresh=False)
    return None if answer.status == "no_goal" else parse_goals(answer.goals)


async def term_goal(worker: ScratchWorker, at: Position) -> tuple[Goal, Range] | None:
    """The expected type of the term at a position, and the term's range."""
    client = await worker.client()
    with translated("asking for a term's type"):
        raw = await client.term_goal(worker.path, at.line, at.column, fresh=False)
    if not raw:
        return None
    start, end = raw["range"]["start"], raw["range"]["end"]
    where = Range(
        Position(start["line"], start["character"]), Position(end["line"], end["character"])
    )
    return parse_goal(str(raw["goal"])), where


async def code_actions(worker: ScratchWorker, where: Range) -> list[Mapping[str, Any]]:
    """Lean's code actions for a range of the elaborated text."""
    client = await worker.client()
    start, end = where.start, where.end
    with translated("asking for code actions"):
        return list(
            await client.code_actions(
                worker.path, start.line, start.column, end.line, end.column, fresh=False
            )
        )
