"""A Lean file's lines with the roles of their words, each line looked at only when it is drawn.

Comments and literals that go over several lines are found once by our own lexing, in milliseconds for
a large file; what is between them is Pygments' business, a line at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

from fd_core import lean_lexing
from pygments.lexers.lean import Lean4Lexer
from pygments.token import Comment, Generic, Keyword, Name, Number, Operator, String, _TokenType

from fd_tui.widgets.pieces import Line, Piece, Role

_ROLES: tuple[tuple[_TokenType, Role], ...] = (
    (Keyword.Type, "sort"),
    (Keyword, "keyword"),
    (Generic.Error, "attention"),
    (Comment, "comment"),
    (String, "string"),
    (Number, "number"),
    (Name.Builtin.Pseudo, "symbol"),
    (Operator, "symbol"),
)
_OWN: dict[str, Role] = {
    "line comment": "comment", "block comment": "comment", "string": "string",
    "character": "string", "quoted name": "",
}  # fmt: skip
_MOST = 2000
"""Letters of a line that are looked at."""
_LEXER = Lean4Lexer()


class Highlighted:
    """A text as lines of pieces."""

    def __init__(self, text: str) -> None:
        self.lines = text.split("\n")
        self._starts = [0, *accumulate(len(line) + 1 for line in self.lines)]
        self._tokens = list(lean_lexing.tokens(text))
        self._token_starts = [token.start for token in self._tokens]

    def line(self, number: int) -> Line:
        """One line, from 0."""
        start = self._starts[number]
        text = self.lines[number][:_MOST]
        pieces: list[Piece] = []
        at = 0
        for begin, end, role in self._literals(start, start + len(text)):
            pieces += code(text[at : begin - start])
            pieces.append(Piece(text[begin - start : end - start], role))
            at = end - start
        return (*pieces, *code(text[at:]))

    def _literals(self, start: int, end: int) -> Iterator[tuple[int, int, Role]]:
        """The comments and literals, or the parts of them, between two offsets."""
        first = max(0, bisect_right(self._token_starts, start) - 1)
        for index in range(first, len(self._tokens)):
            token = self._tokens[index]
            if token.start >= end:
                return
            if token.end > start:
                yield max(token.start, start), min(token.end, end), _OWN[token.kind]


@lru_cache(4096)
def code(text: str) -> Line:
    """A line's words that are neither comment nor literal."""
    return tuple(Piece(word, _role(kind)) for _, kind, word in _LEXER.get_tokens_unprocessed(text))


def _role(kind: _TokenType) -> Role:
    return next((role for parent, role in _ROLES if kind in parent), "")
