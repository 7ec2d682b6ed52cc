"""What a decision weighs in its loss, per kind, and at most how much one declaration may.

| kind | row | weight (default) | why |
|---|---|---|---|
| overridden | target | 2.0 | same state, our candidate, their text: the best label there is |
| survived | target | 1.5 | still there (or put right) at a clean save or a commit |
| accepted | target | 1.0 | taken; depends on rank, latency and haste |
| accepted_partly | target | 0.5 | its beginning was taken |
| observed | target | 0.5 | a whole proof in a file: this user's style, no decision |
| dataset | target | 0.5 | a proof that came with a dataset |
| rejected | preference | 1.0 | weak evidence, and only among texts that are all proved |
| overridden_preferred | preference | 0.0 | off: who writes something else may not have read ours |
| unobserved, undecided, late, duplicate | none | 0 | silence is no rejection |

No row without the audit's `Proved` for each of its texts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from fd_trainer.config.data import EventWeightsSection
from fd_trainer.data.decisions import LabelKind
from fd_trainer.data.targets import Preference, Target


def weight_of(kind: LabelKind, weights: EventWeightsSection) -> float:
    """The weight of one label."""
    return float(getattr(weights, kind))


def capped(
    targets: Sequence[Target], preferences: Sequence[Preference], most: float
) -> tuple[tuple[Target, ...], tuple[Preference, ...]]:
    """The same rows, those of a declaration scaled down where together they weigh more than `most`."""
    total: defaultdict[str, float] = defaultdict(float)
    rows: list[Target | Preference] = [*targets, *preferences]
    for row in rows:
        total[row.problem.group] += row.weight

    def scaled(row: Target | Preference) -> float:
        weight = total[row.problem.group]
        return row.weight * min(1.0, most / weight) if weight > 0 else 0.0

    heavy = [replace(target, weight=scaled(target)) for target in targets]
    pairs = [replace(preference, weight=scaled(preference)) for preference in preferences]
    return tuple(t for t in heavy if t.weight > 0), tuple(p for p in pairs if p.weight > 0)
