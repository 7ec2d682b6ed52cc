"""What may become a candidate at all: one normal form, no placeholders, no searches.

A cheap sieve for every policy, not a judge: the checker's allow-list and the audit decide. A tactic
that searches and asks to be replaced (`exact?`, `try?` …) is never a candidate: what it finds is,
see `harvest` (and nothing that was such a search may ever be learnt from).
"""

from __future__ import annotations

import re

from fd_core.landing import normalise
from fd_core.lean_source import blank_out, is_balanced

MAX_LETTERS = 16_000
SEARCHES = (
    "exact?", "apply?", "rw?", "rw??", "simp?", "simp_all?", "dsimp?", "simpa?", "grind?", "try?",
    "aesop?", "observe?", "have?", "rcases?", "rintro?", "norm_num?", "omega?", "decide?", "linarith?",
    "solve_by_elim?", "duper?", "propose?",
)  # fmt: skip
_WORDS = "hint|polyrith|show_term|stop|hammer|suggestions|canonical|extract_goal|library_search"
_SEARCH = re.compile(
    "|".join(
        [
            *(rf"(?<![\w.!?']){re.escape(name)}(?![\w'?])" for name in SEARCHES),
            rf"(?:^|[;·(|]|<;>|=>|\bby)[ \t]*(?:{_WORDS})(?![\w'.])",
        ]
    ),
    re.MULTILINE,
)
_PLACEHOLDER = re.compile(r"(?<![\w.'«])(?:sorry|admit|sorryAx|native_decide)(?![\w'»])")


def admit(text: str) -> str | None:
    """The candidate in normal form, or nothing if it can't be one."""
    if len(text) > MAX_LETTERS or "\0" in text:
        return None
    normal = normalise(text).strip("\n")
    if not normal.strip() or not is_balanced(normal):
        return None
    code = blank_out(normal)
    if not code.strip() or _SEARCH.search(code) or _PLACEHOLDER.search(code):
        return None
    return normal


def is_search(text: str) -> bool:
    """Whether a tactic text contains one that searches and asks to be replaced."""
    return bool(_SEARCH.search(blank_out(text)))
