"""Reading Lean source as text: where headers, declarations and `sorry`s are.

A scan, not a parser: it must never be the judge of anything. What it gets wrong costs a
suggestion; Lean decides. Total on any text. Offsets are indices into the text (code points).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from fd_core.lean_lexing import blank_out, block_comment_end, is_balanced

__all__ = [
    "DECLARATION_KEYWORDS",
    "Declaration",
    "blank_out",
    "block_comment_end",
    "declaration_at",
    "declarations",
    "header_end",
    "is_balanced",
    "sorries",
]

DECLARATION_KEYWORDS = (
    "theorem", "lemma", "example", "def", "instance", "abbrev", "structure", "class", "inductive",
    "coinductive", "axiom", "opaque",
)  # fmt: skip
_COMMAND_WORDS = (
    "set_option open namespace section end variable universe attribute mutual notation notation3 "
    "infix infixl infixr prefix postfix macro macro_rules syntax elab elab_rules import export "
    "include omit initialize builtin_initialize deriving declare_syntax_cat run_cmd run_meta "
    "run_elab register_option register_simp_attr alias grind_pattern add_decl_doc module prelude "
    "suppress_compilation unsuppress_compilation proof_wanted irreducible_def library_note simproc "
    "dsimproc binder_predicate assert_not_exists assert_exists compile_inductive unif_hint "
    "recommended_spelling register_tactic_tag tactic_extension gen_injective_theorems seal unseal "
    "with_weak_namespace init_quot register_try?_tactic"
)
_MODIFIERS = (
    r"(?:(?:private|protected|public|noncomputable|partial|unsafe|nonrec|scoped|local|meta)\s+)*"
)
_ATTRIBUTE = r"(?:@\[(?:[^\[\]]|\[(?:[^\[\]]|\[[^\[\]]*\])*\])*\]\s*)*"
_HEAD = re.compile(
    r"(?:^[ \t]*|(?<![\w.])in[ \t]+)(?P<head>"
    rf"{_ATTRIBUTE}{_MODIFIERS}(?P<keyword>{'|'.join(DECLARATION_KEYWORDS)})(?![\w'.!?«])"
    rf"|(?<![ \t]){_ATTRIBUTE}{_MODIFIERS}"
    rf"(?P<command>{'|'.join(map(re.escape, _COMMAND_WORDS.split()))})(?![\w'.!?«])"
    r"|(?<![ \t])(?:#[a-z]|@\[))",
    re.MULTILINE,
)
_PREFIX_COMMANDS = frozenset(
    {"set_option", "open", "variable", "universe", "include", "omit", "attribute", "unseal", "seal"}
)
_ENDS_IN = re.compile(r"(?<![\w.])in\s*\Z")
_DERIVES = re.compile(r"deriving\s+(?!instance\b)")
_NAME = re.compile(r"\s+(?:\(priority[^)]*\)\s*)?(?P<name>[^\s:({\[⦃⟨,;|)=]+)")
_INDUCTIVE = re.compile(r"\s+inductive\b")
_DOC_COMMENT = re.compile(r"/--")
_IMPORT = re.compile(
    r"\s*(?:module\b|prelude\b|(?:public\s+|private\s+)?(?:meta\s+)?import\s+(?:all\s+)?[^\s]+)"
)
_SORRY = re.compile(r"(?<![\w.'«`])(?:sorry|admit)(?![\w'»!?]|\.\w)")
_SCOPE = re.compile(
    r"^[ \t]*(?:(?:noncomputable|public|meta|@\[expose\])\s+)*"
    r"(?P<word>namespace|section|mutual|end)(?![\w'.!?«])[ \t]*(?P<name>(?:[\w.'!?]|«[^»\n]*»)*)",
    re.MULTILINE,
)
_STATEMENT = re.compile(
    r"(?P<open>[(\[{⟨⦃⟦])|(?P<close>[)\]}⟩⦄⟧])|(?P<assign>:=)|(?<![\w.])(?P<where>where)(?![\w'])"
    r"|(?<![\w.])(?P<let>let|have|letI|haveI|let_fun)(?![\w'])|(?P<bar>\|)"
    r"|(?P<bind>←)"
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A declaration: `name` with its namespaces (empty for `example` and unnamed instances).

    `start` is where its own line (or its attributes) begins, `end` where its last letter of code
    ends: no trailing blank lines or comments.
    """

    keyword: str
    name: str
    start: int
    end: int
    command_start: int = 0
    """Where the command begins, doc comment and `open … in` included: the text before it stands
    on its own."""
    keyword_start: int = 0
    statement_end: int = 0
    """After the last letter of the statement (`end` if there is no body)."""
    body_start: int | None = None
    """Offset of the `:=`, `where` or first `|` that begins the body."""
    next_start: int = 0
    """Where the next command begins: a cursor below an unfinished proof still belongs to it."""


def header_end(text: str) -> int:
    """The offset just after the last import (0 if there is none)."""
    code = blank_out(text)
    end = 0
    while found := _IMPORT.match(code, end):
        end = found.end()
    return end


def sorries(text: str) -> list[tuple[int, int]]:
    """Start and end of each `sorry` (or `admit`) outside comments and strings."""
    return [found.span() for found in _SORRY.finditer(blank_out(text))]


def declarations(text: str) -> list[Declaration]:
    """Every declaration, in order."""
    return list(_declarations(text))


