"""A session as Markdown: what was proved, every branch with its verdicts, and what was refused.

Texts come from files, models and Lean: none of them can end the block it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from fd_tui.proving.journal_lines import Record
from fd_tui.proving.session_events import Applied, Finished, Lost, Rejected
from fd_tui.proving.undo_tree import UndoTree

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#|!~&$])")
_TICKS = re.compile(r"`+")


def markdown(record: Record) -> str:
    """The whole session, its last proof and audit included."""
    return "\n".join(_lines(record)) + "\n"


def fenced(text: str, language: str = "lean") -> str:
    """A block of code that its own backticks can't end."""
    clean = _CONTROLS.sub("�", text.replace("\r\n", "\n"))
    longest = max((len(run) for run in _TICKS.findall(clean)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{clean}\n{fence}"


def plain(text: str) -> str:
    """Words on one line in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", " ".join(_CONTROLS.sub(" ", text).split()))


def _lines(record: Record) -> Iterator[str]:
    first = record.opened
    yield f"# {plain(first.declaration) or 'A proving session'}\n"
    yield f"- file: {plain(first.uri)}, line {first.line + 1}"
    yield f"- from {_date(record.began)} to {_date(record.ended)}"
    if record.damaged:
        yield f"- {record.damaged} lines of its journal could not be read"
    if first.text:
        yield f"\n## Declaration\n\n{fenced(first.text)}"
    if first.goals:
        yield "\n## To be proved\n"
        yield from map(fenced, first.goals)
    yield from _branches(record)
    yield from _refused(record)
    yield from _rejected(record)
    yield from _lost(record)
    yield from _proof(record)


def _branches(record: Record) -> Iterator[str]:
    """Every step once: a branch begins where it leaves those before it."""
    tree = UndoTree.of(record.tree)
    applied = {
        event.node: event for entry in record.entries if isinstance(event := entry.event, Applied)
    }
    numbers = {record.opened.root: 0}
    for count, branch in enumerate(tree.branches() if len(tree) > 1 else (), 1):
        path = _tail(tree, branch.leaf, numbers)
        marks = [word for word, holds in (("finished", branch.is_finished),
                                          ("last stood here", branch.holds_current)) if holds]  # fmt: skip
        title = plain(branch.name) or f"Branch {count}"
        yield f"\n## {title}" + (f" ({', '.join(marks)})" if marks else "") + "\n"
        start = tree.parent(path[0])
        if start is not None and numbers[start]:
            yield f"After step {numbers[start]}:\n"
        for id in path:
            numbers[id] = len(numbers)
            yield from _step(applied[id], numbers[id])


def _tail(tree: UndoTree, leaf: int, known: dict[int, int]) -> list[int]:
    path: list[int] = []
    at: int | None = leaf
    while at is not None and at not in known:
        path.append(at)
        at = tree.parent(at)
    return path[::-1]


def _step(made: Applied, number: int) -> Iterator[str]:
    left = f" · {made.goals_left} left" if made.verdict == "progressed" else ""
    said = f"{made.verdict} · {plain(made.origin)} · {made.milliseconds:.0f} ms{left}"
    yield f"**Step {number}**: {said}\n\n{fenced(made.text)}"
    if made.goals:
        yield "leaves\n" + "\n".join(map(fenced, made.goals))
    yield ""


def _refused(record: Record) -> Iterator[str]:
    """What Lean did not take."""
    tried = [
        e.event for e in record.entries if isinstance(e.event, Applied) and e.event.node is None
    ]
    if tried:
        yield "\n## Tried, and not taken by Lean\n"
    for made in tried:
        yield f"{made.verdict} · {plain(made.origin)} · {made.milliseconds:.0f} ms\n"
        yield fenced(made.text)
        yield from (fenced(message, "text") for message in made.messages)
        yield ""


def _rejected(record: Record) -> Iterator[str]:
    rejected = [e.event for e in record.entries if isinstance(e.event, Rejected)]
    if rejected:
        yield "\n## Rejected\n"
    for event in rejected:
        yield f"{plain(event.origin)}: {plain(event.reason) or 'no reason given'}\n"
        yield fenced(event.text) + "\n"


def _lost(record: Record) -> Iterator[str]:
    lost = [e.event for e in record.entries if isinstance(e.event, Lost)]
    if lost:
        yield "\n## Lost when the session was resumed\n"
    for event in lost:
        yield f"{plain(event.name)}: {plain(event.reason)}\n".removeprefix(": ")
        yield from (fenced(text) for text in event.texts)
        yield ""


def _proof(record: Record) -> Iterator[str]:
    """The last proof; it is called proved only if the audit said so."""
    ends = [e.event for e in record.entries if isinstance(e.event, Finished)]
    if not ends or not ends[-1].proof:
        return
    last = ends[-1]
    words = {"proved": "Proved", "notProved": "Not proved", "undecided": "Undecided"}
    yield f"\n## {words.get(last.audit, 'Closed, without an audit')}\n"
    yield fenced(last.proof) + "\n"
    if last.audit == "proved":
        yield f"Audited in {last.milliseconds:.0f} ms; axioms: {plain(', '.join(last.axioms)) or 'none'}"
    yield from (f"- {plain(reason)}" for reason in last.reasons)


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
