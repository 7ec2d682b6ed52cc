"""The sampler of a night: in this process, on a cluster, at an endpoint, or a vLLM started for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fd_core import locations

from fd_trainer.config.night import NightConfig
from fd_trainer.ports import Sampler, Say

if TYPE_CHECKING:
    from fd_trainer.machines.cluster import Cluster
    from fd_trainer.model.policy_model import PolicyModel


async def opened_sampler(
    night: NightConfig,
    model: PolicyModel,
    say: Say,
    closing: list[Any],
    cluster: Cluster | None = None,
) -> Sampler:
    """The configured one; what is to be closed at the end is added to `closing`."""
    found = await _opened(night, model, say, cluster)
    closing.append(found)
    return found


async def _opened(
    night: NightConfig, model: PolicyModel, say: Say, cluster: Cluster | None
) -> Sampler:
    from fd_core.policy.endpoint import Endpoint

    from fd_trainer.samplers.in_process import InProcessSampler
    from fd_trainer.samplers.own_server import own_vllm
    from fd_trainer.samplers.vllm import VllmSampler

    options = night.sampler
    if options.kind == "in_process" and cluster and (workers := _workers(night, cluster)):
        from fd_trainer.machines.remote_sampler import RemoteSampler

        say(f"attempts are written by {workers} samplers of the cluster")
        return RemoteSampler(cluster, night.model.base, night.model, options, workers)
    if options.kind == "in_process":
        return InProcessSampler(model, options, say)
    if not options.endpoint:
        return await own_vllm(model, options, locations.cache_dir() / "vllm-night.log", say)
    endpoint = Endpoint(options.endpoint, timeout_s=options.timeout_s, section="sampler")
    return VllmSampler(endpoint, night.model.base, timeout_s=options.timeout_s)


def _workers(night: NightConfig, cluster: Cluster) -> int:
    said = night.machines.samplers
    return cluster.gpus if said is None else said
