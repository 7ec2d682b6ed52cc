"""The sampler of a night: in this process, at an endpoint, or a vLLM that is started for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fd_core.errors import PolicyError

from fd_trainer.config.night import NightConfig
from fd_trainer.ports import Sampler, Say

if TYPE_CHECKING:
    from fd_trainer.model.policy_model import PolicyModel


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
    return _at_endpoint(night, closing)


def _at_endpoint(night: NightConfig, closing: list[Any]) -> Sampler:
    from fd_core.policy.endpoint import Endpoint

    from fd_trainer.samplers.vllm import VllmSampler

    options = night.sampler
    if not options.endpoint:
        raise PolicyError(
            "sampler.kind is vllm, and sampler.endpoint is empty",
            fix="Start one with `fd-server model serve` and name its address.",
        )
    endpoint = Endpoint(options.endpoint, timeout_s=options.timeout_s, section="sampler")
    found = VllmSampler(endpoint, night.model.base, timeout_s=options.timeout_s)
    closing.append(found)
    return found
