"""Configuration of what is learned from: decisions, open goals, datasets, and how they are split."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fd_trainer.config.section import Section

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Weight = Annotated[float, Field(ge=0.0, le=100.0)]
Shape = Literal["auto", "statement", "lean_workbook", "minif2f"]


class DatasetSection(Section):
    """One JSONL file of statements, with or without proofs."""

    path: Path
    """The file; relative to the configuration's own folder."""
    shape: Shape = "auto"
    """Which fields its rows have; `auto` tells it from the first row."""
    header: str = ""
    """Imports and `open`s put above rows that bring none, as Lean text."""
    project: Path | None = None
    """Lean project whose Lean and libraries judge it; none: the first of `projects`."""
    limit: int = Field(0, ge=0)
    """Take this many rows at most, chosen by digest; 0: all."""
    part: Literal["split", "train", "held_out"] = "split"
    """Split its declarations like all others, or keep the whole file on one side. Rows that name a
    test or validation split are held out in any case."""
    proofs: bool = False
    """Learn its proofs, too: those that the audit accepts, which costs an audit for each."""


class EventWeightsSection(Section):
    """What each kind of decision weighs in its loss. Why these: docs/training.md."""

    overridden: Weight = 2.0
    """The user's own text where something else was offered: the best label there is."""
    survived: Weight = 1.5
    """What stood there at a clean save or commit after an item had been taken."""
    accepted: Weight = 1.0
    """A taken item of which nothing more is known."""
    accepted_partly: Weight = 0.5
    """An item of which the user took the beginning, and whose rest the audit accepts."""
    observed: Weight = 0.5
    """A whole proof as it stands in a file of the user's."""
    dataset: Weight = 0.5
    """A proof that came with a dataset."""
    rejected: Weight = 1.0
    """A preference between two proved texts, one of which the user refused."""
    overridden_preferred: Weight = 0.0
    """A preference of the user's own text over a proved one they passed over; 0: silence."""
    per_declaration: Weight = 8.0
    """All rows of one declaration together weigh at most this much, so that none fills the night."""


class DataSection(Section):
    """Where problems and rows come from."""

    projects: tuple[Path, ...] = ()
    """Lean projects to learn from; none: those that the records name."""
    excluded: tuple[str, ...] = ()
    """Folders never learned from, beside `store.excluded` of the settings."""
    store: Path | None = None
    """The event store; none: the one of the settings."""
    decisions: bool = True
    """Learn from what was accepted, refused and written instead."""
    sorries: bool = True
    """Take the projects' open `sorry`s as problems, the easiest first."""
    queue: bool = True
    """Take the goals queued for the night, before all others."""
    datasets: tuple[DatasetSection, ...] = ()
    rollouts: Literal["proof", "step", "tools"] = "proof"
    """What one attempt is: the rest of a proof, one tactic, or a loop with tools."""
    held_out: Share = 0.2
    """Share of declarations kept for evaluation; at least one, where there are two."""
    seed: int = Field(0, ge=0)
    """Of the split: another seed holds other declarations out."""
    replay: int = Field(64, ge=0, le=100_000)
    """Known goals replayed under the KL anchor, at most."""
    problems: int = Field(10_000, ge=1)
    """Problems of one night at most; queued goals and the user's own come first."""
    frozen: bool = True
    """Use the suite of core-Lean goals that comes along: it guards against forgetting."""
    suspects: Literal["leave_out", "keep", "trust"] = "leave_out"
    """Statements whose hypotheses contradict each other, or that rest on a definition which is a `sorry`:
    flagged and left out of training and gate; flagged only; or not looked for."""
    probes: int = Field(2_000, ge=0)
    """Statements of a night at most whose hypotheses are tried for a contradiction: an audit each, of
    which the ledger remembers."""
    probe_s: float = Field(900.0, ge=0)
    """Wall time for that at most, in seconds."""
    tool_calls: int = Field(8, ge=1, le=64)
    """Tool calls of one attempt at most."""
    tool_s: float = Field(20.0, gt=0, le=600)
    """Wall time of one tool call at most, in seconds."""
    weights: EventWeightsSection = EventWeightsSection()

    @model_validator(mode="after")
    def _something(self) -> DataSection:
        if not (self.decisions or self.sorries or self.queue or self.datasets or self.frozen):
            raise ValueError(
                "nothing to learn from: switch on decisions, sorries or queue, or name a dataset"
            )
        return self
