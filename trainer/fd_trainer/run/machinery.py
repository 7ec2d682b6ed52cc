"""Where a night's Lean runs: on this machine, or on the cluster that is joined when first asked for."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fd_core.settings import LeanSettings

from fd_trainer.config.night import NightConfig
from fd_trainer.run import checks

if TYPE_CHECKING:
    from fd_trainer.machines.cluster import Cluster
    from fd_trainer.run.leans import Leans


class Machinery:
    """The cluster, the Leans, and their label; opened when first asked for, closed together."""

    def __init__(self, night: NightConfig, settings: LeanSettings) -> None:
        self._night, self._settings = night, settings
        self._label = ""
        self._leans: Leans | None = None
        self._cluster: Cluster | None = None

    @property
    def leans(self) -> Leans:
        """Those that are open."""
        assert self._leans is not None, "opened by preflight, or by whoever asks for the label"
        return self._leans

    async def opened(self) -> Leans:
        """Those of this machine, or of the cluster's. Raises MachinesError."""
        from fd_trainer.run.leans import Leans

        if self._leans is None:
            crew = None
            if cluster := await self.cluster():
                from fd_trainer.machines.remote_lean import lean_crew

                crew = lean_crew(cluster, self._settings, self._night.machines.lean_workers)
            self._leans = Leans(self._settings, crew=crew)
        return self._leans

    async def cluster(self) -> Cluster | None:
        """The cluster of the night, if one is configured. Raises MachinesError."""
        address = self._night.machines.ray_address
        if self._cluster is None and address:
            from fd_trainer.machines.cluster import joined

            self._cluster = await asyncio.to_thread(joined, address)
        return self._cluster

    async def label(self) -> str:
        """Of the projects' Leans, asked once."""
        if not self._label:
            from fd_trainer.run.leans import home

            projects = checks.projects_of(self._night) or (home(),)
            leans = await self.opened()
            self._label, _ = await asyncio.to_thread(leans.labels, projects)
        return self._label

    async def aclose(self) -> None:
        """Release all of it. Safe to call twice."""
        leans, self._leans = self._leans, None
        if leans is not None:
            await leans.aclose()
        cluster, self._cluster = self._cluster, None
        if cluster is not None:
            await asyncio.to_thread(cluster.leave)
