"""Where the product keeps things on this machine: configuration, records, adapters, runs, caches."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_APP = "fd-prover"


def config_file() -> Path:
    """The user's own configuration."""
    return Path(
        os.environ.get("FD_CONFIG") or Path(platformdirs.user_config_dir(_APP)) / "config.toml"
    )


def data_dir() -> Path:
    """Records, adapters and runs."""
    return Path(os.environ.get("FD_DATA_DIR") or platformdirs.user_data_dir(_APP))


def cache_dir() -> Path:
    """What may be deleted at any time."""
    return Path(os.environ.get("FD_CACHE_DIR") or platformdirs.user_cache_dir(_APP))


def store_file() -> Path:
    """The event store."""
    return data_dir() / "events.db"


def adapters_dir() -> Path:
    """The adapter registry."""
    return data_dir() / "adapters"


def runs_dir() -> Path:
    """One folder per overnight run."""
    return data_dir() / "runs"


def lock_dir() -> Path:
    """Locks that name their holder."""
    return data_dir() / "locks"


def project_root(path: Path) -> Path:
    """The innermost folder above a file with a lakefile or lean-toolchain, else the file's own."""
    folder = path if path.is_dir() else path.parent
    marks = ("lakefile.lean", "lakefile.toml", "lean-toolchain")
    for parent in [folder, *folder.parents]:
        if any((parent / mark).exists() for mark in marks):
            return parent
    return folder
