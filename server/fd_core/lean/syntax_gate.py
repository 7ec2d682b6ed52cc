"""The syntax gate: which candidate texts may be shown to Lean at all.

Pure text and fast, as it sees every candidate. It is the first layer of several (see
`docs/security.md`): it stops candidates that would run code, start a command, or silence a check
*before* Lean elaborates them. It never makes anything true: Lean and the audit do that.

It must not be fooled into taking code for a comment. A block comment and a line comment are read
exactly as Lean's own white-space scanner reads them, and only behind white space, where no longer
symbol can hold their marks; strings and quoted names, whose ends are harder to tell (interpolation
nests), are never skipped: their contents count as code, and where they occur beside comment marks,
comments are not skipped either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fd_core.lean_lexing import tokens
from fd_core.lean_source import is_balanced

from .syntax_words import (
    ANYWHERE,
    HASH_COMMANDS,
    KEYWORDS,
    LEAN_THEORY,
    META_ROOTS,
    OPTION_CAPS,
    OPTION_NAMES,
    OPTION_PREFIXES,
)

MAX_BYTES = 64 * 1024
MAX_DEPTH = 200
"""Bracket nesting beyond this only serves to overflow a parser's stack."""

# Lean's `isLetterLike` and `isSubScriptAlnum` (Init/Meta/Defs.lean): a wider class here would
# glue a letter to a keyword that Lean reads apart, as in `λsorry`.
_LETTERLIKE = (
    "\u0391-\u039f\u03a1\u03a2\u03a4-\u03a9\u03b1-\u03ba\u03bc-\u03c9\u03ca-\u03fb\u1f00-\u1ffe"
    "\u2100-\u214f\U0001d49c-\U0001d59f\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff\u0100-\u017f"
)
_FIRST = rf"[A-Za-z_{_LETTERLIKE}]"
_REST = rf"[A-Za-z0-9_'!?{_LETTERLIKE}\u2080-\u2089\u2090-\u209c\u1d62-\u1d6a\u2c7c]"
_PART = rf"(?:{_FIRST}{_REST}*|«[^»\n]*»)"
_TOKEN = re.compile(
    rf"(?P<number>[0-9]+(?P<glued>{_REST}+)?)|(?P<name>{_PART}(?:\.{_PART})*)|(?P<mark>[`#@]\[?)"
)
_FORBIDDEN_LETTER = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff]"
)
_SET_OPTION = re.compile(r"set_option\s+(?P<name>[\w.]+)\s+(?P<value>\w+|\"[^\"]*\")\s+in\b")
_OPEN = re.compile(r"open\s+(?P<names>(?:scoped\s+)?[^\n;:=|]*?)\bin\b")
_COMMENT_MARK = re.compile(r"--|/-")
_DOC_COMMENT = re.compile(r"/-[-!]")
_AESOP_RULE = re.compile(r"\(\s*add\b[^()\n]*$")


