"""What a worker that samples lays down on its machine: the weights it speaks with, and nothing else."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from fd_core import adapter_files
from fd_core.adapter import Adapter
from fd_trainer.config.model import SamplerOptions
from fd_trainer.machines.sampler_worker import SamplerWorker, Wanted
from fd_trainer.rollout import Sampling
from support import tiny_policy

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.models


def wanted(policy: Any, folder: Path) -> Wanted:
    """The student as it is, as it is sent."""
    policy.save_adapter(folder)
    digests = adapter_files.digests_of(adapter_files.validated(folder, policy.base))
    adapter = Adapter(
        adapter_files.id_of(digests), policy.base, str(folder), None, time.time(), digests
    )
    files: asyncio.Future[dict[str, bytes]] = asyncio.get_running_loop().create_future()
    files.set_result({name: (folder / name).read_bytes() for name in digests})
    return Wanted(adapter, files)


async def test_only_the_last_adapter_stays_on_the_disk_and_none_after_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tiny_policy.policy(tmp_path / "model", device="cpu")
    (tmp_path / "there").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "there"))
    worker = SamplerWorker(policy.base, policy.options, SamplerOptions())
    for step in range(3):
        with torch.no_grad():
            for weight in policy.student_parameters():
                weight.add_(0.05)
        voice = wanted(policy, tmp_path / f"step-{step}")
        await worker.sample(voice, [5, 6, 7], Sampling(max_tokens=2), 1)
        assert voice.adapter is not None
        kept = [path.name for path in (tmp_path / "there").glob("fd-sampler-*/*")]
        assert kept == [voice.adapter.id]
    await worker.close()
    assert list((tmp_path / "there").iterdir()) == []
