"""The sampler of a night: in this process, at an endpoint, or a vLLM that is started for it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fd_core.errors import PolicyError

from fd_trainer.config.night import NightConfig
from fd_trainer.ports import Sampler, Say

if TYPE_CHECKING:
    from fd_trainer.model.policy_model import PolicyModel


_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)


async def opened_sampler(
    night: NightConfig, model: PolicyModel, say: Say, closing: list[Any]
) -> Sampler:
    """The configured one; what is to be closed at the end is added to `closing`."""
    from fd_trainer.samplers.in_process import InProcessSampler

    options = night.sampler
    if options.kind == "in_process":
        sampler = InProcessSampler(model, options, say)
        closing.append(sampler)
        return sampler
    endpoint = options.endpoint or await asyncio.to_thread(_started, night, say, closing)
    return _at_endpoint(night, endpoint, closing)


def _at_endpoint(night: NightConfig, url: str, closing: list[Any]) -> Sampler:
    from fd_core.policy.endpoint import Endpoint

    from fd_trainer.samplers.vllm import VllmSampler

    timeout_s = night.sampler.timeout_s
    endpoint = Endpoint(url, timeout_s=timeout_s, section="sampler")
    found = VllmSampler(endpoint, night.model.base, timeout_s=timeout_s)
    closing.append(found)
    return found


def _started(night: NightConfig, say: Say, closing: list[Any]) -> str:
    """A vLLM of this night's own, beside the model in training; its address. Raises PolicyError."""
    from fd_core.policy.vllm_environment import environment_for
    from fd_core.policy.vllm_server import ServeOptions, VllmServer

    environment = environment_for()
    if not environment.ready:
        raise PolicyError(
            "sampler.kind is vllm, and vLLM is not installed here",
            fix="Run `fd-server model serve` once: it asks and installs it in its own environment.",
        )
    share = ("--gpu-memory-utilization", str(night.sampler.gpu_share)) if environment.gpu else ()
    options = ServeOptions(
        night.model.base,
        port=_free_port(),
        max_lora_rank=_served_rank(night.model.rank),
        max_model_len=night.sampler.max_model_len,
        extra=share,
    )
    server = VllmServer(environment, options)
    closing.append(_Stopping(server.stop))
    server.start()
    say(f"vLLM is ready after {server.wait_until_ready(say):.0f} s")
    return server.url


@dataclass(frozen=True, slots=True)
class _Stopping:
    close: Callable[[], None]


def _served_rank(rank: int) -> int:
    """The least rank that vLLM allows and that holds ours (TRAINING §8)."""
    return next(allowed for allowed in _RANKS if allowed >= rank)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
