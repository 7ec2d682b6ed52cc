"""Configuration of which machines do Lean's checks and the sampling."""

from __future__ import annotations

from pydantic import Field

from fd_trainer.config.section import Section


class MachinesSection(Section):
    """Where Lean's checks and the sampling are done: here, or on all machines of a Ray cluster."""

    ray_address: str = ""
    """Of a Ray cluster that this machine has joined, as "10.0.0.1:6379" or "auto"; empty: this machine
    alone. All need the same fd-prover[ray], Lean, and projects and models at the same paths."""
    lean_workers: int | None = Field(None, ge=1, le=4_096)
    """Processes that audit and check, on one CPU each; none: one for every two CPUs."""
    samplers: int | None = Field(None, ge=0, le=1_024)
    """Copies of the model that write attempts instead of `sampler.kind = "in_process"`; none: one for
    every GPU of the cluster; 0: sampling stays on this machine."""
