"""Looks at the run folders again and again, and tells what is to be seen if that changed.

Called from a thread, never by two at once. Reads again only what was written since.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fd_core import run_status
from fd_core.run_folder import RunFolder
from fd_core.runs import PHASES

from fd_tui.nights import morning, output, plain_file
from fd_tui.nights.metrics import Metrics, MetricsReader
from fd_tui.nights.morning import Costs, Morning
from fd_tui.nights.plain_file import Stamp
from fd_tui.nights.run import COSTS, PhaseMark, Run, costs_of, phases_of, read_run


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is shown of one run."""

    run: Run
    phases: tuple[PhaseMark, ...]
    metrics: Metrics
    costs: Costs
    morning: Morning | None
    said: str = ""
    """The last line that the run printed, where it was started from here."""


@dataclass(frozen=True, slots=True)
class Seen:
    """All runs, newest first, and the one looked at."""

    runs: tuple[Run, ...]
    detail: Detail | None


class Watch:
    """The runs below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, tuple[Stamp, Run | None]] = {}
        self._chosen: _Chosen | None = None
        self._seen: Seen | None = None

    def look(self, chosen: str | None) -> Seen | None:
        """What is to be seen, with this run (none: the newest) in detail; none if nothing changed."""
        runs = self._runs()
        run = next((run for run in runs if run.id == chosen), runs[0] if runs else None)
        seen = Seen(runs, self._detail(run) if run else None)
        if seen == self._seen:
            return None
        self._seen = seen
        return seen

    def _runs(self) -> tuple[Run, ...]:
        try:
            folders = [entry for entry in self._root.iterdir() if entry.is_dir()]
        except OSError:
            folders = []
        self._known = {folder.name: self._one(folder) for folder in folders}
        found = [run for _, run in self._known.values() if run is not None]
        return tuple(sorted(found, key=lambda run: (-run.status.started_at, run.id)))

    def _one(self, folder: Path) -> tuple[Stamp, Run | None]:
        now = plain_file.stamp(RunFolder(folder).status)
        before, run = self._known.get(folder.name, (None, None))
        if now is None or now != before or run is None:
            return now, read_run(folder)
        standing = run_status.standing_of(run.status)
        return now, run if standing == run.standing else Run(folder, run.status, standing)

    def _detail(self, run: Run) -> Detail:
        if self._chosen is None or self._chosen.folder != run.folder:
            self._chosen = _Chosen(run.folder)
        return self._chosen.look(run)


class _Chosen:
    """The files of the run that is looked at: each read again only if it was written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._reader = MetricsReader(RunFolder(folder).metrics)
        self._metrics = Metrics()
        self._stamps: tuple[object, ...] = ()
        self._costs, self._morning = Costs(), None
        self._phases: tuple[PhaseMark, ...] = ()

    _costs: Costs
    _morning: Morning | None

    def look(self, run: Run) -> Detail:
        self._metrics = self._reader.read() or self._metrics
        names = (COSTS, morning.REPORT_JSON, *(f"phases/{phase}.json" for phase in PHASES))
        stamps = (run, *(plain_file.stamp(self.folder / name) for name in names))
        if stamps != self._stamps:
            self._stamps, self._phases = stamps, phases_of(run)
            self._costs, self._morning = costs_of(run), morning.read(self.folder)
        said = output.last_line(run.status) if run.standing == "running" else ""
        return Detail(run, self._phases, self._metrics, self._costs, self._morning, said)
