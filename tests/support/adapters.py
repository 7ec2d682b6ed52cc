"""Adapter folders as PEFT writes them: real safetensors bytes, no torch needed."""

from __future__ import annotations

import json
from pathlib import Path

BASE = "some/base-model"


def safetensors(values: bytes) -> bytes:
    """A whole safetensors file with one byte tensor."""
    header = json.dumps(
        {"lora_A": {"dtype": "U8", "shape": [len(values)], "data_offsets": [0, len(values)]}}
    ).encode()
    return len(header).to_bytes(8, "little") + header + values


def write_adapter(folder: Path, values: bytes = b"weights", base: str = BASE) -> Path:
    """A folder to publish."""
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(
        json.dumps({"peft_type": "LORA", "base_model_name_or_path": base})
    )
    (folder / "adapter_model.safetensors").write_bytes(safetensors(values))
    (folder / "README.md").write_text("PEFT writes one")
    return folder


def write_whole_model(folder: Path, values: bytes = b"weights", base: str = BASE) -> Path:
    """A whole model to publish, as far as a registry looks."""
    folder.mkdir(parents=True)
    (folder / "fd-model.json").write_text(json.dumps({"base_model_name_or_path": base}))
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(safetensors(values))
    return folder
