"""A session as Markdown: what was proved, every branch with its verdicts, and what was refused.

Texts come from files, models and Lean: none of them can end the block it stands in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from fd_tui.proving.journal_lines import Record
from fd_tui.proving.session_events import Applied, Finished, Lost, Rejected, SessionEvent
from fd_tui.proving.undo_tree import UndoTree

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_MARKUP = re.compile(r"([\\`*_{}\[\]()<>#|!~&$])")
_AUDITS = {"proved": "Proved", "notProved": "Not proved", "undecided": "Undecided"}
_TICKS = re.compile(r"`+")


def markdown(record: Record) -> str:
    """The whole session, its last proof and audit included."""
    return "\n\n".join(_blocks(record)) + "\n"


def fenced(text: str, language: str = "lean") -> str:
    """A block of code that its own backticks can't end."""
    clean = _CONTROLS.sub("�", text.replace("\r\n", "\n"))
    longest = max((len(run) for run in _TICKS.findall(clean)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{clean}\n{fence}"


def plain(text: str) -> str:
    """Words on one line in which nothing is markup."""
    return _MARKUP.sub(r"\\\1", " ".join(_CONTROLS.sub(" ", text).split()))


def _blocks(record: Record) -> Iterator[str]:
    first = record.opened
    yield f"# {plain(first.declaration) or 'A proving session'}"
    about = [f"- file: {plain(first.uri)}, line {first.line + 1}"]
    about.append(f"- from {_date(record.began)} to {_date(record.ended)}")
    if record.damaged:
        about.append(f"- {record.damaged} lines of its journal could not be read")
    yield "\n".join(about)
    if first.text:
        yield f"## Declaration\n\n{fenced(first.text)}"
    yield from _section("Goals", map(fenced, first.goals))
    yield from _branches(record)
    events = [entry.event for entry in record.entries]
    yield from _section("Tried, and not taken by Lean", _refused(events))
    yield from _section("Rejected", _rejected(events))
    yield from _section("Lost when the session was resumed", _lost(events))
    yield from _proof(events)


def _section(title: str, blocks: Iterable[str]) -> Iterator[str]:
    """A heading above blocks, if there are any."""
    for count, block in enumerate(blocks):
        if not count:
            yield f"## {title}"
        yield block


def _branches(record: Record) -> Iterator[str]:
    """Every step once: a branch begins where it leaves those before it."""
    tree = UndoTree.of(record.tree)
    applied = {
        event.node: event for entry in record.entries if isinstance(event := entry.event, Applied)
    }
    numbers = {record.opened.root: 0}
    for count, branch in enumerate(tree.branches() if len(tree) > 1 else (), 1):
        marks = ["finished"] * branch.is_finished + ["last stood here"] * branch.holds_current
        title = plain(branch.name) or f"Branch {count}"
        yield f"## {title}" + (f" ({', '.join(marks)})" if marks else "")
        path = _tail(tree, branch.leaf, numbers)
        start = numbers[tree.parent(path[0]) or record.opened.root]
        if start:
            yield f"After step {start}:"
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
    yield f"**Step {number}**: {_said(made)}\n\n{fenced(made.text)}"
    if made.goals:
        yield "leaves\n\n" + "\n\n".join(map(fenced, made.goals))


def _said(made: Applied) -> str:
    left = f" · {made.goals_left} left" if made.verdict == "progressed" else ""
    return f"{made.verdict} · {plain(made.origin)} · {made.milliseconds:.0f} ms{left}"


def _refused(events: Sequence[SessionEvent]) -> Iterator[str]:
    for event in events:
        if isinstance(event, Applied) and event.node is None:
            yield f"{_said(event)}\n\n{fenced(event.text)}"
            yield from (fenced(message, "text") for message in event.messages)


def _rejected(events: Sequence[SessionEvent]) -> Iterator[str]:
    for event in events:
        if isinstance(event, Rejected):
            origin = f"{plain(event.origin)}: " if event.origin else ""
            yield f"{origin}{plain(event.reason) or 'no reason given'}\n\n{fenced(event.text)}"


def _lost(events: Sequence[SessionEvent]) -> Iterator[str]:
    for event in events:
        if isinstance(event, Lost):
            name = f"{plain(event.name)}: " if event.name else ""
            yield "\n\n".join([f"{name}{plain(event.reason)}", *map(fenced, event.texts)])


def _proof(events: Sequence[SessionEvent]) -> Iterator[str]:
    """The last proof; it is called proved only if the audit said so."""
    ends = [event for event in events if isinstance(event, Finished)]
    if not ends or not ends[-1].proof:
        return
    last = ends[-1]
    yield f"## {_AUDITS.get(last.audit, 'Closed, without an audit')}"
    yield fenced(last.proof)
    if last.audit == "proved":
        axioms = plain(", ".join(last.axioms)) or "none"
        yield f"Audited in {last.milliseconds:.0f} ms; axioms: {axioms}"
    if last.reasons:
        yield "\n".join(f"- {plain(reason)}" for reason in last.reasons)


def _date(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
