"""Datasets on disk: JSON Lines of statements, read whole, every wrong line named at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fd_core.errors import FdError
from fd_core.lean_source import declaration_at

from fd_trainer.config.data import DatasetSection
from fd_trainer.data.places import whole_proof_site
from fd_trainer.data.shapes import FieldError, Statement, read_row, shape_of
from fd_trainer.data.sorries import Place, place_of
from fd_trainer.data.split import statement_digest
from fd_trainer.problem import Part

_NAMED_AT_ONCE = 10
_ROWS_MOST = 5_000_000


class DatasetError(FdError):
    """A dataset can't be read; the message names file, line and field."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """What one file holds, duplicates left out and counted."""

    statements: tuple[Statement, ...]
    duplicates: int = 0


def read_dataset(section: DatasetSection) -> Dataset:
    """Read one file. Raises DatasetError naming its first wrong lines, or that it is empty."""
    rows = list(_rows(section.path))
    found: list[Statement] = []
    wrong: list[str] = []
    for number, row in rows:
        try:
            _check_shape(row, section)
            found.append(read_row(row, section.header))
        except FieldError as error:
            wrong.append(f"{section.path}:{number}: {error}")
    if wrong:
        more = [f"and {len(wrong) - _NAMED_AT_ONCE} more lines"][: len(wrong) > _NAMED_AT_ONCE]
        raise DatasetError(
            "\n".join([*wrong[:_NAMED_AT_ONCE], *more]),
            fix="Correct those lines, or leave them out; docs/training.md shows the shapes.",
        )
    if not found:
        raise DatasetError(
            f"{section.path} holds no rows", fix="Name a file with one JSON object per line."
        )
    unique = {statement_digest(f"{s.header}\n{s.text}"): s for s in reversed(found)}
    kept = _limited(list(reversed(unique.values())), section.limit)
    return Dataset(tuple(kept), len(found) - len(unique))


def places(section: DatasetSection, dataset: Dataset, project: Path) -> Iterator[Place]:
    """The statements as places to prove at, each in a file of its own."""
    for statement in dataset.statements:
        fixed: Part | None = None if section.part == "split" else section.part
        place = place_of_statement(statement, section.path, project)
        yield replace(place, fixed="held_out" if statement.held_out else fixed)


def place_of_statement(statement: Statement, path: Path, project: Path) -> Place:
    """One statement below its header, its proof open."""
    above = f"{statement.header}\n\n" if statement.header else ""
    uri = path.absolute().as_uri() + (f"#{statement.name}" if statement.name else "")
    site = whole_proof_site(above, statement.text, uri)
    declaration = declaration_at(site.document.text, len(above))
    if declaration is None:
        raise DatasetError(
            f"{path}: no declaration can be read from {statement.text!r:.60}",
            fix="Write it as `theorem name : statement`.",
        )
    place = place_of(site, declaration, project, "dataset")
    group = f"{path.stem}/{statement.name}" if statement.name else place.group
    return replace(place, group=group, reference=statement.proof)


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, _row(path, number, line)
                if number > _ROWS_MOST:
                    raise DatasetError(f"{path} has more than {_ROWS_MOST} lines", fix="Split it.")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"{path}: {error}", fix="Name a readable file of JSON Lines in UTF-8."
        ) from error


def _row(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DatasetError(
            f"{path}:{number}: not JSON: {error}", fix="Each line must be one JSON object."
        ) from error
    if not isinstance(row, dict):
        raise DatasetError(
            f"{path}:{number}: a {type(row).__name__}, not an object",
            fix="Each line must be one JSON object.",
        )
    return row


def _check_shape(row: dict[str, Any], section: DatasetSection) -> None:
    if section.shape == "auto":
        shape_of(row)
        return
    needed = {"statement": ("statement", "theorem"), "minif2f": ("formal_statement",)}
    wanted = needed.get(section.shape, ("formal_statement", "full_proof"))
    if not set(wanted) & set(row):
        raise FieldError(f"field `{wanted[0]}` is missing, as shape {section.shape} needs it")


def _limited(statements: list[Statement], limit: int) -> list[Statement]:
    """At most so many, the same ones every night, in file order."""
    if not limit or len(statements) <= limit:
        return statements
    chosen = sorted(statements, key=lambda s: hashlib.sha256(s.text.encode()).digest())[:limit]
    kept = set(map(id, chosen))
    return [statement for statement in statements if id(statement) in kept]
