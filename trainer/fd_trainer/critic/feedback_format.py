"""What feedback must look like, as a value: counts, lengths, and which rules of style hold.

The values are data of each instruction (`prompts/*.toml`, `[format]`); METHOD §1.8 is their source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

Style = Literal["numbered", "no_preamble", "imperative", "no_person", "no_student", "one_line"]
STYLES: frozenset[str] = frozenset(get_args(Style))


@dataclass(frozen=True, slots=True)
class FeedbackFormat:
    """`items` and `words` (of each item) are inclusive bounds; `styles` are the rules that hold.

    Without "numbered" the text is one item as it stands. What no feedback may do (advise what the
    audit refuses, speak of verdicts and instructions) is forbidden in every format but `ANY`.
    """

    items: tuple[int, int] = (1, 3)
    words: tuple[int, int] = (10, 50)
    styles: frozenset[str] = STYLES
    checked: bool = True

    @classmethod
    def read(cls, table: Mapping[str, Any]) -> FeedbackFormat:
        """From the `[format]` of an instruction."""
        styles = frozenset(table["styles"])
        if unknown := styles - STYLES:
            raise ValueError(f"no such style: {', '.join(sorted(unknown))}")
        low, high = table["items"]
        few, many = table["words"]
        return cls((low, high), (few, many), styles)


ANY = FeedbackFormat(checked=False)
"""Text that is not written to any format: Lean's messages, a proof, a constant."""

ORDERS = FeedbackFormat()
"""METHOD §1.8: one to three numbered orders of 10 to 50 words, self-contained, to nobody."""
