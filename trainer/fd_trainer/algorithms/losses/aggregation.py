"""From a loss per token to one number (METHOD §1.6, §2.4), the same however a batch is cut.

A loss is Σ_t c_t·l_t with coefficients c_t that depend on the whole batch only; so micro-batches
add up to exactly what one pass would give.

| name | c_t of a written token of row i | as in |
|---|---|---|
| token_mean | w_i / all tokens | DAPO, verl's default |
| sum | w_i / rows | METHOD §1.3's equation, averaged over attempts |
| sequence_mean | w_i / (tokens of i · rows) | GRPO |
| constant | w_i / (constant · rows) | Dr. GRPO |

The weight w_i of a row is not part of the normaliser: a batch of weak rows pushes weakly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from fd_trainer.config.algorithms import Aggregation


@dataclass(frozen=True, slots=True)
class Totals:
    """Of all rows of one kind in a batch, on every rank: how many, and how many written tokens."""

    rows: float
    tokens: float


def coefficients(
    aggregation: Aggregation,
    row_of: Tensor,
    weights: Sequence[float],
    totals: Totals,
    constant: float = 1.0,
) -> Tensor:
    """c_t [N] for written tokens packed in order; `row_of` [N] names each token's row, `weights`
    holds one number per row."""
    ones = torch.ones(row_of.shape[0], dtype=torch.float32, device=row_of.device)
    each = torch.tensor(list(weights), dtype=torch.float32, device=row_of.device)[row_of]
    rows, tokens = max(totals.rows, 1.0), max(totals.tokens, 1.0)
    if aggregation == "token_mean":
        return each / tokens
    if aggregation == "sum":
        return each / rows
    if aggregation == "constant":
        return each / (constant * rows)
    lengths = torch.zeros(len(weights), device=row_of.device).index_add(0, row_of, ones)
    return each / (lengths[row_of] * rows)
