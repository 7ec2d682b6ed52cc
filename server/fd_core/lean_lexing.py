"""The lexical surface of Lean: comments, strings, characters and quoted names, and nothing above.

Total on any text: what never closes ends with the text. Offsets are indices (code points).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

TokenKind = Literal["line comment", "block comment", "string", "character", "quoted name"]


@dataclass(frozen=True, slots=True)
class Token:
    """One comment, literal or quoted name; `closed` is false where its end is missing."""

    kind: TokenKind
    start: int
    end: int
    closed: bool


_OPENING = re.compile(
    r"""(?P<symbol>//|<-|\\/|\|-)
      | (?P<line>--)
      | (?P<block>/-)
      | (?P<raw>r(?P<hashes>\#*)")
      | (?P<string>")
      | (?P<quoted>«)
      | (?P<character>'(?:\\x[0-9a-fA-F]{2}|\\u\{?[0-9a-fA-F]+\}?|\\.|[^'\\\n])')""",
    re.VERBOSE,
)
_BLOCK_MARK = re.compile(r"/-|-/")
_STRING_REST = re.compile(r'(?:[^"\\]|\\.)*+"', re.DOTALL)
_QUOTED = re.compile(r"«[^»\r\n]*»")
_NOT_NEWLINE = re.compile(r"[^\n\r]")
_BRACKETS = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⦃": "⦄", "⟦": "⟧", "‹": "›"}
_BRACKET = re.compile("[" + re.escape("".join([*_BRACKETS, *_BRACKETS.values(), "»"])) + "]")


def tokens(text: str) -> Iterator[Token]:
    """Every comment, literal and quoted name, in order, none inside another."""
    at = 0
    while found := _OPENING.search(text, at):
        token = _token(text, found)
        if token is None:
            # Lean reads the longest symbol: in `//-1` and `<--1` no comment begins.
            at = found.end() if found["symbol"] else found.start() + 1
        else:
            yield token
            at = token.end


def _token(text: str, found: re.Match[str]) -> Token | None:
    start = found.start()
    if found["symbol"]:
        return None
    if found["line"]:
        end = text.find("\n", start)
        return Token("line comment", start, len(text) if end < 0 else end, True)
    if found["block"]:
        end = block_comment_end(text, start)
        return Token("block comment", start, end, end - start >= 4 and text[end - 2 : end] == "-/")
    if found["string"]:
        rest = _STRING_REST.match(text, found.end())
        return Token("string", start, rest.end() if rest else len(text), rest is not None)
    if found["quoted"]:
        name = _QUOTED.match(text, start)
        return Token("quoted name", start, name.end() if name else start + 1, name is not None)
    # `h'x'` and `for"` are names followed by something: these literals never follow a letter.
    if start and (text[start - 1].isalnum() or text[start - 1] in "_'!?"):
        return None
    if found["raw"]:
        close = '"' + found["hashes"]
        end = text.find(close, found.end())
        return Token("string", start, len(text) if end < 0 else end + len(close), end >= 0)
    return Token("character", start, found.end(), True)


def block_comment_end(text: str, at: int) -> int:
    """Where the (nested) block comment that opens at `at` ends; the text's length if it never does."""
    depth, index = 0, at
    while found := _BLOCK_MARK.search(text, index):
        depth += 1 if found.group() == "/-" else -1
        index = found.end()
        if depth <= 0:
            return index
    return len(text)


@lru_cache(maxsize=64)
def blank_out(text: str) -> str:
    """The text with comments and literals replaced by spaces, names in «» by `«___»`.

    Length and line ends are kept, so that offsets into one are offsets into the other.
    """
    out: list[str] = []
    at = 0
    for token in tokens(text):
        out.append(text[at : token.start])
        if token.kind != "quoted name":
            out.append(_NOT_NEWLINE.sub(" ", text[token.start : token.end]))
        elif token.closed:
            out.append("«" + "_" * (token.end - token.start - 2) + "»")
        else:
            out.append("«")
        at = token.end
    out.append(text[at:])
    return "".join(out)


def is_balanced(text: str) -> bool:
    """Whether brackets, comments and strings that open in `text` also close in it, in order."""
    found = list(tokens(text))
    if not all(token.closed for token in found):
        return False
    waiting: list[str] = []
    code = _without(text, found)
    for bracket in _BRACKET.findall(code):
        if bracket in _BRACKETS:
            waiting.append(_BRACKETS[bracket])
        elif not waiting or waiting.pop() != bracket:
            return False
    return not waiting and "-/" not in code


def _without(text: str, cut: list[Token]) -> str:
    pieces, at = [], 0
    for token in cut:
        pieces.append(text[at : token.start])
        at = token.end
    return " ".join([*pieces, text[at:]])
