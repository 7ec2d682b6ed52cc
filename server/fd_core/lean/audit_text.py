"""The audit's first layer: two texts that may differ in one proof and nowhere else.

Pure text. It refuses every other difference, cuts both files behind the declaration (its proof
can't change what comes before), puts `sorry` where the challenge's proof stood, and says what was
inserted, for the syntax gate. It is no judge of meaning: a statement's end read wrongly makes the
compiled statements differ, and Lean's program compares those.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from fd_core.landing import land
from fd_core.lean_source import Declaration, blank_out, declaration_at, declarations
from fd_core.proof import Document, ProofSite

STAND_IN = "fd_audited_declaration"
"""The name that an `example` or an unnamed instance gets, in both files alike."""

_LETTER = re.compile(r"[\w'!?.«»]")
_LABEL = re.compile(r"(?P<keyword>\w+)@(?P<line>\d+)")
_PROOF_KINDS = ("theorem", "lemma", "example")
_STATEMENT_TOKEN = re.compile(
    r"(?P<open>[(\[{⟨⦃⟦‹])|(?P<close>[)\]}⟩⦄⟧›])|(?P<bind>\b(?:let|have|letI|haveI|let_fun)\b)"
    r"|(?P<assign>:=)|(?P<arm>^[ \t]*\|(?!\|))|(?P<where>\bwhere\b)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class AuditTexts:
    """What to compile: a head that both files share, and the two proofs."""

    name: str
    """The target as Lean will know it."""
    head: str
    open_proof: str
    proof: str
    inserted: str
    """What the solution put in: for the gate."""
    opened: bool
    """Whether the challenge's whole proof is `sorry`: then it must show up in its axioms."""

    @property
    def challenge(self) -> str:
        """The file with the proof open."""
        return self.head + self.open_proof

    @property
    def solution(self) -> str:
        """The file with the proof."""
        return self.head + self.proof


@dataclass(frozen=True, slots=True)
class TextRefused:
    """The texts differ outside the proof, or there is none; `decided` is false for the latter."""

    reason: str
    decided: bool = True


@dataclass(frozen=True, slots=True)
class AuditPair:
    """A challenge and its solution as documents, with the label of the declaration in both."""

    challenge: Document
    solution: Document
    declaration: str


def label_of(text: str, declaration: Declaration) -> str:
    """How an audit is told which declaration: its full name, or `example@12` by its line."""
    if declaration.name:
        return declaration.name
    return f"{declaration.keyword}@{_keyword_line(text, declaration)}"


def pair_of(site: ProofSite, candidate: str) -> AuditPair | None:
    """The files before and after a candidate lands at a site; None outside a declaration.

    At a cursor stop the challenge gets a `sorry` where the candidate lands: blanks behind an empty
    `by` would else count as text after the declaration.
    """
    text = site.document.text
    found = declaration_at(text, site.document.offset(site.range.start))
    if found is None:
        return None
    landed = land(site, candidate).document
    is_stop = site.range.start == site.range.end
    challenge = land(site, "sorry").document if is_stop else site.document
    return AuditPair(challenge, landed, label_of(text, found))


def prepare(challenge: str, solution: str, label: str) -> AuditTexts | TextRefused:
    """The two texts to compile, or why there is nothing to compile."""
    target = _find(challenge, label)
    if target is None:
        return TextRefused(f"the file has no declaration `{label}`", decided=False)
    statement_end = _statement_end(challenge, target)
    if statement_end is None:
        return TextRefused(f"`{label}` has no proof to tell from its statement", decided=False)
    end = _cut(challenge, target)
    tail = challenge[end:]
    if solution[:statement_end] != challenge[:statement_end]:
        return TextRefused("the text before the proof is not the challenge's")
    if not solution.endswith(tail) or len(solution) - len(tail) < statement_end:
        return TextRefused("the text after the declaration is not the challenge's")
    before, after = (
        challenge[statement_end:end],
        solution[statement_end : len(solution) - len(tail)],
    )
    if not blank_out(after).strip():
        return TextRefused("the proof is gone")
    opened = target.keyword in _PROOF_KINDS and not _joined(challenge, target)
    head, name = _named(challenge[:statement_end], target)
    return AuditTexts(
        name=name,
        head=head,
        open_proof=":= sorry\n" if opened else before + "\n",
        proof=after + "\n",
        inserted=_difference(before, after),
        opened=opened,
    )


