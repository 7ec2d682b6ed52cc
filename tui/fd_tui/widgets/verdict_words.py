"""A verdict and a cost in the words in which every widget shows them."""

from __future__ import annotations

from fd_core.protocol import WireVerdict

from fd_tui.widgets.pieces import Role

MARKS = {"closed": "✓", "progressed": "→", "failed": "✗", "undecided": "?"}
ROLES: dict[str, Role] = {
    "closed": "good", "progressed": "attention", "failed": "bad", "undecided": "muted",
}  # fmt: skip


def offerable(verdict: WireVerdict) -> bool:
    """Whether it may be taken: closed and progressed only."""
    return verdict.kind in ("closed", "progressed")


def in_words(verdict: WireVerdict) -> str:
    """Mark and word: `✓ closes`, `→ 2 goals`, `✗ fails`, `? undecided`."""
    words = {"closed": "closes", "failed": "fails", "undecided": "undecided"}
    word = words.get(verdict.kind) or goals_in_words(len(verdict.after))
    return f"{MARKS[verdict.kind]} {word}"


def goals_in_words(count: int) -> str:
    """`1 goal`, `2 goals`."""
    return f"{count} goal{'' if count == 1 else 's'}"


def cost_in_words(milliseconds: float) -> str:
    """`12 ms`, `3.4 s`."""
    return f"{milliseconds:.0f} ms" if milliseconds < 10_000 else f"{milliseconds / 1000:.1f} s"


def logprob_in_words(logprob: float) -> str:
    """The natural log of a text's probability: `ln p −1.32`."""
    return f"ln p {logprob:.2f}".replace("-", "−")


def why(verdict: WireVerdict) -> str:
    """Why it can't be taken, in Lean's first words."""
    if verdict.kind == "undecided":
        return verdict.reason
    if verdict.kind == "failed" and verdict.messages:
        return verdict.messages[0].strip().split("\n")[0]
    return ""
