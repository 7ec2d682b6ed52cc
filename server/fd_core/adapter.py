"""Adapters as values: what was trained, from what, how well, and in what standing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

AdapterStatus = Literal["published", "promoted", "retired"]


@dataclass(frozen=True, slots=True)
class Adapter:
    """One published set of LoRA weights, or a whole model whose every weight was trained. `id` is the
    digest of its files: content-addressed."""

    id: str
    base_model: str
    path: str
    parent: str | None
    created_at: float
    digests: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    status: AdapterStatus = "published"

    @property
    def whole_model(self) -> bool:
        """Whether it replaces the base model instead of lying on it (`adapter_files.WHOLE`)."""
        return "fd-model.json" in self.digests
