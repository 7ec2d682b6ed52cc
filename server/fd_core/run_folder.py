"""The files of one run, and who writes which.

runs/<id>/status.json        where it stands: rewritten whole, read by front ends
runs/<id>/night.json         the configuration it was begun with: a resumed run keeps it
runs/<id>/phases/<phase>.json  what a phase found; its being there says that the phase is done
runs/<id>/problems.jsonl     what is to be proved
runs/<id>/ledger/            attempts, verdicts, remarks: append-only, never paid for twice
runs/<id>/metrics.jsonl      one line per optimiser step
runs/<id>/checkpoints/       to go on from; best: the one of the best held-out pass@k
runs/<id>/candidate/         the adapter that the gate judges
runs/<id>/report.html        the morning report
runs/<id>/stop               somebody asks the run to leave with a checkpoint
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fd_core.runs import Phase


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Names of a run's files. Nothing here reads or writes them."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id is its folder's name."""
        return self.path.name

    @property
    def status(self) -> Path:
        """Where the run stands."""
        return self.path / "status.json"

    @property
    def config(self) -> Path:
        """The configuration it was begun with."""
        return self.path / "night.json"

    @property
    def collected(self) -> Path:
        """What is to be proved, and what the user's decisions teach."""
        return self.path / "collected.jsonl"

    @property
    def ledger(self) -> Path:
        """Attempts, verdicts, remarks."""
        return self.path / "ledger"

    @property
    def metrics(self) -> Path:
        """One line per optimiser step."""
        return self.path / "metrics.jsonl"

    @property
    def checkpoints(self) -> Path:
        """To go on from."""
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        """The checkpoint of the best held-out pass@k."""
        return self.path / "best"

    @property
    def candidate(self) -> Path:
        """The adapter that the gate judges."""
        return self.path / "candidate"

    @property
    def report(self) -> Path:
        """The morning report."""
        return self.path / "report.html"

    @property
    def stop(self) -> Path:
        """There while somebody asks the run to leave."""
        return self.path / "stop"

    def phase(self, phase: Phase) -> Path:
        """What a phase found."""
        return self.path / "phases" / f"{phase}.json"
