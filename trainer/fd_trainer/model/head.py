"""The language-model head in chunks: the logits of a long sequence are never whole in memory.

N positions, H hidden size, V vocabulary, K kept. One chunk of n positions costs 4·n·V bytes of
logits; without chunks 8,192 positions of a vocabulary of 151,936 cost 5 GB (METHOD §1.5).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

Head = Callable[[Tensor], Tensor]
Each = Callable[[Tensor, slice], Tensor]
CACHED = 2**20
"""Logits (4 MiB) that a CPU core's own cache holds: passes over a chunk of so many read no main memory,
and its blocks are used again instead of asked of the system each time. Measured: docs/experiments.md."""
_FEWEST = 128
"""Positions of a chunk on a CPU, however large the vocabulary: the head's weights are read once a chunk."""
_COLUMNS = 32


@dataclass(frozen=True, slots=True)
class TopK:
    """The K most probable tokens of each position, most probable first, on the CPU.

    `indices` int32 [N, K]; `logprobs` float32 [N, K], under the softmax over the whole vocabulary
    (METHOD §1.5 step 6: values are kept as they are).
    """

    indices: Tensor
    logprobs: Tensor


def chunk(most: int, vocabulary: int, device: torch.device) -> int:
    """Positions of one chunk: at most `most`, and on a CPU no more than its cache likes."""
    return min(most, max(_FEWEST, CACHED // vocabulary)) if device.type == "cpu" else most


def largest(logits: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """The k largest of each position, largest first, with their indices: [n, V] → [n, k] twice.

    On a CPU by way of columns of 32: none of the k can stand outside the k columns with the largest
    maxima. A partial sort of all V takes two to four times as long."""
    positions, vocabulary = logits.shape
    width, rest = divmod(vocabulary, _COLUMNS)
    if logits.device.type != "cpu" or width < 2 * k:
        found = logits.topk(min(k, vocabulary), dim=-1)
        return found.values, found.indices
    columns = logits[:, : vocabulary - rest].view(positions, _COLUMNS, width)
    chosen = columns.amax(1).topk(k, sorted=False).indices
    places = (chosen[:, None] + width * torch.arange(_COLUMNS)[:, None]).flatten(1)
    last = torch.arange(vocabulary - rest, vocabulary).expand(positions, rest)
    candidates = torch.cat([places, last], 1)
    values, at = logits.gather(1, candidates).topk(k, dim=-1)
    return values, candidates.gather(1, at)


def over_chunks(head: Head, hidden: Tensor, each: Each, size: int) -> Tensor:
    """Concatenate each(logits float32 [n, V], slice of N) → [n, …] over chunks of `size` positions.

    With gradients, only `hidden` [N, H] and the results are kept: the logits of a chunk are computed
    again in its backward pass. `each` runs twice then, and must do the same both times.
    """
    results: list[Tensor] = []
    start = 0
    for part in hidden.split(size):
        where = slice(start, start + len(part))
        results.append(_one(head, part, each, where))
        start = where.stop
    return torch.cat(results)


def _one(head: Head, part: Tensor, each: Each, where: slice) -> Tensor:
    def run(states: Tensor) -> Tensor:
        return each(head(states).float(), where)

    if not torch.is_grad_enabled():
        return run(part)
    result: Tensor = checkpoint(run, part, use_reentrant=False, preserve_rng_state=False)
    return result


def logprobs_of(targets: Tensor) -> Each:
    """For `over_chunks`: log-probs [n] of the given ids [N] under the full softmax."""

    def each(logits: Tensor, where: slice) -> Tensor:
        chosen = logits.gather(1, targets[where, None])[:, 0]
        return chosen - logits.logsumexp(-1)

    return each


def top_k(head: Head, hidden: Tensor, k: int, size: int) -> TopK:
    """Top-K of every position [N, K]: each chunk's goes to the CPU before the next is computed."""
    indices, logprobs = [], []
    with torch.no_grad():
        for part in hidden.split(size):
            logits = head(part).float()
            values, places = largest(logits, k)
            indices.append(places.to("cpu", torch.int32))
            logprobs.append((values - logits.logsumexp(-1, keepdim=True)).cpu())
    return TopK(torch.cat(indices), torch.cat(logprobs))
