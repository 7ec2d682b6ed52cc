"""`[algorithms]`: what each kind of row is learned by, and how one optimiser steps over all.

The defaults are the paper's where it speaks and METHOD §1.12's where it is silent; whole settings for
comparison are the presets `paper` and `sdpo`. Torch-free: a dry run reads and checks these.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from fd_trainer.config.section import Section

Aggregation = Literal["token_mean", "sum", "sequence_mean", "constant"]
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Count = Annotated[int, Field(ge=1)]


class Optimiser(Section):
    """AdamW with a linear warm-up and a constant rate after it (METHOD §1.6; verl's defaults where
    the paper is silent). The first step already moves: its rate is learning_rate / warmup_steps."""

    learning_rate: Positive = 1e-5
    warmup_steps: Annotated[int, Field(ge=0)] = 50
    weight_decay: NotNegative = 0.01
    betas: tuple[Share, Share] = (0.9, 0.999)
    epsilon: Positive = 1e-8
    gradient_clip: Positive = 1.0
    """Largest norm of the whole gradient."""


class Teacher(Section):
    """How the teacher's weights follow the student's (METHOD §1.4): every `period` applied steps,
    `ema` keeps `retention` of itself, `hard_copy` keeps nothing, `frozen` never moves."""

    schedule: Literal["ema", "frozen", "hard_copy"] = "ema"
    retention: Share = 0.9
    period: Count = 5


class Distillation(Section):
    """Feedback Distillation (METHOD §1.3) and its relatives (§2.1).

    `forward` is KL(teacher‖student), the paper's; `reverse` is KL(student‖teacher); `jsd` lies
    between, with `mixture` the teacher's share (GKD's β). `tail = "bucket"` adds what the support
    leaves out as one more outcome. `renormalise` rescales the teacher's kept mass to 1, or both
    sides', which is another loss (METHOD §1.3) and here for comparison with SDPO."""

    divergence: Literal["forward", "reverse", "jsd"] = "forward"
    mixture: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
    support: Literal["teacher_top_k", "student_top_k", "full"] = "teacher_top_k"
    top_k: Count = 25
    tail: Literal["none", "bucket"] = "none"
    renormalise: Literal["none", "teacher", "both"] = "none"
    aggregation: Aggregation = "token_mean"
    constant: Count = 8192
    """With aggregation "constant": the loss is the sum over tokens / (rows × this)."""
    per_token_cap: Positive | None = None
    """Nats: a token whose divergence is larger pulls as if it were this (TRAINING §11)."""
    importance_cap: Positive | None = None
    """Weight tokens by min(π_student / π_sampler, cap), as SDPO; none on-policy (METHOD §1.5)."""
    weight: NotNegative = 1.0

    @model_validator(mode="after")
    def _is_a_divergence(self) -> Self:
        truncated = self.support != "full" and self.tail == "none" and self.renormalise != "both"
        if self.divergence != "forward" and truncated:
            raise ValueError(
                f'divergence = "{self.divergence}" on a cut support pushes mass out of it'
                ' (METHOD §1.3): set tail = "bucket", renormalise = "both" or support = "full"'
            )
        if self.tail == "bucket" and self.renormalise != "none":
            raise ValueError('with tail = "bucket" nothing is left to renormalise: choose one')
        return self


