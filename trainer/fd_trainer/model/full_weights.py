"""Full fine-tuning: a copy of the model per role, and the whole model as what is published.

A published whole model is a folder as the hub gives them, tokenizer included, and beside it
`fd-model.json`, which names the base that it came from. LoRA adapters can be spoken with, too: merged
into a copy of the base.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import torch
from fd_core import adapter_files
from fd_core.durable_file import replace_file, sync_folder
from fd_core.errors import RegistryError
from torch import Tensor
from torch.nn import Parameter

from fd_trainer.model import loading
from fd_trainer.model.shards import own


class FullWeights:
    """A copy of the model per role. `again` loads the base anew: the reference, when first asked.

    Not `taught`: there is no teacher, as of a copy that is only spoken with.
    """

    def __init__(
        self, student: Any, again: Callable[[], Any], base: str, *, taught: bool = True
    ) -> None:
        self._again, self._base = again, base
        self._cut: Callable[[Any], None] | None = None
        self._models = {"student": student.requires_grad_(True)}
        if taught:
            self._models["teacher"] = self._frozen_copy(student)

    def spread(self, cut: Callable[[Any], None]) -> None:
        """`cut` is done to every role's model, also to those that are made later."""
        self._cut = cut
        for model in self._models.values():
            cut(model)

    def causal(self, role: str) -> Any:
        """This role's own model."""
        if role in ("reference", "base") and role not in self._models:
            self._models[role] = self._placed(self._again().requires_grad_(False))
        return self._models[role]

    def wearing(self, role: str) -> AbstractContextManager[None]:
        """Nothing to change: every role is a model of its own."""
        return nullcontext()

    def parameters_of(self, role: str) -> dict[str, Parameter]:
        """Every weight, tied ones once."""
        model = self._models.get(role)
        return dict(model.named_parameters()) if model is not None else {}

    def freeze_reference(self) -> None:
        """One more copy of the model."""
        self._models["reference"] = self._frozen_copy(self._models["student"])

    def forget_reference(self) -> None:
        """It is loaded anew when it is asked for."""
        self._models.pop("reference", None)

    def begin_from(self, folder: Path) -> None:
        """Student, teacher and reference become what was published. Raises RegistryError."""
        published = loading.load_published(self._again(), self._base, folder)
        self._models["student"] = published.requires_grad_(True)
        self._models["teacher"] = self._frozen_copy(published)
        self.freeze_reference()

    def add_published(self, role: str, folder: Path) -> None:
        """One more copy of the model. Raises RegistryError."""
        published = loading.load_published(self._again(), self._base, folder)
        self._models[role] = published.requires_grad_(False)

    def remove_published(self, role: str) -> None:
        """Forget it, if it is there."""
        self._models.pop(role, None)

    def save(self, folder: Path, role: str, whole: Callable[[], Mapping[str, Tensor]]) -> None:
        """The whole model, into a folder that must be new or empty. Raises RegistryError."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise RegistryError(f"{folder} is not empty", fix="A model is never written over.")
            model = self._models[role] if self._cut is None else self._put_together(whole())
            model.save_pretrained(folder, safe_serialization=True)
            _save_tokenizer(self._base, folder)
            named = {"base_model_name_or_path": self._base}
            replace_file(folder / adapter_files.WHOLE, json.dumps(named).encode())
            sync_folder(folder)
        except OSError as error:
            raise RegistryError(
                f"{folder}: the model can't be written: {error.strerror or error}",
                fix="See that the disk has space and the folder is writable.",
            ) from error

    def _placed(self, model: Any) -> Any:
        if self._cut is not None:
            self._cut(model)
        return model

    def _frozen_copy(self, model: Any) -> Any:
        """A cut model can't be copied as a whole: a fresh one is cut alike, and each rank copies what
        it holds."""
        if self._cut is None:
            return copy.deepcopy(model).requires_grad_(False)
        made = self._placed(self._again().requires_grad_(False))
        with torch.no_grad():
            for into, of in zip(made.parameters(), model.parameters(), strict=True):
                own(into).copy_(own(of))
        return made

    def _put_together(self, weights: Mapping[str, Tensor]) -> Any:
        """A whole model with these weights."""
        made = self._again()
        fill(made, weights)
        return made


def fill(model: Any, weights: Mapping[str, Tensor]) -> None:
    """Give a whole model these weights, in place. Tied ones are named once."""
    with torch.no_grad():
        for name, into in model.named_parameters():
            into.copy_(weights[name])


def _save_tokenizer(base: str, folder: Path) -> None:
    """The base's own; without its chat template, a program in Jinja, which no prompt of ours uses."""
    from transformers import AutoTokenizer

    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    for template in folder.glob("*.jinja"):
        template.unlink()
