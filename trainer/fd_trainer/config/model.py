"""Configuration of the model that learns, and of the sampler that speaks with its weights."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from fd_trainer.config.section import Section

_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
_MLP = ("gate_proj", "up_proj", "down_proj")
_NOT_SERVED = frozenset({"embed_tokens", "lm_head"})


class ModelOptions(Section):
    """What is trained, and how much of it is in memory at once."""

    base: str = ""
    """Model of the hub, or a folder that holds one; empty: `policy.model` of the settings."""
    method: Literal["lora", "full"] = "lora"
    """Train LoRA adapters on one base, or every weight (small models), and then publish the model whole."""
    rank: int = Field(32, ge=1, le=512)
    """Of new adapters. One that is trained further keeps its own."""
    alpha: float = Field(64.0, gt=0)
    """LoRA's scale is alpha / rank."""
    targets: tuple[str, ...] = Field((*_ATTENTION, *_MLP), min_length=1)
    """Names of the linear layers that get an adapter."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Of the base weights; auto: bfloat16 on a GPU, float32 else. Adapters are always float32."""
    device: str = "auto"
    """cpu, cuda, cuda:1, mps; auto: the first GPU if there is one."""
    activation_checkpointing: bool = False
    """Compute each layer's activations again in the backward pass: about a third more time, and
    much less memory."""
    head_tokens: int = Field(1024, ge=1)
    """Positions whose logits are in memory at once: 4 bytes × this × vocabulary, times about three. On
    a CPU fewer, as its cache likes."""
    tokens_at_once: int = Field(16_384, ge=1)
    """Padded tokens of one forward pass; a longer sequence goes through alone."""
    attention: Literal["sdpa", "eager", "flash_attention_2"] = "sdpa"
    """Kernel of the attention; flash_attention_2 must be installed."""

    @model_validator(mode="after")
    def _trainable(self) -> Self:
        if self.method == "full" and self.dtype == "bfloat16":
            raise ValueError(
                'method = "full" needs dtype = "float32": '
                "steps of 1e-5 vanish in the rounding of bfloat16"
            )
        if taboo := _NOT_SERVED & set(self.targets):
            raise ValueError(f"targets: vLLM serves no adapter on {', '.join(sorted(taboo))}")
        return self


class SamplerOptions(Section):
    """Who writes the attempts."""

    kind: Literal["in_process", "vllm"] = "in_process"
    """`in_process` uses the weights being trained as they are; `vllm` gets each step's adapter."""
    endpoint: str = ""
    """Base URL of a running vLLM, as "http://127.0.0.1:8000/v1"; empty: one is started."""
    gpu_share: float = Field(0.4, gt=0.0, lt=1.0)
    """Part of the GPU's memory that a vLLM started by us takes."""
    max_model_len: int | None = Field(None, ge=16)
    """Context of a vLLM started by us, in tokens; none: the model's own."""
    rows_at_once: int = Field(64, ge=1)
    """Sequences sampled together in this process."""
    timeout_s: float = Field(900.0, gt=0)
    """For one request, waiting in the queue included."""
    canary_tolerance: float | None = Field(None, gt=0)
    """Largest difference of one token's log-prob between sampler and trainer, in nats; none: 1e-4
    in float32, 0.25 in bfloat16. A larger one stops the run."""


def clash(model: ModelOptions, sampler: SamplerOptions) -> str:
    """Why the two sections can't go together; empty if they can."""
    if model.method == "full" and sampler.kind == "vllm":
        return 'model.method = "full" makes no adapter to send: set sampler.kind = "in_process"'
    return ""
