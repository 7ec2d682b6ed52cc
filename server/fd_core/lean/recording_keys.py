"""Keys of recorded answers: what Lean's answer depends on, and nothing else.

They do not depend on how earlier *theorems* are proved, as Lean's answers don't: a context is the
document before the declaration, with the proofs of theorems cut, and the declaration's statement.
"""

from __future__ import annotations

import hashlib
import re

from fd_core.landing import normalise
from fd_core.lean_source import Declaration, blank_out, declaration_at, declarations
from fd_core.proof import Document, ProofSite, ProofState

_PROOFS_MATTER_NOT = ("theorem", "lemma", "example")
_BRACKET = re.compile(r"[(\[{⦃⟨]|[)\]}⦄⟩]|:=|\n[ \t]*\|")


def site_key(site: ProofSite) -> str:
    """Context, and what stands in the proof up to the site."""
    document, offset = site.document, site.document.offset(site.range.start)
    declaration = declaration_at(document.text, offset)
    begin = statement_end(document.text, declaration) if declaration else offset
    return _digest(context(document, offset), _lf(document.text[begin:offset]))


def state_key(state: ProofState) -> str:
    """Context and goals: what a candidate's verdict depends on."""
    return _digest(context_of(state), *map(str, state.goals))


def context_of(state: ProofState) -> str:
    """The context of a state's site."""
    document = state.site.document
    return context(document, document.offset(state.site.range.start))


def context(document: Document, offset: int) -> str:
    """The document before the declaration at an offset, theorems' proofs cut, and its statement."""
    text = document.text
    current = declaration_at(text, offset)
    parts: list[str] = []
    at = 0
    for declaration in declarations(text):
        if declaration.start > offset:
            break
        if declaration.keyword in _PROOFS_MATTER_NOT or declaration == current:
            parts.append(text[at : statement_end(text, declaration)])
            at = declaration.end
        if declaration == current:
            return _lf("".join(parts))
    return _lf("".join([*parts, text[at:offset]]))


def audit_key(challenge: Document, solution: Document, declaration: str) -> tuple[str, str] | None:
    """A key and the finished declaration's text; none if more than that declaration differs."""
    open_one = _declaration(challenge, solution, declaration)
    if open_one is None:
        return None
    tail = len(challenge.text) - open_one.end
    head, after = challenge.text[: open_one.start], challenge.text[open_one.end :]
    text = solution.text[open_one.start : len(solution.text) - tail]
    if (
        solution.text[: open_one.start] != head
        or solution.text[len(solution.text) - tail :] != after
    ):
        return None
    return _digest(context(challenge, open_one.start), _lf(text).strip()), text.strip()


def text_key(document: Document) -> str:
    """The whole text."""
    return _digest(_lf(document.text))


def candidate_key(text: str) -> str:
    """One form for texts that land alike."""
    return normalise(text)


def statement_end(text: str, declaration: Declaration) -> int:
    """Where a declaration's statement ends: at `:=` or the first `|` outside brackets."""
    code = blank_out(text[declaration.start : declaration.end])
    depth = 0
    for found in _BRACKET.finditer(code):
        token = found.group()
        if token in "([{⦃⟨":
            depth += 1
        elif token in ")]}⦄⟩":
            depth -= 1
        elif depth == 0:
            return declaration.start + found.start()
    return declaration.end


def _declaration(challenge: Document, solution: Document, name: str) -> Declaration | None:
    """The declaration by name, or (an `example`) the one where the texts part."""
    named = [d for d in declarations(challenge.text) if name and d.name == name]
    if named:
        return named[0]
    pairs = zip(challenge.text, solution.text, strict=False)
    parting = next((i for i, (a, b) in enumerate(pairs) if a != b), len(challenge.text))
    return declaration_at(challenge.text, parting)


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n")


def _digest(*parts: str) -> str:
    joined = "\x00".join(parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:16]
