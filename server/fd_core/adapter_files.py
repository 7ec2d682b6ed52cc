"""The files of one adapter, or of one whole model: which are let in, their digests, and their copy.

A folder with `fd-model.json` holds a whole model, whose every weight was trained; all others hold LoRA
adapters, as PEFT writes them. Both are data that other machines made: only formats that can't run code
are let in.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path

from fd_core.errors import RegistryError

CONFIG = "adapter_config.json"
WHOLE = "fd-model.json"
"""Marks a whole model and names its base, as `CONFIG` does for an adapter."""
_MODEL_CONFIG = "config.json"
METADATA = "fd-adapter.json"
_ALLOWED = (".safetensors", ".json", ".txt", ".model")
_LEFT_OUT = ("README.md", ".gitattributes", METADATA)
"""Written by PEFT and the hub beside the weights, and not needed to serve."""
_CHUNK = 1 << 20


def validated(folder: Path, base_model: str) -> list[Path]:
    """The files to publish, sorted. Raises RegistryError with the first thing that is wrong."""
    if not folder.is_dir():
        raise RegistryError(f"{folder} is no folder", fix="Name the folder that PEFT saved to.")
    files = [_admitted(path) for path in sorted(folder.iterdir()) if path.name not in _LEFT_OUT]
    names = {path.name for path in files}
    if WHOLE in names and _MODEL_CONFIG not in names:
        raise RegistryError(f"{folder} has no {_MODEL_CONFIG}", fix="Save the model whole.")
    if WHOLE not in names and CONFIG not in names:
        raise RegistryError(f"{folder} has no {CONFIG}", fix="Save it by PEFT's save_pretrained.")
    weights = [path for path in files if path.suffix == ".safetensors"]
    if not weights:
        raise RegistryError(f"{folder} has no .safetensors weights", fix="Save as safetensors.")
    for path in weights:
        _check_safetensors(path)
    _check_base(folder / (WHOLE if WHOLE in names else CONFIG), base_model)
    return files


def digests_of(files: list[Path]) -> dict[str, str]:
    """SHA-256 of each file, by name. Raises RegistryError if one can't be read."""
    return {path.name: _digest(path) for path in files}


def id_of(digests: Mapping[str, str]) -> str:
    """One name for the content: 32 hex letters over sorted names and digests."""
    text = "\n".join(f"{digest}  {name}" for name, digest in sorted(digests.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def verify(folder: Path, digests: Mapping[str, str]) -> None:
    """Raise RegistryError unless the folder holds exactly these files with these digests."""
    try:
        present = {path.name for path in folder.iterdir()} - {METADATA}
    except OSError as error:
        raise RegistryError(f"{folder}: {error.strerror}", fix=_REPUBLISH) from error
    if present != set(digests):
        odd = ", ".join(sorted(present ^ set(digests)))
        raise RegistryError(f"adapter {folder.name}: files added or missing: {odd}", fix=_REPUBLISH)
    for name, digest in digests.items():
        if _digest(folder / name) != digest:
            raise RegistryError(f"adapter {folder.name}: {name} was changed", fix=_REPUBLISH)


_REPUBLISH = "Roll back to the adapter before, or delete that folder and publish it anew."


def copy_durably(source: Path, target: Path) -> None:
    """Copy one file and sync it; the copy is read-only. Raises OSError."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as reading, os.fdopen(descriptor, "wb") as writing:
        while chunk := reading.read(_CHUNK):
            writing.write(chunk)
        writing.flush()
        os.fsync(writing.fileno())
        os.fchmod(writing.fileno(), 0o400)


def _admitted(path: Path) -> Path:
    if path.is_symlink() or not path.is_file():
        raise RegistryError(
            f"{path} is a link, a folder or no ordinary file", fix="Publish plain files only."
        )
    if path.suffix not in _ALLOWED:
        raise RegistryError(
            f"{path.name} may hold code, or is not known: an adapter holds {', '.join(_ALLOWED)}",
            fix="Save with safe_serialization, and publish the adapter alone, without the optimizer.",
        )
    return path


def _check_safetensors(path: Path) -> None:
    """Header and length agree, by https://github.com/huggingface/safetensors#format."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > size - 8:
                raise ValueError("shorter than its header")
            header = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for n, entry in header.items() if n != "__metadata__"]
        if not ends or 8 + length + max(ends) != size:
            raise ValueError("its length does not fit its header")
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise RegistryError(
            f"{path} is no whole safetensors file: {error}", fix="Save it again."
        ) from error


def _check_base(config: Path, base_model: str) -> None:
    try:
        named = json.loads(config.read_text(encoding="utf-8"))["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RegistryError(
            f"{config} names no base model: {error!r}", fix="Save it by PEFT's save_pretrained."
        ) from error
    if named != base_model:
        raise RegistryError(
            f"the adapter was trained on {named!r}, not on {base_model!r}",
            fix=f"Publish it with base model {named!r}, or train on {base_model!r}.",
        )


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise RegistryError(f"{path}: {error.strerror}", fix=_REPUBLISH) from error
