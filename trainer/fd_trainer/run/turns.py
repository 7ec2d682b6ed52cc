"""Whether a night takes the accelerator from who serves by day, and seeing that serving is back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from fd_core.policy.vllm_environment import nvidia_gpus
from fd_core.settings import Settings

from fd_trainer.config.night import NightConfig
from fd_trainer.ports import Say
from fd_trainer.run.composition import RealParts

T = TypeVar("T")


def takes_device(night: NightConfig) -> bool:
    """Not for a model on the CPU, and not where a vLLM that runs already is to write the attempts:
    stopping that one would stop the night."""
    if night.model.device == "cpu" or (night.sampler.kind == "vllm" and night.sampler.endpoint):
        return False
    return night.model.device.startswith("cuda") or nvidia_gpus() > 0


async def in_turn(
    night: NightConfig,
    settings: Settings,
    parts: RealParts,
    work: Callable[[], Awaitable[T]],
    say: Say,
) -> T:
    """`work` while the device is ours; then serving is back, with the promoted weights if there are
    any. Raises LockedError where it is not given, PolicyError where serving does not come back with
    what was promoted."""
    if not takes_device(night):
        return await work()
    from fd_trainer.samplers.hand_over import HandOver

    async with HandOver(say).taken() as taken:
        if taken.served:
            say("taken over from " + ", ".join(taken.served))
        done = await work()
    if not taken.served:
        return done
    from fd_core.policy.endpoint import Endpoint

    from fd_trainer.samplers.vllm import VllmSampler

    served = VllmSampler(Endpoint(settings.policy.endpoint), night.model.base)
    try:
        if parts.promoted is None:
            await taken.answering(served)
        else:
            await taken.back(served, *parts.promoted)
    finally:
        await served.aclose()
    return done
