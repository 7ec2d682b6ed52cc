"""An adapter as the two files that PEFT and vLLM read, whole or not there."""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from fd_core.durable_file import replace_file, sync_folder
from fd_core.errors import RegistryError

_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"


def write_adapter(model: Any, adapter: str, base: str, folder: Path) -> None:
    """Write one adapter of a PEFT model into a folder, which must be new or empty.

    The same weights give the same bytes, so that content-addressed names are equal too. Raises
    RegistryError.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise RegistryError(f"{folder} is not empty", fix="An adapter is never written over.")
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".adapter-") as scratch:
            model.save_pretrained(scratch, selected_adapters=[adapter], save_embedding_layers=False)
            saved = Path(scratch) / adapter
            replace_file(folder / _CONFIG, _steady(saved / _CONFIG, base))
            shutil.move(saved / _WEIGHTS, folder / _WEIGHTS)
        sync_folder(folder)
    except OSError as error:
        raise RegistryError(
            f"{folder}: the adapter can't be written: {error.strerror or error}",
            fix="See that the disk has space and the folder is writable.",
        ) from error


def _steady(config: Path, base: str) -> bytes:
    """PEFT writes a set's order, which differs from process to process."""
    table = json.loads(config.read_text(encoding="utf-8"))
    table |= {"base_model_name_or_path": base, "inference_mode": True}
    if isinstance(table.get("target_modules"), list):
        table["target_modules"] = sorted(table["target_modules"])
    return json.dumps(table, indent=2, sort_keys=True).encode()
