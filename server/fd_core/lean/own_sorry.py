"""Whether a candidate brings a `sorry` of its own, where the declaration rests on one anyway.

Pure. `#print axioms` says only that there is one: the user's own above the declaration, or one that a
tactic left behind. Lean's warning tells them apart, as it is about what the declaration itself says
and not about what it uses; where the declaration holds another hole there is that warning in any case.
"""

from __future__ import annotations

import re

from fd_core.lean_source import blank_out

from .report import Report
from .scratch import Scratch

_ADMITS = re.compile(
    r"(?<![\w.!?'«])(?:apply\?|rw\?{1,2}|observe\?|have\?|propose\?|plausible|slim_check|hint"
    r"|sorry|admit|stop)(?![\w'?»])"
)
"""Tactics that end a goal with `sorry` and no error: searches that print what they found so far."""


def brings_sorry(scratch: Scratch, candidate: str, report: Report) -> bool:
    """Whether the `sorry` in this report on the landed candidate is, or may be, the candidate's."""
    if _ADMITS.search(blank_out(candidate)):
        return True
    start = scratch.site.document.position(scratch.start)
    warned = any(item.says_sorry and item.start >= start for item in report.diagnostics)
    return warned and not scratch.open_elsewhere
