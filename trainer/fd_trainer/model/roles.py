"""One set of weights per role: the student that learns, its lagging teacher, and where it began.

LoRA: the roles are adapters of one base, so a teacher costs megabytes. Full fine-tuning is in
`full_weights`. Which adapter is worn is a state of the shared base; it is changed under a
lock, and a layer that is computed again in the backward pass wears what it wore in the forward pass.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from fd_core.errors import PolicyError, RegistryError
from torch import Tensor
from torch.nn import Parameter

from fd_trainer.model import loading, merged_lora
from fd_trainer.model.adapter_folder import write_adapter
from fd_trainer.model.checkpoint import CheckpointError
from fd_trainer.model.randomness import seeded
from fd_trainer.model.shards import spread_like

AdapterRole = Literal["student", "teacher", "reference"]
Role = str
"""An AdapterRole; "base" for the base model alone; or a name under which a published adapter is worn."""


Whole = Callable[[], Mapping[str, Tensor]]


class Weights(Protocol):
    """The weights of every role."""

    def causal(self, role: Role) -> Any:
        """The causal model that computes this role, to be called within `wearing`."""
        ...

    def wearing(self, role: Role) -> AbstractContextManager[None]:
        """Within it, the model of this role computes with this role's weights. May be nested."""
        ...

    def parameters_of(self, role: AdapterRole) -> dict[str, Parameter]:
        """Parameters by name; names are the same for every role. Empty: the role was never made."""
        ...

    def freeze_reference(self) -> None:
        """From now on the reference is the student as it is at this moment."""
        ...

    def forget_reference(self) -> None:
        """The reference is the base model again."""
        ...

    def add_published(self, role: Role, folder: Path) -> None:
        """Load a published adapter as a role of its own, for sampling. Raises RegistryError."""
        ...

    def remove_published(self, role: Role) -> None:
        """Forget it, if it is there."""
        ...

    def save(self, folder: Path, role: AdapterRole, whole: Whole) -> None:
        """Write what can be published; `whole` gives the role's weights without gaps."""
        ...


class LoraWeights:
    """Adapters of one base. New ones start as copies: the teacher of the student, always."""

    def __init__(self, model: Any, base: str) -> None:
        from peft.tuners.tuners_utils import BaseTunerLayer

        self._model, self._base = model, base
        self._layers = [m for m in model.modules() if isinstance(m, BaseTunerLayer)]
        for layer in filter(merged_lora.mergeable, self._layers):
            merged_lora.install(layer)
        self._lock = threading.RLock()
        self._stack: list[str] = []
        self._worn = ""
        self._add("teacher")
        self._settle()

    def causal(self, role: Role) -> Any:
        """The one base, whatever the role."""
        return self._model.get_base_model()

    def wearing(self, role: Role) -> AbstractContextManager[None]:
        """Put this role's adapter on; the one before is put on again at the end of a nested use."""
        return _Wearing(self, role)

    def enter(self, role: Role) -> None:
        """What `wearing` does first."""
        self._lock.acquire()
        try:
            self._put_on(role)
        except PolicyError:
            self._lock.release()
            raise
        self._stack.append(role)

    def leave(self) -> None:
        """What `wearing` does last."""
        self._stack.pop()
        if self._stack:
            self._put_on(self._stack[-1])
        self._lock.release()

    def parameters_of(self, role: Role) -> dict[str, Parameter]:
        """Factors A and B of every layer, named without the role."""
        mark = f".{role}."
        found = self._model.named_parameters()
        return {name.replace(mark, "."): weight for name, weight in found if mark in name}

    def freeze_reference(self) -> None:
        """The reference becomes an adapter of its own; before, it is the bare base."""
        self._add("reference")
        self._settle()

    def forget_reference(self) -> None:
        """The bare base again."""
        self.remove_published("reference")

    def add_published(self, role: Role, folder: Path) -> None:
        """Another rank or scale than the student's is fine."""
        config = loading.adapter_config(folder, self._base)
        with self._lock:
            self.remove_published(role)
            with seeded(0):
                self._model.add_adapter(role, config)
            self._settle()
            try:
                loading.fill(self._model, folder, self._base, role)
            except RegistryError:
                self.remove_published(role)
                raise

    def remove_published(self, role: Role) -> None:
        """Forget it, if it is there."""
        with self._lock:
            if role in self._model.peft_config:
                self._worn = ""
                self._put_on("student")
                self._model.delete_adapter(role)
                self._settle()

    def save(self, folder: Path, role: AdapterRole, whole: Whole) -> None:
        """PEFT's two files, the same bytes for the same weights."""
        write_adapter(self._model, role, self._base, folder)

    def _add(self, role: Role) -> None:
        """Make `role` a copy of the student."""
        if role not in self._model.peft_config:
            with seeded(0):
                self._model.add_adapter(role, copy.deepcopy(self._model.peft_config["student"]))
        own, student = self.parameters_of(role), self.parameters_of("student")
        with torch.no_grad():
            for name, weight in own.items():
                weight.copy_(student[name])

    def _settle(self) -> None:
        """Only the student learns, whichever adapter PEFT thinks is active."""
        for name, weight in self._model.named_parameters():
            weight.requires_grad_(".student." in name)
        self._model.eval()
        self._worn = ""
        self._put_on(self._stack[-1] if self._stack else "student")

    def _put_on(self, role: Role) -> None:
        """PEFT's own `set_adapter` would also flip requires_grad, under a graph that is in use."""
        if role == self._worn:
            return
        if role not in (*self._model.peft_config, "reference", "base"):
            raise PolicyError(f"nobody speaks as {role!r}", fix="Load that adapter first.")
        names = [role] if role in self._model.peft_config else []
        for layer in self._layers:
            layer._active_adapter = names
        self._worn = role


class _Wearing:
    """A context that can be entered again: a layer may be computed again more than once."""

    def __init__(self, weights: LoraWeights, role: Role) -> None:
        self._weights, self._role = weights, role

    def __enter__(self) -> None:
        self._weights.enter(self._role)

    def __exit__(self, *_: object) -> None:
        self._weights.leave()


def restore_roles(weights: Weights, tensors: Mapping[str, Tensor]) -> None:
    """The inverse of `PolicyModel.weights`, bit for bit. Raises CheckpointError; nothing changed then."""
    with_reference = any(name.startswith("reference/") for name in tensors)
    roles = ("student", "teacher", *(["reference"] if with_reference else []))
    shapes = weights.parameters_of("student")
    wanted = {f"{role}/{name}": like for role in roles for name, like in shapes.items()}
    odd = sorted(set(wanted) ^ set(tensors)) or sorted(
        name for name, like in wanted.items()
        if like.shape != tensors[name].shape or like.dtype != tensors[name].dtype
    )  # fmt: skip
    if odd:
        raise CheckpointError(
            f"the checkpoint's weights are not this model's: {len(odd)} differ, such as {odd[0]}",
            fix="Resume with the base model, rank and targets that the run began with.",
        )
    if with_reference:
        weights.freeze_reference()
    else:
        weights.forget_reference()
    with torch.no_grad():
        for name, weight in named(weights).items():
            weight.copy_(spread_like(tensors[name], weight))


def named(weights: Weights) -> dict[str, Parameter]:
    """Parameters of all roles that exist, as "role/name"."""
    roles: tuple[AdapterRole, ...] = ("student", "teacher", "reference")
    return {
        f"{role}/{name}": weight
        for role in roles
        for name, weight in weights.parameters_of(role).items()
    }
