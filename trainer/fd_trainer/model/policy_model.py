"""The model that learns: student, teacher and reference on one base, computed without whole logits.

Shapes: N positions of all answers of a call, packed in order; H hidden size; V vocabulary; K kept.
An answer's T ids are predicted by the states at positions P−1 … P+T−2 of prompt + answer; the prompt's
other positions never reach the head (METHOD §1.5, steps 6 and 7).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import torch
from fd_core.errors import PolicyError
from fd_core.policy.transformers_local.drawing import check_room, context_of
from torch import Tensor
from torch.nn import Parameter

from fd_trainer.config.model import ModelOptions
from fd_trainer.model import head, loading, packing
from fd_trainer.model.full_weights import FullWeights
from fd_trainer.model.head import Each, TopK
from fd_trainer.model.roles import (
    AdapterRole,
    LoraWeights,
    Role,
    Weights,
    named,
    restore_roles,
)
from fd_trainer.model.shards import own, whole
from fd_trainer.model.tokenizer import ModelTokenizer

Sequence_ = packing.Ids


class PolicyModel:
    """One base model in memory, and who speaks on it."""

    def __init__(
        self, base: str, options: ModelOptions, weights: Weights, tokenizer: ModelTokenizer
    ) -> None:
        causal = weights.causal("student")
        self.base, self.options, self.tokenizer = base, options, tokenizer
        self.roles = weights
        self.device: torch.device = causal.device
        self.dtype: torch.dtype = causal.dtype
        self.sharded = False
        """Whether every pass is made together with other ranks (`fd_trainer.model.sharded`)."""
        self.passes: Callable[[Role, int], int] = lambda role, own: own
        """How many passes a call makes, given how many it needs: sharded ranks must agree."""
        self.summon: Callable[[AdapterRole], None] = lambda role: None
        """Called before `whole`, which all ranks must call."""
        self.vocabulary = int(causal.get_output_embeddings().weight.shape[0])
        if options.activation_checkpointing:
            self._checkpoint_activations()

    @classmethod
    def load(
        cls, base: str, options: ModelOptions, *, adapter: Path | None = None, seed: int = 0
    ) -> PolicyModel:
        """Load a base and put the roles on it. Raises PolicyError and RegistryError.

        With `adapter`, student, teacher and reference all start from it; without, the student starts
        as the base itself (LoRA's B = 0). `seed` draws LoRA's A.
        """
        again = partial(loading.load_base, base, options, loading.device_of(options))
        causal = again()
        tokenizer = loading.load_tokenizer(base, causal)
        weights: Weights
        if options.method == "full":
            weights = FullWeights(causal, again, base)
            if adapter is not None:
                weights.begin_from(adapter)
        elif adapter is None:
            wrapped = loading.new_lora(causal, base, options, "student", seed)
            weights = LoraWeights(wrapped, base)
        else:
            weights = LoraWeights(loading.load_lora(causal, base, adapter, "student"), base)
            weights.freeze_reference()
        return cls(base, options, weights, tokenizer)

    def hidden(self, role: Role, sequences: Sequence[Sequence_]) -> Tensor:
        """States [N, H] that predict each answer id, packed in order.

        They carry gradients for the student alone, where gradients are enabled.
        """
        packing.check(sequences, self.vocabulary)
        learns = role == "student" and torch.is_grad_enabled()
        batches = list(packing.packed(sequences, self.options.tokens_at_once))
        batches += [packing.NOTHING] * (self.passes(role, len(batches)) - len(batches))
        if not batches:
            size = self.roles.causal(role).config.get_text_config().hidden_size
            return torch.zeros(0, size, device=self.device, dtype=self.dtype)
        states = []
        with torch.set_grad_enabled(learns), self.roles.wearing(role), self._training(learns):
            backbone = self.roles.causal(role).base_model
            for batch in batches:
                ids = batch.input_ids.to(self.device)
                found = backbone(input_ids=ids, use_cache=False).last_hidden_state  # [B, L, H]
                states.append(found[batch.rows.to(self.device), batch.columns.to(self.device)])
            order = torch.cat([batch.order for batch in batches])
            return torch.cat(states)[order.argsort().to(self.device)]

    def over_chunks(self, role: Role, hidden: Tensor, each: Each) -> Tensor:
        """Concatenate each(logits float32 [n, V], slice of N) over chunks of positions.

        Logits of a chunk are computed again in its backward pass, and are never whole in memory.
        """
        return head.over_chunks(self._head(role), hidden, each, self.head_chunk)

    def logprobs(self, role: Role, sequences: Sequence[Sequence_]) -> Tensor:
        """Log-probs [N] float32 of the given answer ids."""
        targets = packing.answers(sequences).to(self.device)
        return self.over_chunks(role, self.hidden(role, sequences), head.logprobs_of(targets))

    def score(self, role: Role, sequences: Sequence[Sequence_]) -> list[float]:
        """`logprobs` as plain numbers, without gradients."""
        with torch.no_grad():
            return [float(value) for value in self.logprobs(role, sequences).cpu()]

    def top_k(self, role: Role, sequences: Sequence[Sequence_], k: int) -> TopK:
        """The K most probable tokens at each position [N, K], on the CPU."""
        with torch.no_grad():
            states = self.hidden(role, sequences)
        return head.top_k(self._head(role), states, k, self.head_chunk)

    def student_parameters(self) -> list[Parameter]:
        """What an optimiser may change."""
        return list(self.roles.parameters_of("student").values())

    def average_teacher(self, retention: float) -> None:
        """μ ← a μ + (1−a) θ (METHOD §1.4); a = 0 copies, a = 1 leaves the teacher as it is.

        LoRA's factors are averaged, A with A and B with B, not their products: the average of two
        products of rank r has rank 2r and is no adapter. With b = 1−a the product differs from the
        average of the products by exactly −a·b·(B_θ−B_μ)(A_θ−A_μ). Because the teacher starts as a
        copy of the student, both differences are what a few steps moved, so this is of second order.
        """
        if not 0.0 <= retention <= 1.0:
            raise PolicyError(f"teacher retention {retention} is outside 0 … 1", fix="Use 0.9.")
        teacher, student = (self.roles.parameters_of(r) for r in ("teacher", "student"))
        with torch.no_grad():
            for name, weight in teacher.items():
                own(weight).lerp_(own(student[name]), 1.0 - retention)

    def freeze_reference(self) -> None:
        """From now on the reference is the student as it is (where FD ends and GRPO begins)."""
        self.roles.freeze_reference()

    def weights(self) -> dict[str, Tensor]:
        """Copies on the CPU of what a checkpoint must hold: all roles, not LoRA's base. Of spread ones
        this rank's part."""
        return {name: weight.detach().cpu().clone() for name, weight in named(self.roles).items()}

    def restore(self, weights: Mapping[str, Tensor]) -> None:
        """The inverse of `weights`, bit for bit. Raises CheckpointError; nothing is changed then."""
        restore_roles(self.roles, weights)

    def whole(self, role: AdapterRole = "student") -> dict[str, Tensor]:
        """A role's weights without gaps; spread ones are put together, by all ranks."""
        self.summon(role)
        return {name: whole(weight) for name, weight in self.roles.parameters_of(role).items()}

    def save_adapter(self, folder: Path, role: AdapterRole = "student") -> None:
        """What `fd_core.registry` publishes: PEFT's files, or the whole model's. Raises RegistryError."""
        self.roles.save(folder, role, partial(self.whole, role))

    def check_prompt(self, prompt_ids: Sequence[int]) -> None:
        """Raise PolicyError unless something can be drawn after this prompt."""
        packing.check([(prompt_ids, ())], self.vocabulary)
        check_room(self.roles.causal("student"), prompt_ids)

    def free_memory(self) -> None:
        """Give back what a failed pass left on the device."""
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    @property
    def head_chunk(self) -> int:
        """Positions whose logits are in memory at once."""
        return head.chunk(self.options.head_tokens, self.vocabulary, self.device)

    @property
    def exact(self) -> bool:
        """Whether the base computes in float32."""
        return bool(self.dtype == torch.float32)

    @property
    def rank(self) -> int:
        """The largest rank among the student's LoRA factors; 0 where every weight is trained."""
        factors = self.roles.parameters_of("student").items()
        return max((weight.shape[0] for name, weight in factors if "lora_A" in name), default=0)

    @property
    def context(self) -> int | None:
        """Positions the base was made for, if its configuration says."""
        return context_of(self.roles.causal("student"))

    def _head(self, role: Role) -> Any:
        return self.roles.causal(role).get_output_embeddings()

    def _checkpoint_activations(self) -> None:
        """A layer computed again must wear what it wore, whoever wears the base by then."""
        again = partial(self.roles.wearing, "student")
        arguments = {"use_reentrant": False, "context_fn": lambda: (nullcontext(), again())}
        self.roles.causal("student").activation_checkpointing_enable(arguments)

    @contextmanager
    def _training(self, learns: bool) -> Iterator[None]:
        """Layers checkpoint in training mode only; their parts stay in evaluation mode: no dropout."""
        from transformers.modeling_layers import GradientCheckpointingLayer

        found = self.roles.causal("student").modules() if learns else ()
        layers = [m for m in found if isinstance(m, GradientCheckpointingLayer)]
        for layer in layers:
            layer.training = True
        try:
            yield
        finally:
            for layer in layers:
                layer.training = False
