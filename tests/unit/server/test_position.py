"""Positions in three encodings, letters beyond the BMP included."""

from __future__ import annotations

import pytest
from fd_core.proof import Document, Position, Range
from fd_server.position import PositionEncoding, negotiate
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

LINE = "  have h𝔽 : 𝓕 ⊢ α := é"
TEXT = f"theorem t\n{LINE}\r\nlast"


def _units(text: str, kind: str) -> int:
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[kind]
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[kind]
    return len(text.encode(codec)) // width


@pytest.mark.parametrize("kind", ["utf-8", "utf-16", "utf-32"])
def test_every_column_goes_out_and_comes_back(kind: str) -> None:
    document = Document("file:///t.lean", 1, TEXT)
    encoding = PositionEncoding(kind)
    for column in range(len(LINE) + 1):
        wire = encoding.wire_position(document, Position(1, column))
        assert wire.character == _units(LINE[:column], kind)
        assert encoding.position(document, wire) == Position(1, column)


@given(
    st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"])), st.integers(0, 40)
)
def test_any_unit_is_clamped_to_a_letter(line: str, character: int) -> None:
    document = Document("file:///t.lean", 1, line)
    for kind in ("utf-8", "utf-16", "utf-32"):
        at = PositionEncoding(kind).position(document, types.Position(0, character))
        assert at.line == 0
        assert 0 <= at.column <= len(line)
        assert _units(line[: at.column], kind) <= character


def test_inside_a_surrogate_pair_is_before_the_letter() -> None:
    document = Document("file:///t.lean", 1, "𝔽x")
    assert PositionEncoding("utf-16").position(document, types.Position(0, 1)) == Position(0, 0)
    assert PositionEncoding("utf-8").position(document, types.Position(0, 3)) == Position(0, 0)


def test_beyond_the_text_is_its_end() -> None:
    document = Document("file:///t.lean", 1, "a\nbc")
    assert PositionEncoding().position(document, types.Position(99, 99)) == Position(1, 2)


def test_an_upside_down_range_is_put_right() -> None:
    document = Document("file:///t.lean", 1, "abcdef")
    wire = types.Range(types.Position(0, 4), types.Position(0, 1))
    assert PositionEncoding().range(document, wire) == Range(Position(0, 1), Position(0, 4))


def test_negotiation_takes_the_clients_first_known_choice() -> None:
    assert negotiate(["ebcdic", "utf-8", "utf-16"]) == "utf-8"
    assert negotiate(None) == negotiate([]) == negotiate(["ebcdic"]) == "utf-16"
