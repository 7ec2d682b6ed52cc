"""The base model's own tokenizer, as `fd_trainer.ports.Tokenizer`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ModelTokenizer:
    """Wraps a tokenizer of transformers. `ends` are the ids that end an answer, `pad` fills rows."""

    def __init__(self, tokenizer: Any, model_ends: int | Sequence[int] | None = None) -> None:
        self.inner = tokenizer
        self.ends = _ids(tokenizer.eos_token_id) | _ids(model_ends)
        pad = tokenizer.pad_token_id
        self.pad = int(pad if pad is not None else min(self.ends, default=0))

    def encode(self, text: str) -> list[int]:
        """Ids of a prompt, with the model's begin-of-sentence token if it has one."""
        return [int(token) for token in self.inner(text).input_ids]

    def continuation(self, text: str) -> list[int]:
        """Ids of a text that continues a prompt: no special token is added."""
        return [int(token) for token in self.inner(text, add_special_tokens=False).input_ids]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens left out."""
        return str(self.inner.decode(list(ids), skip_special_tokens=True))


def _ids(ends: int | Sequence[int] | None) -> frozenset[int]:
    if ends is None:
        return frozenset()
    return frozenset([ends] if isinstance(ends, int) else ends)
