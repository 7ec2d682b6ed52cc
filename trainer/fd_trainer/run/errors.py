"""Why a night stops: with the fix, and with what was done so far kept."""

from __future__ import annotations

from fd_core.errors import FdError


class RunError(FdError):
    """A run can't begin or go on; what it did is recorded."""


class NothingToLearnError(RunError):
    """There is no problem, or no row, to train on."""


class HeldUpError(RunError):
    """Something that comes and goes is away: Lean, a sampler. The run is worth going on with."""


class InterruptedRunError(RunError):
    """Somebody asked the run to leave; it stands at a checkpoint and can be resumed."""
