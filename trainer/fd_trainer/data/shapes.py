"""Rows of the datasets people have, read into one form: a statement, its header, perhaps a proof.

| shape | fields (`?`: may be absent) | as in |
|---|---|---|
| statement | `statement` or `theorem`, `proof`?, `header`?, `name`? | own data |
| lean_workbook | `formal_statement`, `id`?, `proof` or `tactic`?; or `full_proof` | LeanWorkbook |
| minif2f | `formal_statement`, `header`?, `name`?, `split`? | MiniF2F |
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fd_core.errors import FdError
from fd_core.lean_source import blank_out, declarations, header_end

Shape = Literal["statement", "lean_workbook", "minif2f"]
_STATEMENTS = ("formal_statement", "statement", "theorem")
_PROOFS = ("proof", "formal_proof", "full_proof", "tactic")
_NAMES = ("name", "problem_id", "id", "problem_name")
_HELD_OUT = frozenset({"test", "valid", "validation", "dev"})
_HOLE = re.compile(r"(?::=\s*(?:by\s*)?)?(?:sorry\s*)?\Z")
_BODY = re.compile(r":=\s*by\b")


@dataclass(frozen=True, slots=True)
class Statement:
    """One row. `text` is the statement up to its `:=`; `proof` is a block of tactics, or empty."""

    name: str
    header: str
    text: str
    proof: str = ""
    held_out: bool = False
    """Whether the row itself says that it belongs to a test or validation split."""


class FieldError(FdError):
    """A field is missing or wrong: the message names it."""


def shape_of(row: Mapping[str, Any]) -> Shape:
    """Which shape a row has. Raises FieldError naming what would have done."""
    if "full_proof" in row or ("formal_statement" in row and not {"header", "split"} & set(row)):
        return "lean_workbook"
    if "formal_statement" in row:
        return "minif2f"
    if {"statement", "theorem"} & set(row):
        return "statement"
    raise FieldError(
        f"no field `formal_statement`, `statement` or `full_proof` (there are: {', '.join(row)})"
    )


def read_row(row: Mapping[str, Any], default_header: str = "") -> Statement:
    """A row in any shape. Raises FieldError."""
    field, text = _statement(row)
    header = _text(row, "header") or default_header
    own_header = text[: header_end(text)]
    if own_header:
        header, text = own_header, text[len(own_header) :]
    found = [d for d in declarations(text) if d.keyword in ("theorem", "lemma", "example")]
    if not found:
        raise FieldError(f"field `{field}` holds no theorem, lemma or example")
    last = found[-1]
    body = last.body_start if last.body_start is not None else len(text.rstrip())
    above, statement = text[: last.start], text[last.start : body]
    header = "\n".join(part.strip() for part in (header, above) if part.strip())
    return Statement(
        name=_text(row, *_NAMES) or last.name,
        header=header,
        text=_HOLE.sub("", statement.rstrip()).rstrip(),
        proof=_proof(row, text[body:], last.name),
        held_out=_text(row, "split").lower() in _HELD_OUT,
    )


def _statement(row: Mapping[str, Any]) -> tuple[str, str]:
    for field in (*_STATEMENTS, "full_proof"):
        if field not in row:
            continue
        value = row[field]
        if not isinstance(value, str) or not value.strip():
            raise FieldError(f"field `{field}` must be a text that is not empty, not {value!r:.40}")
        return field, value
    raise FieldError("no field `formal_statement`, `statement` or `full_proof`")


def _proof(row: Mapping[str, Any], body: str, name: str) -> str:
    """A proof from its own field, whole file or block, or from behind the statement."""
    given = next((_text(row, field) for field in _PROOFS if _text(row, field)), "")
    for text in (given, body):
        block = _block(text, name)
        if block and not re.search(r"(?<![\w.'])sorry(?![\w'])", blank_out(block)):
            return block
    return ""


def _block(text: str, name: str) -> str:
    """The tactics of a proof given as a whole file, as `:= by …`, as a term, or as they are."""
    found = [d for d in declarations(text) if name and d.name == name] or declarations(text)[-1:]
    if found:
        body = found[-1].body_start
        text = text[body : found[-1].end] if body is not None else ""
    text = text.strip()
    if opened := _BODY.match(blank_out(text)):
        return text[opened.end() :].strip("\n").rstrip()
    if text.startswith(":="):
        return f"exact {text[2:].strip()}" if text[2:].strip() else ""
    return re.sub(r"\Aby\b[ \t]*", "", text).strip("\n")


def _text(row: Mapping[str, Any], *fields: str) -> str:
    """The first of some fields that is there; numbers count as text."""
    for field in fields:
        value = row.get(field)
        if value is None:
            continue
        if not isinstance(value, str | int) or isinstance(value, bool):
            raise FieldError(f"field `{field}` must be a text, not {type(value).__name__}")
        return str(value)
    return ""
