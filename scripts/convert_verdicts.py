"""Turns verdicts of `lean --json` (one row per theorem and candidate) into a recording.

    python scripts/convert_verdicts.py verdicts.jsonl goals.lean tests/data/lean/core

Rows hold `theorem, candidate, verdict, messages`. What such a row can't tell is left out: `exact?`
(it saw no earlier theorems), `sorry`, and "progress" that left the goals as they were. Axioms and
milliseconds were not recorded and read as none and 0.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fd_core.lean import recording_format as fmt
from fd_core.lean import recording_keys as keys
from fd_core.lean.goal_text import parse_goal, unsolved_goals
from fd_core.lean_source import declarations, sorries
from fd_core.proof import Document, Goal, ProofSite, ProofState, Range
from fd_core.suggestion import Closed, Cost, Failed, Message, Progressed, Verdict

Row = dict[str, Any]
FREE = Cost(0.0)
LEFT_OUT = ("exact?", "sorry")
FAILED_ASSUMPTION = "Tactic `assumption` failed\n\n"


def main(verdicts: Path, goals: Path, folder: Path) -> None:
    """Write `<folder>/lean.jsonl`."""
    rows: dict[str, list[Row]] = defaultdict(list)
    for line in verdicts.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        rows[row["theorem"]].append(row)
    document = Document("file:///goals.lean", 0, goals.read_text(encoding="utf-8"))
    head = fmt.Recorded(fmt.FORMAT, "4.27.0", "2026-11-22", "converted; no costs, no axioms")
    lines: list[fmt.Line] = [head]
    for name, site in _sites(document):
        lines += _theorem(site, rows[name])
    text = "".join(fmt.encode(line) + "\n" for line in lines)
    (folder / fmt.FILE).write_text(text, encoding="utf-8")


def _sites(document: Document) -> Iterator[tuple[str, ProofSite]]:
    holes = sorries(document.text)
    for declared in declarations(document.text):
        for start, end in holes:
            if declared.start <= start < declared.end:
                where = Range(document.position(start), document.position(end))
                yield declared.name, ProofSite(document, where)


def _theorem(site: ProofSite, rows: list[Row]) -> Iterator[fmt.Line]:
    goals = next(g for row in rows if (g := _initial(row)))
    state = ProofState(site, goals)
    key = keys.state_key(state)
    yield fmt.GoalsAnswered(keys.site_key(site), "state", site.kind, "", goals)
    yield fmt.StateSeen(key, tuple(map(str, goals)))
    for row in rows:
        verdict = _verdict(row, goals)
        if verdict is not None and row["candidate"] not in LEFT_OUT:
            text = keys.candidate_key(row["candidate"])
            yield fmt.Judged(key, text, fmt.shortened_verdict(verdict))


def _initial(row: Row) -> tuple[Goal, ...]:
    """`assumption` proves none of them, and its message shows the goal it was tried on."""
    texts = [m["data"] for m in row["messages"] if m["data"].startswith(FAILED_ASSUMPTION)]
    return tuple(parse_goal(text.removeprefix(FAILED_ASSUMPTION)) for text in texts[:1])


def _verdict(row: Row, before: tuple[Goal, ...]) -> Verdict | None:
    messages = tuple(Message(m["severity"], m["data"]) for m in row["messages"])
    if row["verdict"] == "closed":
        return Closed(FREE, (), messages)
    if row["verdict"] == "failed":
        return Failed(FREE, messages)
    after = tuple(goal for m in messages for goal in unsolved_goals(m.text) or ())
    return Progressed(FREE, after) if after and after != before else None


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]))