def open_failing(head: str, lines: Collection[int]) -> str | None:
    """The head with `sorry` for the proofs of those theorems that hold the given lines (from 1).

    Their statements stay, so the target's meaning stays; if it rests on one of them, its axioms
    show it. None if an error lies anywhere but in a theorem's proof.
    """
    failing: dict[int, tuple[int, int]] = {}
    for line in lines:
        offset = len("".join(head.splitlines(keepends=True)[: line - 1]))
        found = declaration_at(head, offset)
        if found is None or found.keyword not in _PROOF_KINDS or found.end >= len(head):
            return None
        end = _statement_end(head, found)
        if end is None or head.count("\n", 0, end) + 1 > line:
            return None
        failing[found.start] = (end, _cut(head, found))
    for start in sorted(failing, reverse=True):
        end, cut = failing[start]
        head = f"{head[:end]}:= sorry\n\n{head[cut:]}"
    return head


def _find(text: str, label: str) -> Declaration | None:
    found = declarations(text)
    if unnamed := _LABEL.fullmatch(label):
        at = (unnamed.group("keyword"), int(unnamed.group("line")))
        return next(
            (d for d in found if (d.keyword, _keyword_line(text, d)) == at and not d.name), None
        )
    return next((d for d in found if d.name == label), None)


def _keyword_at(code: str, target: Declaration) -> int:
    found = re.compile(rf"\b{target.keyword}\b").search(code, target.start)
    return found.start() if found else target.start


def _keyword_line(text: str, target: Declaration) -> int:
    """One-based, as in every editor's margin."""
    return text.count("\n", 0, _keyword_at(blank_out(text), target)) + 1


def _statement_end(text: str, target: Declaration) -> int | None:
    """Where the statement ends: at `:=`, at the first arm of a match, or at `where`."""
    code = blank_out(text)
    depth = bound = 0
    start = _keyword_at(code, target) + len(target.keyword)
    for token in _STATEMENT_TOKEN.finditer(code, start, target.end):
        if token["open"]:
            depth += 1
        elif token["close"]:
            depth -= 1
        elif depth > 0:
            continue
        elif token["bind"]:
            bound += 1
        elif token["assign"] and bound:
            bound -= 1
        else:
            return token.start()
    return None


def _cut(text: str, target: Declaration) -> int:
    """The end of the declaration, without a comment that belongs to the next one."""
    code = blank_out(text)
    end = target.end
    if _joined(text, target):
        return len(text)
    for mark in re.finditer(r"/-[-!]", text[target.start : end]):
        at = target.start + mark.start()
        if not code[at:end].strip():
            end = at
            break
    return end


def _joined(text: str, target: Declaration) -> bool:
    """Whether what follows belongs to it: `termination_by`, or the rest of a `mutual` block."""
    code = blank_out(text)
    if re.match(r"\s*(?:termination_by|decreasing_by|deriving)\b", code[target.end :]):
        return True
    words = re.findall(r"^[ \t]*(mutual|end)\b", code[: target.start], re.MULTILINE)
    return bool(words) and words[-1] == "mutual"


def _named(head: str, target: Declaration) -> tuple[str, str]:
    """The text up to the proof with a name put in where there is none, and that name."""
    if target.name:
        return head, target.name
    at = _keyword_at(blank_out(head), target)
    after = at + len(target.keyword)
    if target.keyword == "example":
        return f"{head[:at]}theorem _root_.{STAND_IN}{head[after:]}", STAND_IN
    if priority := re.compile(r"\s*\(\s*priority\b[^)]*\)").match(head, after):
        after = priority.end()
    return f"{head[:after]} _root_.{STAND_IN}{head[after:]}", STAND_IN


def _difference(before: str, after: str) -> str:
    """What of `after` is not in `before`, widened to whole words."""
    start = _shared(before, after)
    shared = _shared(before[start:][::-1], after[start:][::-1])
    end = len(after) - shared
    if start == end and len(before) == len(after):
        return ""
    while start > 0 and _LETTER.match(after[start - 1]):
        start -= 1
    while end < len(after) and _LETTER.match(after[end]):
        end += 1
    return after[start:end]


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with in common."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
