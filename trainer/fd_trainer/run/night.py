"""The phase machine: one night from preflight to promotion, each phase recorded before the next.

One run at a time on a machine: the lock names its holder. A run that dies at any point leaves the
promoted adapter as it was (invariant 8), and is gone on with from the first phase not recorded.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from fd_core import file_lock, locations
from fd_core.durable_file import make_private_folder
from fd_core.errors import FdError
from fd_core.runs import PHASES, Phase

from fd_trainer.run.errors import HeldUpError, InterruptedRunError, RunError
from fd_trainer.run.leaving import LeaveError
from fd_trainer.run.phases import Phases
from fd_trainer.run.stand import Stand

ABOUT: dict[Phase, str] = {
    "preflight": "Lean, model, critic, disk",
    "collect": "decisions, open goals, datasets",
    "rollout": "the starting policy attempts some problems",
    "verify": "Lean's word on them, and on what is served",
    "criticise": "feedback on what failed, and whether it helps",
    "train": "",
    "evaluate": "the candidate against what is served",
    "decide": "the gate",
    "promote": "the pointer, the report",
}
_FULL = (errno.ENOSPC, errno.EDQUOT)
Report = Callable[[Path], str | None]
"""Writes the morning report of a run folder; returns its path, or none if it could not."""


class Night:
    """Runs the phases that are not recorded yet."""

    def __init__(self, stand: Stand, report: Report) -> None:
        self._stand = stand
        self._phases = Phases(stand)
        self._report = report

    async def run(self) -> str:
        """All phases to the end; returns the verdict. Raises InterruptedRunError when asked to go,
        and FdError when something is wrong; both are in status.json then, with what was reached."""
        record = self._stand.record
        try:
            with self._stand.leaving.interruption.signals():
                for phase in PHASES[len(record.done()) :]:
                    await self._one(phase)
                return self._finished()
        except LeaveError as leave:
            raise self._interrupted(leave) from leave
        except BaseException as error:
            self._failed(error)
            raise
        finally:
            await self._phases.aclose()

    async def _one(self, phase: Phase) -> None:
        stand = self._stand
        stand.record.change(phase=phase, state="running", reason="")
        stand.screen.phase(phase, ABOUT[phase])
        started = time.monotonic()
        stand.leaving.check(reserve_s=-float("inf"))
        found = await self._phases.work()[phase]()
        seconds = time.monotonic() - started
        stand.trace.seconds[phase] += seconds
        stand.record.finish(phase, {**found, "took_s": round(seconds, 3)})
        self._phases.write_costs()
        stand.write_facts()

    def _finished(self) -> str:
        stand, now = self._stand, time.time()
        found = stand.record.found
        decided = found("decide") or {}
        reasons = decided.get("reasons") or [""]
        word = str(decided.get("verdict", ""))
        if (found("promote") or {}).get("promoted"):
            word = "promoted"
        verdict = f"{word}: {reasons[0]}" if reasons[0] else word
        stand.record.change(
            phase="promote", state="finished", finished_at=now, verdict=verdict, reason=""
        )
        stand.write_facts()
        stand.record.change(report=self._written_report())
        return verdict

    def _interrupted(self, leave: LeaveError) -> InterruptedRunError:
        record = self._stand.record
        record.change(state="interrupted", reason=leave.reason, report=self._written_report())
        return InterruptedRunError(
            f"run {record.folder.id} left in phase {record.status.phase}: {leave.reason}",
            fix=f"Go on with `fd-trainer run --resume {record.folder.id}`.",
        )

    def _failed(self, error: BaseException) -> None:
        record = self._stand.record
        reason = str(error) if isinstance(error, FdError) else f"{type(error).__name__}: {error}"
        try:
            report = self._written_report() if record.found("collect") else None
            record.change(state="failed", reason=reason, report=report, may_pass=_may_pass(error))
        except RunError:
            self._stand.screen.say("  and the run's status could not be written")

    def _written_report(self) -> str | None:
        try:
            return self._report(self._stand.folder.path)
        except FdError as error:
            self._stand.screen.say(f"  no report: {error.what}")
            return None


def _may_pass(error: BaseException) -> bool:
    """Whether another try may get further. What ended the process is no fault of the run; a refusal,
    or a fault of ours, would only come again."""
    full = [getattr(each, "errno", None) in _FULL for each in (error, error.__cause__)]
    return isinstance(error, HeldUpError) or not isinstance(error, Exception) or any(full)


@contextmanager
def night_lock(run_id: str) -> Iterator[None]:
    """Only one run at a time. Raises LockedError naming who runs, and RunError."""
    folder = locations.lock_dir()
    try:
        make_private_folder(folder)
        with file_lock.hold(folder / "night.lock", f"training, run {run_id}", wait_s=0.0):
            yield
    except OSError as error:
        raise RunError(
            f"{folder}: {error.strerror or error}", fix="Make the folder writable."
        ) from error