class PolicyGradient(Section):
    """GRPO and its variants on Lean's verdict (METHOD §2.4).

    `variant` chooses advantage, aggregation, clip, KL and mask; a key of theirs overrides it. Against
    `current` weights the ratio is 1 in value (one step per batch) and the sampler's mismatch is
    corrected by `importance_cap`; against the `sampler`'s log-probs the ratio itself corrects and
    is clipped, as for rows that older weights wrote (a night makes none)."""

    variant: Literal["grpo", "dr_grpo", "dapo", "gspo"] = "grpo"
    advantage: Literal["group_std", "group_mean", "pass_at_k", "pkpo"] | None = None
    pass_k: Count = 4
    aggregation: Aggregation | None = None
    constant: Count = 8192
    group_size: Annotated[int, Field(ge=2)] = 5
    clip_low: Positive | None = None
    clip_high: Positive | None = None
    ratio_against: Literal["current", "sampler"] = "current"
    importance_cap: Positive | None = 2.0
    kl_coefficient: NotNegative | None = None
    """Of the k3 estimate of KL(student‖reference); none: the variant's own, 0.001 with GRPO, else 0."""
    mask_truncated: bool | None = None
    """Leave attempts that ran out of tokens or tool calls out of the loss, though not out of their
    group's mean (DAPO's overlong filter); none: the variant's own, yes with DAPO, else no."""
    weight: NotNegative = 1.0

    @property
    def advantage_used(self) -> Literal["group_std", "group_mean", "pass_at_k", "pkpo"]:
        """The override, or the variant's own."""
        return self.advantage or ("group_mean" if self.variant == "dr_grpo" else "group_std")

    @property
    def aggregation_used(self) -> Aggregation:
        """The override, or the variant's own."""
        own: dict[str, Aggregation] = {"dr_grpo": "constant", "dapo": "token_mean"}
        return self.aggregation or own.get(self.variant, "sequence_mean")

    @property
    def clip_used(self) -> tuple[float, float]:
        """(low, high): how far below and above 1 the ratio counts."""
        own = {"dapo": (0.2, 0.28), "gspo": (3e-4, 4e-4)}.get(self.variant, (0.2, 0.2))
        return self.clip_low or own[0], self.clip_high or own[1]

    @property
    def kl_used(self) -> float:
        """The override, or the variant's own: Dr. GRPO, DAPO and GSPO have no KL (METHOD §2.4)."""
        own = 0.001 if self.variant == "grpo" else 0.0
        return own if self.kl_coefficient is None else self.kl_coefficient

    @property
    def masks_truncated(self) -> bool:
        """The override, or the variant's own."""
        return self.variant == "dapo" if self.mask_truncated is None else self.mask_truncated

    @model_validator(mode="after")
    def _k_fits_the_group(self) -> Self:
        needs_k = self.advantage in ("pass_at_k", "pkpo")
        if needs_k and self.pass_k > self.group_size:
            raise ValueError(f"pass_k = {self.pass_k} needs a group_size of at least as many")
        return self


class Targets(Section):
    """Supervised learning on proved text: cross-entropy of what a user wrote, or what survived."""

    aggregation: Aggregation = "token_mean"
    constant: Count = 8192
    weight: NotNegative = 1.0


class Anchor(Section):
    """Stay near the weights the phase began with, on goals they already close: forward KL to them,
    on their top `top_k` and the rest as one outcome. Without it the toy of TRAINING §3.2 forgot
    57 to 100 % of what it knew. 0 switches it off (the paper has none)."""

    weight: NotNegative = 1.0
    top_k: Count = 25


class Preference(Section):
    """A rejected Closed candidate moves preference among proved alternatives only: DPO against the
    reference, with a small weight and smoothed labels, for a reject is weak evidence (TRAINING
    §10). `per_token` compares mean log-probs, so that length alone decides nothing."""

    weight: NotNegative = 0.1
    beta: Positive = 0.1
    label_smoothing: Annotated[float, Field(ge=0.0, lt=0.5)] = 0.1
    per_token: bool = False


class Algorithms(Section):
    """One phase of training: rows of each kind, their losses, one optimiser."""

    distillation: Distillation = Distillation()
    teacher: Teacher = Teacher()
    policy_gradient: PolicyGradient = PolicyGradient()
    targets: Targets = Targets()
    anchor: Anchor = Anchor()
    preference: Preference = Preference()
    optimiser: Optimiser = Optimiser()
    grpo_optimiser: Optimiser = Optimiser(learning_rate=1e-6)
    """Of the phase after FD → GRPO: fresh moments and a fresh warm-up (METHOD §1.12)."""
    micro_batch_tokens: Count = 16384
    """Largest padded size of one pass, prompts included; halved by itself when memory runs out."""
    heat_map_rows: Annotated[int, Field(ge=0)] = 4
    """Rows of each step whose log p_teacher − log p_student is kept for the report."""
