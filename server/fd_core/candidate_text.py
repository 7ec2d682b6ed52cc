"""The text of a candidate: one form for what models and people write, and how fragile it is.

Pure text, total on any text.
"""

from __future__ import annotations

import re
import textwrap

from fd_core.lean_lexing import blank_out

_NESTS = re.compile(
    r"(?:=>|:=|<;>|[(⟨\[{,·|]|(?<![\w.'])(?:by|with|do|then|else|from|calc|fun|where))$"
)
_CONTINUES = re.compile(r"[|)\]}⟩,]|<;>|_ |at |using |with |from |else |then |:=|=>")
_OPENS_BLOCK = re.compile(r"by(?![\w.'])\s*")
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|⟨[^⟨⟩]*⟩|\{[^{}]*\}")
_OPEN_ENDED = re.compile(
    r"[;|,·\n]|<;>|=>|(?<![\w.'])(?:by|with|fun|do|calc|case|next|first|have|let|show|suffices|"
    r"exists|use|from|then|else|if|match|open|set_option|try|repeat|all_goals|any_goals)(?![\w'])"
)
_TACTIC_HEADS = frozenset(
    re.split(
        r"\s+",
        "ac_rfl all_goals any_goals apply apply? assumption aesop by_cases bv_decide calc case cases "
        "change constructor contradiction conv decide done dsimp erw exact exact? exfalso exists ext "
        "false_or_by_contra first focus fun_cases fun_induction funext generalize grind have induction "
        "infer_instance injection intro intros left let linarith match next nlinarith norm_num "
        "norm_cast nofun obtain omega positivity push_cast push_neg rcases refine rename_i repeat "
        "replace revert rfl right ring ring_nf rintro rw rwa set show simp simp? simp_all simp_arith "
        "simpa skip sorry split subst suffices symm tauto trans trivial try unfold use · .",
    )
)


def normalise(text: str) -> str:
    """One form for candidates: LF, no tabs, no trailing blanks, dedented.

    A model often goes on at its own indentation, with the first line already at the margin; then
    the lines below are moved so that its block stands at one column.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").expandtabs(2)
    lines = [line.rstrip() for line in text.rstrip().split("\n")]
    while lines and not lines[0]:
        lines.pop(0)
    if len(lines) < 2 or lines[0].startswith(" "):
        lines = textwrap.dedent("\n".join(lines)).split("\n")
    if len(lines) < 2 or lines[0].startswith(" "):
        return "\n".join(lines).strip()
    return "\n".join([lines[0], *_moved(lines[0], lines[1:])])


def _moved(first: str, rest: list[str]) -> list[str]:
    margin = min((_indent(line) for line in rest if line), default=0)
    at_margin = [line.lstrip() for line in rest if line and _indent(line) == margin]
    if margin == 0:
        arms = first.endswith("with") and all(line.startswith("|") for line in at_margin)
        return ["  " + line if line and arms else line for line in rest]
    nested = _NESTS.search(blank_out(first).rstrip()) is not None
    if _indent(next(filter(None, rest))) > margin:
        # The second line is nested in the first, and a later one is back at the block's column.
        keep = 0 if any(map(_is_tactic, at_margin)) else 2
    elif nested:
        keep = 2
    else:
        keep = 0 if _is_tactic(at_margin[0]) else 2
    return [
        " " * (keep - margin) + line if keep > margin else line[margin - keep :] for line in rest
    ]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _is_tactic(line: str) -> bool:
    head = re.match(r"[\w?!']+|\S", line)
    return head is not None and head.group() in _TACTIC_HEADS and not _CONTINUES.match(line)


def as_tactics(text: str, site_kind: str) -> str:
    """What a person wrote at a place, as tactics: at a term's place they wrote a term."""
    if site_kind != "term":
        return text
    opened = _OPENS_BLOCK.match(text)
    return text[opened.end() :] if opened else f"exact {text}"


def is_self_contained(text: str) -> bool:
    """Whether more code may follow on the same line without being drawn into the candidate."""
    code = blank_out(text)
    while (shorter := _BRACKETED.sub("", code)) != code:
        code = shorter
    return not _OPEN_ENDED.search(code) and "--" not in text


def takes_alternatives(text: str) -> bool:
    """Whether a `|` on the next line would be read as one more pattern of its last line."""
    return re.search(r"(?<![\w.'])(?:rcases|rintro|obtain)\b[^\n]*\|[^\n]*$", text) is not None


def without_last_comment(text: str) -> str:
    """The text without a line comment at its end, which would swallow what follows."""
    *above, last = text.split("\n")
    kept = blank_out(text).split("\n")[-1].rstrip()
    if kept and "--" in last[len(kept) :]:
        last = last[: len(kept)]
    return "\n".join([*above, last])


def indented(text: str, column: int) -> str:
    """Continuation lines moved right by `column`; the first line stays where it is."""
    first, *rest = text.split("\n")
    return "\n".join([first, *(" " * column + line if line else line for line in rest)])