def declaration_at(text: str, offset: int) -> Declaration | None:
    """The declaration that holds an offset, doc comment and the blank lines below it included."""
    found = _declarations(text)
    index = bisect_right(found, offset, key=lambda declaration: declaration.command_start) - 1
    # A cursor at the very end of the text is in the last declaration; elsewhere `next_start` is
    # the next command's own first letter.
    if index < 0 or (offset >= found[index].next_start and offset != len(text)):
        return None
    return found[index] if offset <= found[index].next_start else None


@lru_cache(maxsize=32)
def _declarations(text: str) -> tuple[Declaration, ...]:
    code = blank_out(text)
    heads = [match for match in _HEAD.finditer(code) if not _continues(code, match)]
    starts = _command_starts(text, code, heads)
    scopes = list(_scopes(text, code))
    found = []
    for index, match in enumerate(heads):
        if match["keyword"]:
            after = bisect_right(starts, match.start("head"))
            following = starts[after] if after < len(starts) else len(text)
            found.append(_declaration(text, code, match, starts[index], following, scopes))
    return tuple(found)


def _continues(code: str, match: re.Match[str]) -> bool:
    """Whether it only looks like a command: `deriving Repr` belongs to the type above."""
    return match["command"] == "deriving" and bool(_DERIVES.match(code, match.start("command")))


def _command_starts(text: str, code: str, heads: list[re.Match[str]]) -> list[int]:
    """Where each command begins; `open … in` and doc comments count to what they precede."""
    starts: list[int] = []
    for index, match in enumerate(heads):
        start = match.start("head")
        before = heads[index - 1] if index else None
        if (
            before is not None
            and before["command"] in _PREFIX_COMMANDS
            and _ENDS_IN.search(code, before.start("head"), start)
        ):
            starts.append(starts[-1])
            continue
        floor = before.start("head") if before is not None else 0
        starts.append(_doc_comment_start(text, code, floor, start))
    return starts


def _doc_comment_start(text: str, code: str, floor: int, start: int) -> int:
    """Where the doc comment just above a command opens, or the command's own start."""
    code_end = len(code[floor:start].rstrip()) + floor
    between = text[code_end:start]
    if not between.rstrip().endswith("-/"):
        return start
    for found in _DOC_COMMENT.finditer(text, code_end, start):
        if not text[block_comment_end(text, found.start()) : start].strip():
            return found.start()
    return start


def _declaration(
    text: str,
    code: str,
    match: re.Match[str],
    command_start: int,
    following: int,
    scopes: list[tuple[int, tuple[str, ...]]],
) -> Declaration:
    keyword_start, keyword_end = match.span("keyword")
    if match["keyword"] == "class" and (more := _INDUCTIVE.match(code, keyword_end)):
        keyword_end = more.end()
    name = _name(text, code, match["keyword"], keyword_end, following)
    end = len(code[match.start("head") : following].rstrip()) + match.start("head")
    body = _body_start(code, match["keyword"], keyword_end, end)
    statement = code[keyword_end : body if body is not None else end]
    return Declaration(
        keyword=match["keyword"],
        name=_full_name(name, _namespace_at(scopes, match.start("head"))),
        start=match.start("head"),
        end=end,
        command_start=command_start,
        keyword_start=keyword_start,
        statement_end=keyword_end + len(statement.rstrip()),
        body_start=body,
        next_start=following,
    )


def _name(text: str, code: str, keyword: str, at: int, limit: int) -> str:
    found = _NAME.match(code, at, limit)
    if keyword == "example" or found is None:
        return ""
    return text[slice(*found.span("name"))].rstrip(".")


def _full_name(name: str, namespaces: tuple[str, ...]) -> str:
    if not name or name.startswith("_root_."):
        return name.removeprefix("_root_.")
    return ".".join([*namespaces, name])


def _body_start(code: str, keyword: str, at: int, limit: int) -> int | None:
    depth, bound = 0, 0
    bar: int | None = None
    for found in _STATEMENT.finditer(code, at, limit):
        kind = found.lastgroup
        if kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif depth:
            continue
        elif kind == "let":
            bound += 1
        elif kind in ("assign", "bind") and bound:
            bound -= 1
        elif kind in ("assign", "where") or (
            kind == "bar" and _starts_alternatives(code, keyword, found.start())
        ):
            return found.start()
        elif kind == "bar" and bar is None:
            bar = found.start()
    # `theorem x : p → q | h => …`: an arm on the statement's own line.
    return bar if bar is not None and "=>" in code[bar:limit] else None


def _starts_alternatives(code: str, keyword: str, bar: int) -> bool:
    """Whether a `|` begins equations or constructors, rather than an absolute value."""
    if keyword in ("inductive", "coinductive", "class"):
        return True
    line = code.rfind("\n", 0, bar) + 1
    return not code[line:bar].strip()


def _scopes(text: str, code: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """After each offset, the namespaces in force."""
    stack: list[tuple[str, str]] = []
    for match in _SCOPE.finditer(code):
        word, name = match["word"], text[slice(*match.span("name"))]
        if word == "end":
            for _ in range(len(_parts(name)) or 1):
                if stack:
                    stack.pop()
        elif word == "mutual" or not name:
            stack.append((word, ""))
        else:
            stack.extend((word, part) for part in _parts(name))
        yield match.start(), tuple(name for kind, name in stack if kind == "namespace")


def _parts(name: str) -> list[str]:
    return re.findall(r"«[^»]*»|[^.«]+", name)


def _namespace_at(scopes: list[tuple[int, tuple[str, ...]]], offset: int) -> tuple[str, ...]:
    index = bisect_right(scopes, offset, key=lambda scope: scope[0]) - 1
    return scopes[index][1] if index >= 0 else ()
