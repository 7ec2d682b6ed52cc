"""Does the student learn to need the hint? Two signs of leaking privileged context (TRAINING §6.11).

A student that was pulled towards a teacher with feedback may begin to *speak of* the feedback that
it can't see, and the pull may sit on a few pivot tokens. Both are measured, neither is a reward.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

TOP_SHARE = 0.01
_RUN = 5
"""Words in a row that are no coincidence."""
_SPEAKS_OF_IT = re.compile(
    r"\b(?:feedback|the (?:hint|advice|orders?|remarks?)|as (?:advised|suggested|instructed)"
    r"|previous (?:attempt|try)|earlier attempt)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[._'][^\W_]+)*")


def mentions(attempt: str, feedback: str, problem: str = "") -> bool:
    """Whether an attempt that never saw `feedback` speaks of such a thing, or repeats its words.

    Five words in a row of the feedback count, unless the problem has them too: naming the lemma
    that the feedback names is what the student is meant to learn.
    """
    if _SPEAKS_OF_IT.search(attempt) and not _SPEAKS_OF_IT.search(problem):
        return True
    return bool((_runs(attempt) & _runs(feedback)) - _runs(problem))


def mention_share(triples: Iterable[tuple[str, str, str]]) -> float:
    """The share of (attempt, feedback, problem) that mention; 0 of none. For `leak/mention_share`."""
    found = [mentions(attempt, feedback, problem) for attempt, feedback, problem in triples]
    return sum(found) / len(found) if found else 0.0


def top_token_share(per_token: Sequence[float], top: float = TOP_SHARE) -> float:
    """The share of all |values| [N] that the largest `top` of them carry; at least one token's.

    `per_token` is KL per token, or log p_teacher − log p_student where only that is known. An even
    spread gives `top`; a value near 1 says that a handful of tokens is all that is learned.
    """
    sizes = sorted((abs(value) for value in per_token if math.isfinite(value)), reverse=True)
    total = math.fsum(sizes)
    if total <= 0.0:
        return 0.0
    return math.fsum(sizes[: max(1, math.ceil(top * len(sizes)))]) / total


def _runs(text: str) -> set[tuple[str, ...]]:
    words = [word.lower() for word in _WORD.findall(text)]
    return {tuple(words[i : i + _RUN]) for i in range(len(words) - _RUN + 1)}
