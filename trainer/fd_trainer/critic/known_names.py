"""Whether lemmas that feedback names exist: asked of Lean, in the problem's own file.

One document per question, with a `#check` per name below what stands above the declaration. What
Lean can't answer (it is gone, or out of time) is not held against the feedback.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from fd_core.errors import FdError
from fd_core.lean_source import declaration_at
from fd_core.ports import Lean
from fd_core.proof import Document

from fd_trainer.critic.lint import is_warned_of
from fd_trainer.problem import Problem

_CODE = re.compile(r"`([^`\n]+)`")
_PART = r"[A-Za-z_α-ωΑ-Ω][\w'!?₀-₉]*"
_NAME = re.compile(rf"(?<![\w.'«↑]){_PART}(?:\.{_PART})*(?![\w'])")
_LEMMA = re.compile(rf"{_PART}(?:\.{_PART})+|[A-Za-z]\w*_[\w']+")
_UNKNOWN = re.compile(r"(?i)unknown (?:constant|identifier|declaration) [`'‘]?([^`'’\s]+)[`'’]?")
_KEPT = 20_000


@runtime_checkable
class NameCheck(Protocol):
    """Knows which names do not exist where a problem stands."""

    async def unknown(self, problem: Problem, names: Sequence[str]) -> frozenset[str]:
        """Those of the names that do not exist there; none if it can't be told."""
        ...


def lemma_names(feedback: str, context: Iterable[str] = ()) -> tuple[str, ...]:
    """Names in backticks that look like a lemma's and are recommended, not warned of; those of the
    local context are left out."""
    own = set(context)
    found: dict[str, None] = {}
    for code in _CODE.finditer(feedback):
        if is_warned_of(feedback, code.start()):
            continue
        for name in _NAME.findall(code.group(1)):
            if _LEMMA.fullmatch(name) and name.split(".")[0] not in own:
                found.setdefault(name)
    return tuple(found)


class LeanNames:
    """Asks the Lean of each problem's project, and remembers by environment."""

    def __init__(self, lean_of: Callable[[Path], Lean]) -> None:
        self._lean_of = lean_of
        self._known: dict[tuple[str, str], bool] = {}

    async def unknown(self, problem: Problem, names: Sequence[str]) -> frozenset[str]:
        """Names that Lean does not know above the problem's declaration."""
        place = problem.state.environment
        new = [name for name in names if (place, name) not in self._known]
        if new and not await self._ask(problem, new):
            return frozenset()
        return frozenset(name for name in names if not self._known.get((place, name), True))

    async def _ask(self, problem: Problem, names: Sequence[str]) -> bool:
        site = problem.state.site
        text = site.document.text
        found = declaration_at(text, site.document.offset(site.range.start))
        above = text[: found.command_start] if found else text
        checks = "".join(f"#check @{name}\n" for name in names)
        document = Document(f"{site.document.uri}.names.lean", 0, f"{above}\n{checks}")
        try:
            messages = await self._lean_of(problem.project).diagnostics(document)
        except FdError:
            return False
        missing = {
            said.group(1).lstrip("@")
            for message in messages
            if message.severity == "error" and (said := _UNKNOWN.search(message.text))
        }
        if len(self._known) > _KEPT:
            self._known.clear()
        place = problem.state.environment
        self._known |= {(place, name): name not in missing for name in names}
        return True
