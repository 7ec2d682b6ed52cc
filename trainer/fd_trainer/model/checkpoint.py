"""Checkpoints."""

from __future__ import annotations

from fd_core.errors import FdError


class CheckpointError(FdError):
    """A checkpoint is missing, damaged, or of another run."""
