"""Which whole models may go: each is as large as its base, and nights publish one after the other.

Adapters are megabytes, and what was learned: they stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from fd_core.adapter import Adapter
from fd_core.promoted_pointer import Promotions


def removable(adapters: Sequence[Adapter], promotions: Promotions, keep: int) -> list[Adapter]:
    """Whole models beyond the `keep` newest, oldest first; never what is served, what a roll-back would
    serve, or what the served one was trained from."""
    whole = sorted(
        (each for each in adapters if each.whole_model), key=lambda each: each.created_at
    )
    needed = {*promotions.stack[-2:]}
    needed |= {each.parent for each in adapters if each.id == promotions.served and each.parent}
    return [each for each in whole[: max(len(whole) - keep, 0)] if each.id not in needed]
