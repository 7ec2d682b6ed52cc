"""Means over a step, gathered pass by pass on the device; read once, at the end."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Tally:
    """Sums and counts by name. Names are those of `fd_core.run_metrics.METRICS`."""

    def __init__(self) -> None:
        self._sums: dict[str, Tensor | float] = {}
        self._counts: dict[str, float] = {}
        self._divergences: list[Tensor] = []

    def mean(self, name: str, values: Tensor) -> None:
        """Count these values [n] into the mean called `name`."""
        self._sums[name] = self._sums.get(name, 0.0) + values.detach().float().sum()
        self._counts[name] = self._counts.get(name, 0.0) + values.numel()

    def total(self, name: str, value: Tensor | float) -> None:
        """Add to the sum called `name`."""
        gone = value.detach() if isinstance(value, Tensor) else value
        self._sums[name] = self._sums.get(name, 0.0) + gone

    def divergences(self, values: Tensor) -> None:
        """KL per token [n], of which the share of the largest is told (TRAINING §11, pivot tokens)."""
        self._divergences.append(values.detach().float().cpu())

    @classmethod
    def merged(cls, tallies: Sequence[Tally]) -> Tally:
        """What several ranks counted, as one."""
        if len(tallies) == 1:
            return tallies[0]
        whole = cls()
        for each in tallies:
            for name, value in each._sums.items():
                whole._sums[name] = whole._sums.get(name, 0.0) + value
            for name, count in each._counts.items():
                whole._counts[name] = whole._counts.get(name, 0.0) + count
            whole._divergences += each._divergences
        return whole

    def settled(self) -> Tally:
        """With plain numbers instead of a device's, to be sent to another rank."""
        self._sums = {name: float(value) for name, value in self._sums.items()}
        return self

    def metrics(self) -> dict[str, float]:
        """Everything as plain numbers."""
        found = {
            name: float(s) / max(self._counts.get(name, 1.0), 1.0) for name, s in self._sums.items()
        }
        if self._divergences:
            found["leak/top_token_share"] = top_share(torch.cat(self._divergences))
        return found


def top_share(values: Tensor, part: float = 0.01) -> float:
    """The share of the sum of `values` [n] ≥ 0 that its largest one percent (at least one) holds."""
    if not (total := float(values.sum())):
        return 0.0
    return float(values.topk(max(1, round(part * len(values)))).values.sum()) / total
