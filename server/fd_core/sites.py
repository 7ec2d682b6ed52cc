"""Finding proof sites in a document: every `sorry`, and the step that an error is in.

Reads text only; the goal source corrects the guess of tactic or term by asking Lean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fd_core.layout import indent_of, read_blocks
from fd_core.lean_source import Declaration, blank_out, declaration_at, declarations, sorries
from fd_core.proof import Document, ProofSite, Range

_BY = re.compile(r"(?<![\w.'])(?:by|decreasing_by)(?![\w.'])")
_TACTIC_BEFORE = re.compile(
    r"(?:(?<![\w.'])(?:by|decreasing_by|try|repeat'?|all_goals|any_goals|focus|fail_if_success|"
    r"iterate(?:\s+\d+)?|skip|done)|·|<;>|;|(?:^|\n)[ \t]*\.|(?<![\w.'])(?:first|solve)\s*\|)$"
)
_TERM_BEFORE = re.compile(
    r"(?::=|[,⟨\[▸∘$+*/=≤≥<>∧∨→↔¬@]|<\||\|>|(?<![\w.'])(?:exact|from|refine|apply|fun|return|in|"
    r"let|have|show|using|generalizing|at))$"
)
_OWNERS = re.compile(
    r"(?<![\w.'])(?P<owner>cases|induction|fun_induction|fun_cases|match|fun|nofun|intro|rintro|"
    r"first|solve|calc)(?![\w'])"
)
_ARROW_OWNER = re.compile(r"λ|\||(?<![\w.'])(?:fun|case'?|next|on_goal)(?![\w'])")
_LOOKBACK = 20_000


def guess_kind(document: Document, at: Range) -> ProofSite:
    """A site whose kind is read off the text before it; the goal source corrects it by asking Lean."""
    offset = document.offset(at.start)
    code = blank_out(document.text)
    declaration = declaration_at(document.text, offset)
    start = declaration.keyword_start if declaration else 0
    head = code[max(start, offset - _LOOKBACK) : offset].replace("\r", "")
    is_tactic = _is_tactic_place(head, at.start == at.end, depth=0)
    return ProofSite(document, at, "tactic" if is_tactic else "term")


def _is_tactic_place(head: str, empty: bool, depth: int) -> bool:
    """Whether a tactic is expected after `head` (blanked code from the declaration's keyword on)."""
    if depth > 40 or not _BY.search(head):
        return False
    code = head.rstrip()
    if _TACTIC_BEFORE.search(code):
        return True
    if code.endswith("=>"):
        return _arrow_leads_to_tactic(code[:-2].rstrip(), depth)
    if code.endswith(("(", "{")):
        return _is_tactic_place(code[:-1], False, depth + 1)
    if found := re.search(r"(?<![\w.'])(?:then|else)$", code):
        return _if_is_tactic(code[: found.start()], depth)
    if _TERM_BEFORE.search(code):
        return False
    above, _, line = head.rpartition("\n")
    if line.strip():
        return empty
    blocks = read_blocks(above.split("\n"))
    return empty or blocks.opened or len(line) in blocks.columns


def _if_is_tactic(code: str, depth: int) -> bool:
    found = list(re.finditer(r"(?<![\w.'])if(?![\w'])", code))
    return bool(found) and _is_tactic_place(code[: found[-1].start()], False, depth + 1)


def _arrow_leads_to_tactic(code: str, depth: int) -> bool:
    """Whether the `=>` after `code` belongs to a tactic's alternative, not to a function."""
    heads = list(_ARROW_OWNER.finditer(code))
    if not heads:
        return False
    last = heads[-1]
    if last.group() in ("λ", "fun"):
        return False
    if last.group() != "|":
        return True
    owner = _owner_of_arm(code, last.start())
    if owner is None:
        return False
    if owner[0] == "match":
        return _is_tactic_place(code[: owner[1]], False, depth + 1)
    return owner[0] not in ("fun", "nofun")


def _owner_of_arm(code: str, bar: int) -> tuple[str, int] | None:
    """The keyword whose alternatives the `|` at `bar` begins, and its offset."""
    line_start = code.rfind("\n", 0, bar) + 1
    if code[line_start:bar].strip():
        found = list(_OWNERS.finditer(code, line_start, bar))
        if found:
            return found[-1]["owner"], found[-1].start()
    column = indent_of(code[line_start:])
    end = line_start - 1
    while end > 0:
        start = code.rfind("\n", 0, end) + 1
        line = code[start:end]
        indent = indent_of(line)
        is_sibling = line.lstrip().startswith("|") and indent == column
        if line.strip() and indent <= column and not is_sibling:
            found = list(_OWNERS.finditer(code, start, end))
            if found or indent < column:
                return (found[-1]["owner"], found[-1].start()) if found else None
        end = start - 1
    return None


def open_sites(document: Document) -> list[tuple[Declaration, ProofSite]]:
    """Each `sorry` of a document with its declaration, from the top down."""
    found = declarations(document.text)
    sites = []
    for start, end in sorries(document.text):
        declaration = next((d for d in reversed(found) if d.start <= start < d.next_start), None)
        if declaration is not None:
            where = Range(document.position(start), document.position(end))
            sites.append((declaration, guess_kind(document, where)))
    return sites


def site_of_error(document: Document, where: Range) -> ProofSite | None:
    """The tactic step that holds the start of an error, to be replaced by a repair.

    An error that Lean puts at `by` or at a bullet ("unsolved goals") gives the block behind it.
    None outside of tactic proofs.
    """
    text = document.text
    offset = document.offset(where.start)
    declaration = declaration_at(text, offset)
    if declaration is None or declaration.body_start is None:
        return None
    code = blank_out(text)
    start = _step_start(document, code, declaration, offset)
    if start is None:
        return None
    end = _step_end(document, code, start, declaration.end)
    if end <= start or offset > end:
        return None
    at = Range(document.position(start), document.position(end))
    return ProofSite(document, at, "tactic")


_STEP = re.compile(
    r"(?P<open>[(\[{⟨⦃])|(?P<close>[)\]}⟩⦄])|(?P<stop><;>|;)"
    r"|(?P<enter>·|(?<![\w.'])(?:by|decreasing_by)(?![\w.'])|=>)|(?P<line>\n)"
)
_ENTERED = re.compile(r"(?:·|by(?![\w.'])|=>)\s*")
_CODE = re.compile(r"\S")
_CONTINUES_STEP = re.compile(r"\||<;>|[)\]}⟩]")


@dataclass
class _Walk:
    """The blocks around a place while walking down a proof: column and latest step of each."""

    document: Document
    code: str
    frames: list[list[tuple[int, int]]] = field(default_factory=lambda: [[]])

    def bracket(self, *, opens: bool) -> None:
        if opens:
            self.frames.append(list(self.frames[-1]))
        elif len(self.frames) > 1:
            self.frames.pop()

    def enter(self, start: int) -> None:
        """A block begins at `start`."""
        column = self.document.position(start).column
        kept = [block for block in self.frames[-1] if block[0] < column]
        self.frames[-1] = [*kept, (column, start)]

    def next_on_line(self, start: int) -> None:
        """A step begins behind `;` or `<;>`."""
        if self.frames[-1]:
            self.frames[-1][-1] = (self.frames[-1][-1][0], start)

    def next_line(self, start: int) -> None:
        """A line of code begins: a step of the block at its column, or more of the last step."""
        column = self.document.position(start).column
        blocks = [block for block in self.frames[-1] if block[0] <= column]
        if blocks and blocks[-1][0] == column and not _CONTINUES_STEP.match(self.code, start):
            blocks[-1] = (column, start)
        self.frames[-1] = blocks

    @property
    def step(self) -> int | None:
        return self.frames[-1][-1][1] if self.frames[-1] else None


def _step_start(document: Document, code: str, declaration: Declaration, offset: int) -> int | None:
    """Where the innermost tactic step around an offset starts."""
    # At `by`, `·` or `=>` itself, the step is what stands behind.
    entered = _ENTERED.match(code, offset)
    limit = entered.end() if entered else offset
    walk = _Walk(document, code)
    at = declaration.body_start or declaration.start
    while found := _STEP.search(code, at, limit):
        at = found.end()
        start = _next_code(code, at)
        if found["open"] or found["close"]:
            walk.bracket(opens=bool(found["open"]))
        elif start > limit:
            continue
        elif found["stop"]:
            walk.next_on_line(start)
        elif found["line"]:
            walk.next_line(start)
        elif found.group() != "=>" or _arrow_leads_to_tactic(
            code[declaration.keyword_start : found.start()].rstrip(), 0
        ):
            walk.enter(start)
    return walk.step


def _next_code(code: str, at: int) -> int:
    found = _CODE.search(code, at)
    return found.start() if found else len(code)


def _step_end(document: Document, code: str, start: int, limit: int) -> int:
    """Where the step that begins at `start` ends: before a line at its column, `;` or a closer."""
    column = document.position(start).column
    depth, entered = 0, False
    for found in _STEP.finditer(code, start, limit):
        depth += bool(found["open"]) - bool(found["close"])
        entered = entered or bool(found["enter"] and depth == 0)
        stops = found["stop"] and not entered
        leaves = found["line"] and _leaves(document, code, _next_code(code, found.end()), column)
        if depth < 0 or (depth == 0 and (stops or leaves)):
            return start + len(code[start : found.start()].rstrip())
    return start + len(code[start:limit].rstrip())


def _leaves(document: Document, code: str, start: int, column: int) -> bool:
    """Whether the line of code at `start` is no longer part of a step at `column`."""
    at = document.position(start).column
    return at < column or (at == column and not _CONTINUES_STEP.match(code, start))
