"""The budget of a run: calls, tokens and money, stopped before they are passed, not after.

Each call reserves the most it may cost, and gives back what it did not use. Reservations are written
down first: a call that a kill cut off counts as spent when the run is resumed.
"""

from __future__ import annotations

import asyncio
import math
import uuid
from dataclasses import dataclass
from typing import Any

from fd_trainer.config.critic import CriticConfig, Price
from fd_trainer.critic.journal import Journal
from fd_trainer.remark import RemarkCost


def cost_of(tokens_in: int, tokens_out: int, price: Price | None, calls: int = 1) -> RemarkCost:
    """Tokens at a price per million; no price, no figure."""
    money = (tokens_in * price.input + tokens_out * price.output) / 1e6 if price else None
    return RemarkCost(calls, tokens_in, tokens_out, money)


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run; None: no limit. `money` is in `currency`."""

    calls: int | None = None
    tokens: int | None = None
    money: float | None = None
    currency: str = "USD"

    @classmethod
    def of(cls, config: CriticConfig) -> Limits:
        """As configured."""
        millions = config.max_million_tokens
        tokens = None if millions is None else int(millions * 1e6)
        return cls(config.max_calls, tokens, config.max_money, config.currency)

    def passed_by(self, cost: RemarkCost) -> str | None:
        """Which limit a total passes, in words; nothing if it passes none."""
        if self.calls is not None and cost.calls > self.calls:
            return f"{self.calls} calls"
        if self.tokens is not None and cost.tokens > self.tokens:
            return f"{self.tokens:,} tokens"
        money = math.inf if cost.money is None else cost.money
        if self.money is not None and money > self.money:
            return f"{self.money:g} {self.currency}"
        return None


class Budget:
    """What may still be spent. `spent` counts what came before a resume."""

    def __init__(self, limits: Limits, journal: Journal) -> None:
        self.limits = limits
        self._journal = journal
        self._open: dict[str, RemarkCost] = {}
        self._changed = asyncio.Condition()
        self.spent = _total(journal)

    async def reserve(self, most: RemarkCost) -> str | None:
        """A ticket for a call that costs this at most; None if the budget does not hold it. Waits
        while calls under way may yet give something back. Raises OSError."""
        async with self._changed:
            while self.limits.passed_by(self._promised() + most):
                if self.limits.passed_by(self.spent + most) or not self._open:
                    return None
                await self._changed.wait()
            ticket = uuid.uuid4().hex[:12]
            self._journal.add({"reserve": ticket, **_row(most)})
            self._open[ticket] = most
            return ticket

    async def settle(self, ticket: str, cost: RemarkCost) -> None:
        """What a call did cost."""
        async with self._changed:
            self._open.pop(ticket, None)
            self.spent += cost
            try:
                self._journal.add({"settle": ticket, **_row(cost)})
            finally:
                self._changed.notify_all()

    def refusal(self) -> str:
        """Why nothing is asked any more, in one sentence."""
        found = self.limits.passed_by(self.spent)
        limits = [self.limits.calls, self.limits.tokens, self.limits.money]
        names = ["calls", "tokens", self.limits.currency]
        pairs = zip(limits, names, strict=True)
        said = ", ".join(f"{v:,g} {name}" for v, name in pairs if v is not None)
        return f"the critic's budget ({found or said}) is spent"

    def _promised(self) -> RemarkCost:
        return sum(self._open.values(), start=self.spent)


def _row(cost: RemarkCost) -> dict[str, Any]:
    return {"calls": cost.calls, "in": cost.tokens_in, "out": cost.tokens_out, "money": cost.money}


def _total(journal: Journal) -> RemarkCost:
    """What a journal says was spent: settled calls, and the reservations of those that never were."""
    costs: dict[str, RemarkCost] = {}
    for row in journal.rows():
        ticket = row.get("settle") or row.get("reserve")
        if ticket and (cost := _read(row)) is not None:
            costs[str(ticket)] = cost
    return sum(costs.values(), start=RemarkCost())


def _read(row: dict[str, Any]) -> RemarkCost | None:
    try:
        money = None if row["money"] is None else float(row["money"])
        return RemarkCost(int(row["calls"]), int(row["in"]), int(row["out"]), money)
    except (KeyError, TypeError, ValueError):
        return None
