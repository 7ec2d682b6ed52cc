"""The harvest: Lean's own searching tactics, run in the scratch copy, and what they suggest.

`exact?`, `simp?`, `grind?` … store their finds as "Try this" code actions (EDITOR §3.4). What they
print is not yet checked: it goes through the checker like any candidate.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from fd_core.landing import normalise
from fd_core.proof import ProofState, Range

from . import questions, syntax_gate
from .pool import LeanPool
from .scratch import scratch_of
from .watch import Patience

_TITLE = "Try this"


async def try_this(
    pool: LeanPool, state: ProofState, tactic: str, seconds: float = 10.0
) -> tuple[str, ...]:
    """The texts that a searching tactic suggests at a state, first the one Lean prefers.

    Empty if it finds nothing, or not within `seconds`.
    """
    if syntax_gate.refusal(tactic) is not None:
        return ()
    async with pool.bench(scratch_of(state.site).header) as bench:
        landing = (await bench.established(state.site)).scratch.landing(tactic)
        finished = False
        try:
            report = await bench.worker.elaborate(landing.text, Patience(seconds))
            finished = report.complete
            if not finished:
                return ()
            actions = await questions.code_actions(bench.worker, Range(landing.first, landing.last))
        finally:
            if not finished:
                await bench.worker.stop_work()
    return tuple(dict.fromkeys(suggested_texts(actions)))


def suggested_texts(actions: Iterable[Mapping[str, Any]]) -> list[str]:
    """The new texts of "Try this" edits, as candidates: without the indentation of their place."""
    return [
        normalise(textwrap.dedent(str(edit["newText"])))
        for action in actions
        if _TITLE in str(action.get("title", ""))
        for change in (action.get("edit") or {}).get("documentChanges", ())
        for edit in change.get("edits", ())
    ]
