"""A model in this process: a hub name or folder, with a PEFT adapter on top; CPU or GPU.

The only part of the core that imports torch, and only when a model is first used. Generation runs in
one worker thread per model; closing the stream stops it at the next token.
"""

from fd_core.policy.transformers_local.model import LocalModel, shared_model
from fd_core.policy.transformers_local.policy import TransformersLocal

__all__ = ["LocalModel", "TransformersLocal", "shared_model"]
