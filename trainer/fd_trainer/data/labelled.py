"""What was made a positive, and on whose word: plain data for the ledger."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from fd_trainer.data.collection import Collected


@dataclass(frozen=True, slots=True)
class Label:
    """A text that is learned, and the events, project and kind it comes from. The audit's word on it stands
    in the ledger, too: without a `Proved` there is no label of a whole proof."""

    problem_id: str
    declaration: str
    project: str
    text: str
    kind: str
    weight: float
    events: tuple[str, ...]


def labels_of(collected: Collected) -> list[dict[str, object]]:
    """One for each target."""
    return [
        asdict(
            Label(
                row.problem.id, row.problem.declaration, str(row.problem.project), row.text,
                row.kind, row.weight, row.events,
            )
        )
        for row in collected.targets
    ]  # fmt: skip
