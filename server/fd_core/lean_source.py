"""Reading Lean source as text: where comments, headers, declarations and `sorry`s are.

A scan, not a parser: it must never be the judge of anything. What it gets wrong costs a
suggestion; Lean decides. Offsets are indices into the text (code points).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

DECLARATION_KEYWORDS = (
    "theorem", "lemma", "example", "def", "instance", "abbrev", "structure", "class", "inductive",
    "coinductive", "axiom", "opaque",
)  # fmt: skip
_MODIFIERS = (
    r"(?:(?:private|protected|public|noncomputable|partial|unsafe|nonrec|scoped|local|meta)\s+)*"
)
_ATTRIBUTE = r"(?:@\[[^\]]*\]\s*)*"
_NAME = r"[^\s:({\[⦃⟨,;|]+"
_DECLARATION = re.compile(
    rf"^[ \t]*{_ATTRIBUTE}{_MODIFIERS}(?P<keyword>{'|'.join(DECLARATION_KEYWORDS)})\b"
    rf"(?:\s+(?P<name>{_NAME}))?",
    re.MULTILINE,
)
_COMMAND = re.compile(
    r"^(?:@\[|#[a-z]|(?:set_option|open|namespace|section|end|variable|universe|attribute|mutual|"
    r"notation|infixl?|infixr|prefix|postfix|macro|macro_rules|syntax|elab|elab_rules|import|export|"
    r"include|omit|public|private|protected|noncomputable|partial|unsafe|nonrec|scoped|local|"
    r"initialize|builtin_initialize|deriving|declare_syntax_cat|run_cmd|run_meta|register_option|"
    r"alias|termination_by|grind_pattern|add_decl_doc|suppress_compilation|open_scoped)\b)",
    re.MULTILINE,
)
_IMPORT = re.compile(
    r"\s*(?:module\b|prelude\b|(?:public\s+|private\s+)?(?:meta\s+)?import\s+(?:all\s+)?[^\s]+)"
)
_SORRY = re.compile(r"(?<![\w.'«])(?:sorry|admit)(?![\w'»])")
_SCOPE = re.compile(
    r"^[ \t]*(?:(?:noncomputable|public|meta|@\[expose\])\s+)*"
    r"(?P<word>namespace|section|mutual|end)\b[ \t]*(?P<name>[^\s]*)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration: `name` with its namespaces (empty for `example` and unnamed instances).

    `start` is where its own line (or its attributes) begins, `end` where the next command does.
    """

    keyword: str
    name: str
    start: int
    end: int


def blank_out(text: str) -> str:
    """The text with comments and string contents replaced by spaces; length and lines kept."""
    out: list[str] = []
    at, size = 0, len(text)
    while at < size:
        end = _skip(text, at)
        if end > at:
            out.append("".join("\n" if c == "\n" else " " for c in text[at:end]))
            at = end
        else:
            out.append(text[at])
            at += 1
    return "".join(out)


_INTERESTING = re.compile(r"--|/-|\"|'(?:\\.|[^'\\\n])'|r#*\"|«")


def _skip(text: str, at: int) -> int:
    """The end of the comment, string or character literal that starts at `at`, or `at`."""
    opening = _INTERESTING.match(text, at)
    if opening is None:
        return at
    token = opening.group()
    if token == "--":
        end = text.find("\n", at)
        return len(text) if end < 0 else end
    if token == "/-":
        return block_comment_end(text, at)
    if token == "«":
        return at
    if token.startswith("'"):
        # `h'x'` is a name: a literal never follows a letter.
        return at if at and (text[at - 1].isalnum() or text[at - 1] in "_'!?") else opening.end()
    if token.startswith("r"):
        if at and (text[at - 1].isalnum() or text[at - 1] == "_"):
            return at
        close = text.find('"' + "#" * (len(token) - 2), opening.end())
        return len(text) if close < 0 else close + len(token) - 1
    return _string_end(text, at)


def _string_end(text: str, at: int) -> int:
    index = at + 1
    while index < len(text):
        if text[index] == "\\":
            index += 2
        elif text[index] == '"':
            return index + 1
        else:
            index += 1
    return len(text)


def block_comment_end(text: str, at: int) -> int:
    """Where the (nested) block comment that opens at `at` ends; the text's length if it never does."""
    depth, index = 0, at
    for found in re.compile(r"/-|-/").finditer(text, at):
        if found.start() < index:
            continue
        depth += 1 if found.group() == "/-" else -1
        index = found.end()
        if depth == 0:
            return index
    return len(text)


def header_end(text: str) -> int:
    """The offset just after the last import (0 if there is none)."""
    code = blank_out(text)
    end = 0
    while found := _IMPORT.match(code, end):
        end = found.end()
    return end


def declarations(text: str) -> list[Declaration]:
    """Every declaration, in order."""
    code = blank_out(text)
    starts = list(_DECLARATION.finditer(code))
    boundaries = sorted({m.start() for m in starts} | {m.start() for m in _COMMAND.finditer(code)})
    scopes = list(_scopes(code))
    found = []
    for match in starts:
        following = bisect_right(boundaries, match.start("keyword"))
        end = boundaries[following] if following < len(boundaries) else len(text)
        name = match.group("name") or ""
        if match.group("keyword") == "example" or (name and name[0] in ":"):
            name = ""
        full = ".".join([*_namespace_at(scopes, match.start()), name]) if name else ""
        found.append(
            Declaration(match.group("keyword"), full.removeprefix("_root_."), match.start(), end)
        )
    return found


def _scopes(code: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """After each offset, the namespaces in force."""
    stack: list[tuple[str, str]] = []
    for match in _SCOPE.finditer(code):
        word, name = match.group("word"), match.group("name")
        if word == "end":
            for _ in range(name.count(".") + 1 if stack and stack[-1][0] != "whole" else 1):
                if stack:
                    stack.pop()
        elif word == "namespace":
            stack.extend(("namespace", part) for part in name.split("."))
        else:
            stack.append((word if "." not in name else "whole", ""))
        yield match.start(), tuple(name for kind, name in stack if kind == "namespace")


def _namespace_at(scopes: list[tuple[int, tuple[str, ...]]], offset: int) -> tuple[str, ...]:
    index = bisect_right(scopes, offset, key=lambda scope: scope[0]) - 1
    return scopes[index][1] if index >= 0 else ()


def declaration_at(text: str, offset: int) -> Declaration | None:
    """The declaration that holds an offset."""
    return next((d for d in reversed(declarations(text)) if d.start <= offset <= d.end), None)


def sorries(text: str) -> list[tuple[int, int]]:
    """Start and end of each `sorry` (or `admit`) outside comments and strings."""
    return [found.span() for found in _SORRY.finditer(blank_out(text))]


def is_balanced(text: str) -> bool:
    """Whether brackets, comments and strings that open in `text` also close in it, in order."""
    closers = {"(": ")", "[": "]", "{": "}", "⟨": "⟩", "⦃": "⦄", "«": "»", "⟦": "⟧", "‹": "›"}
    waiting: list[str] = []
    at = 0
    while at < len(text):
        end = _skip(text, at)
        if end > at:
            if not _closed(text, at, end):
                return False
            at = end
            continue
        letter = text[at]
        if letter in closers:
            waiting.append(closers[letter])
        elif letter in closers.values() and (not waiting or waiting.pop() != letter):
            return False
        at += 1
    return not waiting


def _closed(text: str, at: int, end: int) -> bool:
    if text.startswith("--", at):
        return True
    if text.startswith("/-", at):
        return end - at >= 4 and text.endswith("-/", at, end)
    return end - at >= 2 and text[end - 1] in "\"'#"
