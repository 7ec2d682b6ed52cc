"""Names of a step's metrics in `runs/<id>/metrics.jsonl`, for whoever writes, watches or draws them."""

from __future__ import annotations

METRICS: dict[str, str] = {
    "loss": "loss",
    "reward": "share of attempts proved",
    "entropy": "student entropy (nats per token)",
    "teacher_entropy": "teacher entropy (nats per token)",
    "kl/forward": "KL(teacher ‖ student), nats per token",
    "kl/reverse": "KL(student ‖ teacher), nats per token",
    "kl": "KL to the reference in the policy-gradient loss",
    "kl/anchor": "KL to the starting policy on known goals",
    "top_k_mass": "teacher's mass on its top K",
    "completions/mean_length": "tokens per attempt",
    "completions/clipped_ratio": "share of attempts cut at the limit",
    "frac_reward_zero_std": "share of groups without a difference",
    "learning_rate": "learning rate",
    "grad_norm": "gradient norm",
    "step_time": "seconds per step",
    "num_tokens": "tokens trained on so far",
    "cost/critic_tokens": "critic's tokens so far",
    "cost/critic_money": "critic's money so far",
    "eval/held_out/pass@1": "held-out pass@1",
    "eval/known/pass@1": "known goals pass@1",
    "eval/held_out/attempts": "held-out attempts behind that (the guards ask for it)",
    "eval/known/attempts": "attempts at known goals behind that",
    "leak/mention_share": "share of attempts that mention the feedback",
    "leak/top_token_share": "share of all KL in the top 1 % of tokens",
}
"""Names that people know, with what they mean. Others are shown under their name."""
