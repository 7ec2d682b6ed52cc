"""Configuration of the attempts that are trained on."""

from __future__ import annotations

from pydantic import Field

from fd_trainer.config.section import Section


class RolloutSection(Section):
    """How attempts are sampled while training. Evaluation has its own settings."""

    temperature: float = Field(1.0, gt=0.0, le=2.0)
    """1.0 is what the losses assume (METHOD §1.6)."""
    top_p: float = Field(1.0, gt=0.0, le=1.0)
    """1.0 is what the losses assume."""
    max_tokens: int = Field(1_024, ge=1, le=1_000_000)
    """Of one attempt, tools' answers included."""
    max_prompt_tokens: int = Field(4_096, ge=16, le=1_000_000)
    """Problems with a longer prompt are left out, and counted."""
    attempts: int = Field(1, ge=1, le=256)
    """At each problem of an FD step; GRPO's are `algorithms.policy_gradient.group_size`."""
    step_prompt: str = ""
    """Prompt format of single tactics; empty: `policy.prompt` of the settings."""
    proof_prompt: str = ""
    """Prompt format of whole proofs; empty: `policy.proof_prompt` of the settings."""
