"""The overnight trainer: Feedback Distillation, GRPO, and the loop from decisions to an adapter.

Owns what happens between the event store (read) and the adapter registry (written). `torch` is
imported only in `fd_trainer.model` and `fd_trainer.algorithms`, and never before arguments are
parsed and the configuration is found good.
"""
