"""What of the user's file goes into a prompt: the part a proof needs most, within a budget.

Pure text; budgets are in characters. The declaration being proved comes whole, then what stays in
force above it (imports, `open`, `namespace`, `variable`), then earlier declarations, nearest first.
Long proofs above are cut to `sorry`, so that what is left is still Lean.
"""

from __future__ import annotations

import re

from fd_core.lean_source import Declaration, blank_out, declaration_at, declarations, header_end
from fd_core.proof import Goal, ProofSite, ProofState

_WINDOW = 60_000  # letters above the site that are looked at: scanning a huge file costs too much
_SCOPE_LINE = re.compile(r"^(?:open|namespace|section|end|variable|universe|set_option|local)\b")
_PROOF = re.compile(r":=\s*by\b")
_LONG = 600
_CUT = "⋯"


def clip(text: str, limit: int) -> str:
    """At most `limit` characters: the start and the end are kept, the middle goes."""
    if len(text) <= limit:
        return text
    head = max(limit * 2 // 3, 1)
    return f"{text[:head].rstrip()}\n{_CUT}\n{text[len(text) - (limit - head) :].lstrip()}"


def state_text(state: ProofState, limit: int) -> str:
    """The goals as Lean shows them; beyond the limit, later goals and older hypotheses go first."""
    parts: list[str] = []
    room = limit
    for goal in state.goals:
        text = _goal_text(goal, room)
        if parts and len(text) > room:
            parts.append(_CUT)
            break
        parts.append(text)
        room -= len(text) + 2
    return "\n\n".join(parts)


def _goal_text(goal: Goal, limit: int) -> str:
    lines = [f"case {goal.case}"] if goal.case else []
    target = f"{goal.prefix}{clip(goal.target, limit)}"
    room = limit - len(target)
    kept: list[str] = []
    for hypothesis in reversed(goal.hypotheses):
        text = str(hypothesis)
        if (room := room - len(text) - 1) < 0:
            kept.append(_CUT)
            break
        kept.append(text)
    return "\n".join([*lines, *reversed(kept), target])


def declaration_parts(site: ProofSite) -> tuple[str, str]:
    """The declaration around a site: its text up to the site, and after it."""
    text = site.document.text
    start, end = site.document.offset(site.range.start), site.document.offset(site.range.end)
    base = _window_start(text, start)
    found = declaration_at(text[base : end + _LONG * 10], start - base)
    if found is None:
        line = text.rfind("\n", 0, start) + 1
        return text[line:start], ""
    return text[base + found.start : start], text[end : max(base + found.end, end)].rstrip()


def code_with_hole(site: ProofSite, budget: int, fill: str = "sorry") -> str:
    """The file as Lean, up to the end of the site's declaration, with `fill` at the site."""
    text = site.document.text
    start = site.document.offset(site.range.start)
    head, tail = declaration_parts(site)
    above = text[_window_start(text, start) : start - len(head)]
    imports = text[: header_end(text)].strip()
    own = head + fill + tail
    kept = _above(above.removeprefix(imports), budget - len(own) - len(imports))
    return "\n\n".join(part for part in (imports, kept, own.strip()) if part)


def _window_start(text: str, at: int) -> int:
    if at <= _WINDOW:
        return 0
    return text.find("\n", at - _WINDOW) + 1


def _above(text: str, room: int) -> str:
    """Scope lines, and as many of the nearest declarations as fit, in file order."""
    code = blank_out(text)
    found = declarations(text)
    scopes = _scope_lines(code, text, found)
    room -= sum(len(line) + 1 for _, line in scopes)
    kept: list[tuple[int, str]] = list(scopes)
    for declaration in reversed(found):
        body = _shortened(text[declaration.start : declaration.end].rstrip())
        if (room := room - len(body) - 2) < 0:
            break
        kept.append((declaration.start, body))
    return "\n\n".join(body for _, body in sorted(kept))


def _scope_lines(code: str, text: str, found: list[Declaration]) -> list[tuple[int, str]]:
    inside = [(d.start, d.end) for d in found]
    lines: list[tuple[int, str]] = []
    offset = 0
    for code_line, line in zip(code.split("\n"), text.split("\n"), strict=True):
        within = any(start <= offset < end for start, end in inside)
        if not within and _SCOPE_LINE.match(code_line):
            lines.append((offset, line.rstrip()))
        offset += len(line) + 1
    return lines


def _shortened(declaration: str) -> str:
    """A declaration, its proof cut to `sorry` when long."""
    proof = _PROOF.search(blank_out(declaration))
    if len(declaration) <= _LONG or proof is None:
        return declaration
    return declaration[: proof.end()] + " sorry"
