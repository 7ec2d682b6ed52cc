"""The end of a crew: workers clean up, and are ended whatever they do."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from fd_trainer.machines import crew as module
from fd_trainer.machines.cluster import Cluster
from fd_trainer.machines.crew import Crew


class FakeWorker:
    """FAKE worker of a cluster: notes what is asked of it; a silent one never answers `close`."""

    def __init__(self, number: int, log: list[str], silent: bool) -> None:
        self.number, self._log, self._silent = number, log, silent

    def __getattr__(self, method: str) -> Any:
        return SimpleNamespace(remote=lambda: SimpleNamespace(future=lambda: self._answer(method)))

    def _answer(self, method: str) -> Future[str]:
        answer: Future[str] = Future()
        self._log.append(f"{self.number} {method}")
        if not (self._silent and method == "close"):
            answer.set_result("here")
        return answer


@pytest.mark.parametrize("silent", [False, True])
async def test_workers_close_before_they_are_dismissed(
    silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_FAREWELL_S", 0.05)
    log: list[str] = []
    ray = SimpleNamespace(kill=lambda worker: log.append(f"{worker.number} killed"))
    workers = iter([FakeWorker(0, log, silent), FakeWorker(1, log, silent)])
    crew = Crew(Cluster(ray, "auto"), lambda: next(workers), 2)
    await crew.everyone("ready", timeout_s=5.0)
    log.clear()
    await crew.aclose()
    assert sorted(log[:2]) == ["0 close", "1 close"]
    assert log[2:] == ["0 killed", "1 killed"]
    await crew.aclose()
    assert len(log) == 4
