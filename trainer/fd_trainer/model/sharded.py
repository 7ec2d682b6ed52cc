"""One model over several devices: torchrun and FSDP2.

LoRA: the frozen base, which is what is large, is cut layer by layer; adapters are small, so every rank
holds all of them and gradients are summed (`Ranks.sum_gradients`) before each rank takes the same
optimiser step. Full fine-tuning: the layers of student, teacher and reference are cut, and with them
gradients and moments; FSDP2 adds up their gradients. The embedding and the head stay whole: the head is
called in chunks, also in the backward pass.

Every pass through cut layers is a collective: all ranks must make the same number of them, which
`PolicyModel.hidden` sees to. Sampling can't: LoRA is sampled elsewhere, full fine-tuning on a whole
copy (`fd_trainer.model.speaking_copy`).
"""

from __future__ import annotations

from functools import partial
from typing import Any

from fd_trainer.model.full_weights import FullWeights
from fd_trainer.model.policy_model import PolicyModel
from fd_trainer.model.ranks import Ranks

__all__ = ["Ranks", "shard"]


def shard(policy: PolicyModel, ranks: Ranks) -> None:
    """Spread the model's layers over the ranks, in place."""
    from torch.distributed.device_mesh import init_device_mesh

    if ranks.world == 1:
        return
    mesh = init_device_mesh(policy.device.type, (ranks.world,))
    if isinstance(policy.roles, FullWeights):
        policy.roles.spread(partial(_cut_all, mesh=mesh))
    else:
        _cut_base(policy.roles.causal("student").base_model, mesh)
    policy.passes, policy.sharded = lambda role, own: ranks.largest(own), True


def _cut_base(backbone: Any, mesh: Any) -> None:
    """The base under adapters, which stay whole."""
    from torch.distributed.fsdp import fully_shard

    adapters = {p for name, p in backbone.named_parameters() if ".lora_" in name}
    layers = _layers(backbone)
    for layer in layers:
        fully_shard(layer, mesh=mesh, ignored_params=adapters & set(layer.parameters()))
    fully_shard(backbone, mesh=mesh, ignored_params=adapters | _outside(backbone, layers))


def _cut_all(causal: Any, mesh: Any) -> None:
    """Every weight of the layers. Gradients are summed, not averaged: a rank's loss is its share of
    the whole batch's."""
    from torch.distributed.fsdp import fully_shard

    backbone = causal.base_model
    layers = _layers(backbone)
    for layer in layers:
        cut: Any = fully_shard(layer, mesh=mesh)
        cut.set_gradient_divide_factor(1.0)
        cut.set_force_sum_reduction_for_comms(True)  # gloo knows no scaled sum
    fully_shard(backbone, mesh=mesh, ignored_params=_outside(backbone, layers))


def _layers(backbone: Any) -> list[Any]:
    from transformers.modeling_layers import GradientCheckpointingLayer

    return [m for m in backbone.modules() if isinstance(m, GradientCheckpointingLayer)]


def _outside(backbone: Any, layers: list[Any]) -> set[Any]:
    within = {id(p) for layer in layers for p in layer.parameters()}
    return {p for p in backbone.parameters() if id(p) not in within}