def refusal(text: str) -> str | None:
    """Why a candidate may not be tried, in one sentence; None if it may."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return f"The candidate is longer than {MAX_BYTES // 1024} KiB."
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if letter := _FORBIDDEN_LETTER.search(text):
        return f"The candidate holds the control letter U+{ord(letter.group()):04X}."
    for word in ANYWHERE:
        if word in text:
            return f"`{word}` is not allowed in a proof."
    if not is_balanced(text):
        return "A bracket, comment or string opens in the candidate and does not close in it."
    code = _code(text)
    if code is None:
        return "The candidate holds a documentation comment, which belongs to a command."
    if _skips_comments(text) and _COMMENT_MARK.search(code):
        return "`--` or `/-` stands right behind a letter or symbol: put a space before it."
    if _depth(code) > MAX_DEPTH:
        return f"The candidate nests brackets more than {MAX_DEPTH} deep."
    return next(_refused_tokens(code), None)


def _skips_comments(text: str) -> bool:
    """Whether comments can be told for sure: where strings and quoted names end is hard to tell."""
    return '"' not in text and "«" not in text


def _code(text: str) -> str | None:
    """The text with comments blanked where they can be told for sure; None on `/--` and `/-!`."""
    if not _skips_comments(text):
        return None if _DOC_COMMENT.search(text) else text
    out, at = [], 0
    for token in tokens(text):
        if not token.kind.endswith("comment") or _stands_behind_something(text, token.start):
            continue
        if _DOC_COMMENT.match(text, token.start):
            return None
        out += [text[at : token.start], " "]
        at = token.end
    return "".join(out) + text[at:]


def _stands_behind_something(text: str, at: int) -> bool:
    """Then imports may have a longer symbol there, as `//` in `//-1`, and Lean reads no comment."""
    return at > 0 and text[at - 1] not in " \t\n"


def _depth(code: str) -> int:
    deepest = depth = 0
    for letter in code:
        if letter in "([{⟨":
            depth += 1
            deepest = max(deepest, depth)
        elif letter in ")]}⟩":
            depth -= 1
    return deepest


def _refused_tokens(code: str) -> Iterator[str]:
    for found in _TOKEN.finditer(code):
        if name := found.group("name"):
            reason = _refused_name(code, found.start(), name)
        elif glued := found.group("glued"):
            reason = _refused_glued(glued)
        elif mark := found.group("mark"):
            reason = _refused_mark(code, found.start(), mark)
        else:
            reason = None
        if reason:
            yield reason


def _refused_name(code: str, at: int, name: str) -> str | None:
    if name in KEYWORDS:
        return f"`{name}` is not allowed in a proof."
    if name == "set_option":
        return _refused_option(code, at)
    if name == "open":
        return _refused_open(code, at)
    if name == "scoped" and not re.search(r"\bopen\s+$", code[max(0, at - 40) : at]):
        return "`scoped` is allowed only in `open scoped … in`."
    if name == "unsafe" and not _AESOP_RULE.search(code[max(0, at - 400) : at]):
        return "`unsafe` is allowed only in a rule for `aesop`."
    return _refused_path(name)


def _refused_path(name: str) -> str | None:
    """A dotted name that leads to Lean's metaprograms or to the outside."""
    parts = [part.strip("«»") for part in name.removeprefix("_root_.").split(".")]
    if parts[0] not in META_ROOTS or len(parts) == 1:
        return None
    if parts[0] == "Lean" and parts[1] in LEAN_THEORY:
        return None
    return f"`{name}` reaches into Lean's metaprograms or the system."


def _refused_option(code: str, at: int) -> str | None:
    found = _SET_OPTION.match(code, at)
    if found is None:
        return "`set_option` is allowed only as `set_option … in`."
    name, value = found.group("name"), found.group("value")
    if name in OPTION_CAPS:
        sane = value.isdecimal() and 0 < int(value) <= OPTION_CAPS[name]
        return None if sane else f"`{name}` may be set to 1 … {OPTION_CAPS[name]} only."
    if name in OPTION_NAMES or name.startswith(OPTION_PREFIXES):
        return None
    return f"The option `{name}` may not be set in a proof."


def _refused_open(code: str, at: int) -> str | None:
    found = _OPEN.match(code, at)
    if found is None:
        return "`open` is allowed only as `open … in`."
    for name in re.findall(rf"{_PART}(?:\.{_PART})*", found.group("names")):
        parts = {part.strip("«»") for part in name.split(".")}
        if parts & META_ROOTS:
            return f"`open {name} in` reaches into Lean's metaprograms."
    return None


def _refused_glued(letters: str) -> str | None:
    """Letters right behind a number: Lean may read `1e5sorry` as a number and a word."""
    hidden = next((word for word in sorted(KEYWORDS) if letters.endswith(word)), None)
    return f"`{hidden}` hides behind a number." if hidden else None


def _refused_mark(code: str, at: int, mark: str) -> str | None:
    if mark[0] == "`":
        return "Quotations (a backtick) are not allowed in a proof."
    if mark == "@[":
        return "Attributes are not allowed in a proof."
    if mark == "#":
        word = re.compile(r"[A-Za-z_]*").match(code, at + 1)
        if word and word.group() in HASH_COMMANDS:
            return f"`#{word.group()}` is a command, not a tactic."
    return None
