"""torch's reader of distributed checkpoints, which runs no code that stands in them.

`.metadata` is a pickle; torch loads it with everything that a pickle can do. Here only what a description
of tensors needs is known.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch
from torch.distributed.checkpoint import FileSystemReader
from torch.distributed.checkpoint.metadata import Metadata, StorageMeta

_FILESYSTEM = "torch.distributed.checkpoint.filesystem"
_KNOWN = {
    ("torch.distributed.checkpoint.metadata", name)
    for name in (
        "BytesStorageMetadata", "ChunkStorageMetadata", "Metadata", "MetadataIndex", "StorageMeta",
        "TensorProperties", "TensorStorageMetadata", "_MEM_FORMAT_ENCODING",
    )
} | {
    (_FILESYSTEM, "_StorageInfo"), ("pathlib", "PosixPath"), ("torch", "Size"),
    ("torch.serialization", "_get_layout"),
}  # fmt: skip


class _Describing(pickle.Unpickler):
    """Knows names of types and dtypes, and nothing that does something."""

    def find_class(self, module: str, name: str) -> Any:
        dtype = module == "torch" and isinstance(getattr(torch, name, None), torch.dtype)
        if dtype or (module, name) in _KNOWN:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} describes no tensor")


class ShardReader(FileSystemReader):  # type: ignore[misc]  # torch has no types for it
    """Raises pickle.UnpicklingError where more than a description stands."""

    def read_metadata(self, *args: Any, **kwargs: Any) -> Metadata:
        """As torch's own."""
        with (Path(self.path) / ".metadata").open("rb") as file:
            found: Metadata = _Describing(file).load()
        found.storage_meta = found.storage_meta or StorageMeta()
        found.storage_meta.load_id = self.load_id
        return found
