"""A vLLM of the night's own: started beside the trainer on its share of the GPU, stopped at the end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from fd_core.errors import PolicyError
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.vllm_environment import VllmEnvironment, environment_for
from fd_core.policy.vllm_server import HOST, ServeOptions, VllmServer

from fd_trainer.config.model import SamplerOptions
from fd_trainer.samplers.vllm import VllmSampler

if TYPE_CHECKING:
    from fd_trainer.model.policy_model import PolicyModel

Say = Callable[[str], None]
_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes as --max-lora-rank (TRAINING §8)."""
_AT_ONCE = 3
"""Adapters loaded together: the one that speaks, the next, and one that an evaluation compares."""


class OwnVllmSampler(VllmSampler):
    """A VllmSampler that stops its server when it is closed."""

    def __init__(self, server: VllmServer, base: str, timeout_s: float) -> None:
        endpoint = Endpoint(server.url, timeout_s=timeout_s, section="sampler")
        super().__init__(endpoint, base, timeout_s=timeout_s)
        self._server, self.url = server, server.url

    async def aclose(self) -> None:
        """Close the connections and stop the server. Safe to call twice."""
        await super().aclose()
        await asyncio.to_thread(self._server.stop)


async def own_vllm(
    policy: PolicyModel,
    options: SamplerOptions,
    log: Path,
    say: Say,
    environment: VllmEnvironment | None = None,
) -> OwnVllmSampler:
    """Start a vLLM for the policy's base and wait until it is ready: a minute or more.

    Raises PolicyError; then no process is left behind.
    """
    environment = environment or environment_for()
    if not environment.ready:
        raise PolicyError(
            f"vLLM is not installed in {environment.folder}",
            fix="Run `fd-server model serve NAME` once, which asks and installs it; or set "
            'sampler.kind = "in_process".',
        )
    server = VllmServer(environment, serve_options(policy, options), log)
    try:
        await asyncio.to_thread(server.start)
        say(f"starting vLLM to sample with; its log is {server.log}")
        seconds = await asyncio.to_thread(server.wait_until_ready, say)
    except BaseException:
        await asyncio.to_thread(server.stop)
        raise
    say(f"vLLM is ready after {seconds:.0f} s")
    return OwnVllmSampler(server, policy.base, options.timeout_s)


def serve_options(policy: PolicyModel, options: SamplerOptions) -> ServeOptions:
    """How it is started: in the trainer's dtype, or the canary would speak of rounding alone."""
    rank = next(rank for rank in _RANKS if rank >= policy.rank)
    extra = ["--dtype", "float32" if policy.exact else "bfloat16"]
    if policy.device.type == "cuda":
        extra += ["--gpu-memory-utilization", f"{options.gpu_share:g}"]
    return ServeOptions(
        policy.base, port=_free_port(), max_lora_rank=rank, max_loras=_AT_ONCE,
        max_model_len=options.max_model_len, extra=tuple(extra),
    )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
