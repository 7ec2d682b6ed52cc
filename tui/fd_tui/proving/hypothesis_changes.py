"""Two lists of hypotheses, compared name by name: Lean groups those of one type anew in every goal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from fd_core.protocol import WireHypothesis

Change = Literal["kept", "added", "changed", "removed"]
MARKS: dict[Change, str] = {"kept": " ", "added": "+", "changed": "~", "removed": "-"}
Named = tuple[str, str]
"""A name, and type and value however Lean broke the lines."""


@dataclass(frozen=True, slots=True)
class HypothesisChange:
    """Names of one type with one fate; `before` is type and value before, where they changed."""

    change: Change
    names: tuple[str, ...]
    type: str
    value: str | None = None
    before: str | None = None

    @property
    def mark(self) -> str:
        """`+`, `-`, `~` or a blank."""
        return MARKS[self.change]

    def __str__(self) -> str:
        return f"{' '.join(self.names)} : {_said(self.type, self.value)}"


def words(text: str) -> str:
    """A text however its lines are broken."""
    return " ".join(text.split())


def named_of(hypotheses: Sequence[WireHypothesis]) -> Iterator[Named]:
    """Each name with its type and value."""
    for hypothesis in hypotheses:
        said = words(_said(hypothesis.type, hypothesis.value))
        yield from ((name, said) for name in hypothesis.names)


def compare(
    before: Sequence[WireHypothesis], after: Sequence[WireHypothesis]
) -> tuple[HypothesisChange, ...]:
    """In the order of `after`; what was removed stands behind what it stood behind."""
    gone: dict[str, list[str]] = defaultdict(list)
    for name, said in named_of(before):
        gone[name].append(said)
    kept = [_take(gone, name, said) for name, said in named_of(after)]
    fates = iter(kept)
    lines = [line for h in after for line in _lines(h, [next(fates) for _ in h.names], gone)]
    return tuple(_with_removed(lines, before, gone))


def _take(gone: dict[str, list[str]], name: str, said: str) -> bool:
    if said not in gone[name]:
        return False
    gone[name].remove(said)
    return True


def _lines(
    hypothesis: WireHypothesis, kept: list[bool], gone: dict[str, list[str]]
) -> Iterator[HypothesisChange]:
    """One group of hypotheses, cut where the fates differ."""
    line: HypothesisChange | None = None
    for name, is_kept in zip(hypothesis.names, kept, strict=True):
        before = gone[name].pop(0) if not is_kept and gone[name] else None
        change: Change = "kept" if is_kept else "changed" if before is not None else "added"
        if line is not None and (line.change, line.before) == (change, before):
            line = replace(line, names=(*line.names, name))
            continue
        if line is not None:
            yield line
        line = HypothesisChange(change, (name,), hypothesis.type, hypothesis.value, before)
    if line is not None:
        yield line


def _with_removed(
    lines: list[HypothesisChange], before: Sequence[WireHypothesis], gone: dict[str, list[str]]
) -> Iterator[HypothesisChange]:
    at = {name: index for index, line in enumerate(lines) for name in line.names}
    removed: dict[int, list[HypothesisChange]] = defaultdict(list)
    anchor = -1
    for hypothesis in before:
        anchor = max([anchor, *(at[name] for name in hypothesis.names if name in at)])
        said = words(_said(hypothesis.type, hypothesis.value))
        names = tuple(name for name in hypothesis.names if _take(gone, name, said))
        if names:
            removed[anchor].append(
                HypothesisChange("removed", names, hypothesis.type, hypothesis.value)
            )
    yield from removed[-1]
    for index, line in enumerate(lines):
        yield line
        yield from removed[index]


def _said(type: str, value: str | None) -> str:
    return type if value is None else f"{type} := {value}"
