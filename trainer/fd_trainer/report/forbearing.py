"""Reading with forbearance: what is damaged is left out, and said in `damaged`; nothing is raised."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, TypeVar

from fd_core.plain_data import PlainDataError, from_plain

from fd_trainer.report.contract import HeatRow
from fd_trainer.report.heat import worth_a_look

T = TypeVar("T")
HEAT_ROWS = 24
_ROW = {"step", "row_id", "problem_id", "tokens", "gaps"}
_LINE_BYTES = 16 << 20
"""A longer line is no line of ours."""


def value_of(path: Path, cls: type[T], damaged: list[str]) -> T | None:
    """The value of a whole file; none if it is not there, or is no such value."""
    try:
        return from_plain(cls, json.loads(path.read_bytes()), ignore_unknown=True)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError, PlainDataError) as error:
        damaged.append(f"{path.name} can't be read ({_short(error)}).")
        return None


def objects_of(path: Path, damaged: list[str]) -> Iterator[object]:
    """Each line's value; what can't be read is left out, and said at the end."""
    bad = 0
    try:
        with path.open("rb") as file:
            while line := file.readline(_LINE_BYTES):
                try:
                    yield json.loads(line)
                except (ValueError, RecursionError):
                    bad += bool(line.strip())
    except FileNotFoundError:
        return
    except OSError as error:
        damaged.append(f"{path.name} can't be read ({_short(error)}).")
    if bad:
        damaged.append(f"{bad} lines of {path.name} were cut or damaged and were left out.")


def decoded(lines: Iterable[object], cls: type[T], path: Path, damaged: list[str]) -> tuple[T, ...]:
    """Lines as values of a class; those that are none are left out."""
    found: list[T] = []
    bad = 0
    for line in lines:
        try:
            found.append(from_plain(cls, line, ignore_unknown=True))
        except (PlainDataError, ValueError, RecursionError):
            bad += 1
    if bad:
        damaged.append(f"{bad} lines of {path.name} can't be read and were left out.")
    return tuple(found)


def heat_of(path: Path, damaged: list[str]) -> tuple[HeatRow, ...]:
    """Rows worth a look, without holding the others: they are the bulk of a night's files."""
    places: list[tuple[int, float]] = []
    try:
        with path.open("rb") as file:
            at = 0
            while line := file.readline(_LINE_BYTES):
                if (largest := _largest(line)) is not None:
                    places.append((at, largest))
                at += len(line)
            chosen = worth_a_look([largest for _, largest in places], HEAT_ROWS)
            lines = [_line_at(file, places[index][0]) for index in chosen]
    except FileNotFoundError:
        return ()
    except OSError as error:
        damaged.append(f"{path.name} can't be read ({_short(error)}).")
        return ()
    return decoded(lines, HeatRow, path, damaged)


def _largest(line: bytes) -> float | None:
    """The largest gap of a row; none if the line is no row. What is not finite is text here."""
    try:
        row = json.loads(line)
        if not row.keys() >= _ROW:
            return None
        return max((abs(gap) for gap in row["gaps"] if not isinstance(gap, str)), default=0.0)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None


def _line_at(file: BinaryIO, at: int) -> object:
    file.seek(at)
    return json.loads(file.readline(_LINE_BYTES))


def _short(error: Exception) -> str:
    return str(error).split("\n")[0][:200]
