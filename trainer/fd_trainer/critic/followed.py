"""Did the next attempt follow the advice? (METHOD §3.16)

Read off the names in backticks: those an order recommends and those it warns of. An order that names
nothing can't be told. A figure for the report; nothing is trained on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from fd_trainer.critic.lint import is_warned_of
from fd_trainer.critic.proof_tokens import code_in, names_in

_ORDER = re.compile(r"^\s*\d+[.)]\s+", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Order:
    """The names an order recommends, and those it warns of."""

    use: frozenset[str]
    avoid: frozenset[str]

    @property
    def can_be_told(self) -> bool:
        """Whether it names anything."""
        return bool(self.use or self.avoid)

    def followed_by(self, attempt: str) -> bool:
        """Whether an attempt uses something recommended, if anything is, and nothing warned of."""
        names = frozenset(names_in(attempt))
        return bool(names & self.use or not self.use) and not names & self.avoid


def orders_in(feedback: str) -> tuple[Order, ...]:
    """The orders of a feedback; a feedback without numbers is one order."""
    return tuple(map(_order, (part for part in _ORDER.split(feedback) if part.strip())))


def followed(feedback: str, attempt: str) -> float | None:
    """The share of orders that an attempt follows; None if no order names anything."""
    told = [order for order in orders_in(feedback) if order.can_be_told]
    if not told or not attempt.strip():
        return None
    return sum(order.followed_by(attempt) for order in told) / len(told)


def followed_more(feedback: str, before: str, after: str) -> float | None:
    """How much more a later attempt follows than the one that was remarked on; in [-1, 1]."""
    first, second = followed(feedback, before), followed(feedback, after)
    return None if first is None or second is None else second - first


def followed_share(pairs: Iterable[tuple[str, str]]) -> float | None:
    """The mean over (feedback, next attempt); None if none can be told."""
    found = [share for each in pairs if (share := followed(*each)) is not None]
    return sum(found) / len(found) if found else None


def _order(text: str) -> Order:
    use: set[str] = set()
    avoid: set[str] = set()
    for at, code in code_in(text):
        (avoid if is_warned_of(text, at) else use).update(names_in(code))
    return Order(frozenset(use - avoid), frozenset(avoid))
