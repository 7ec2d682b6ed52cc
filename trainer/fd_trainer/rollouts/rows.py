"""What was collected as training rows: prompts by the serving function, answers as a model gives them.

Rows of sampled attempts are made where they are sampled (`run.rows`): their ids are never made here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from fd_trainer.data.collection import Collected
from fd_trainer.data.replay import Replayed
from fd_trainer.data.targets import Preference, Target
from fd_trainer.example import Row, RowKind
from fd_trainer.problem import Problem
from fd_trainer.rollouts.prompting import Prompting


def rows_of(collected: Collected, prompting: Prompting) -> tuple[Row, ...]:
    """Targets, then preferences two by two, of everything that was collected."""
    targets = [target_row(target, prompting) for target in collected.targets]
    pairs = [row for p in collected.preferences for row in preference_rows(p, prompting)]
    return _distinct([*targets, *pairs])


def target_row(target: Target, prompting: Prompting) -> Row:
    """A text to learn, weighed by what the user did."""
    return _row("target", target.problem, target.text, prompting, target.weight, target.events)


def preference_rows(preference: Preference, prompting: Prompting) -> tuple[Row, Row]:
    """A pair of the same id, the preferred text first."""
    pair = f"{preference.problem.id}-{_digest(preference.preferred, preference.refused)}"
    first, second = (
        _row(
            "preference", preference.problem, text, prompting, preference.weight,
            preference.events, pair,
        )
        for text in (preference.preferred, preference.refused)
    )  # fmt: skip
    return first, second


def replay_rows(replayed: Iterable[Replayed], prompting: Prompting) -> tuple[Row, ...]:
    """Known goals for the KL anchor, where no attempt of the starting policy is at hand."""
    return tuple(_row("anchor", each.problem, each.text, prompting, 1.0, ()) for each in replayed)


def fitting(
    problems: Sequence[Problem], prompting: Prompting, most: int
) -> tuple[tuple[Problem, ...], int]:
    """Problems whose prompt has at most so many tokens, and how many have more."""
    kept = tuple(p for p in problems if len(prompting.ids(p)) <= most)
    return kept, len(problems) - len(kept)


def _row(
    kind: RowKind, problem: Problem, text: str, prompting: Prompting, weight: float,
    events: tuple[str, ...], pair: str = "",
) -> Row:  # fmt: skip
    ids = tuple(prompting.tokenizer.continuation(prompting.answer(problem, text)))
    return Row(
        id=f"{kind}-{problem.id}-{_digest(text, pair)}",
        kind=kind,
        problem_id=problem.id,
        prompt_ids=prompting.ids(problem),
        ids=ids,
        written=(True,) * len(ids),
        weight=weight,
        pair=pair,
        events=events,
    )


def _distinct(rows: Sequence[Row]) -> tuple[Row, ...]:
    """One row per id, the heaviest of equal ones."""
    kept: dict[str, Row] = {}
    for row in rows:
        before = kept.get(row.id)
        if before is None or before.weight < row.weight:
            kept[row.id] = row
    return tuple(kept.values())


def _digest(*texts: str) -> str:
    joined = "\x00".join(texts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:12]
