"""The user's own keys: `keys.toml` beside the configuration, binding ids and the keys for them.

    "candidate.accept" = "ctrl+y"
    "app.board" = "f2,alt+b"

The ids are in docs/terminal.md. What can't be read is said, and the keys stay as they were.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

from fd_core import locations
from fd_core.errors import SettingsError


def keys_file() -> Path:
    """Where the user's keys are."""
    return locations.config_file().with_name("keys.toml")


def keymap(complain: Callable[[SettingsError], None]) -> dict[str, str]:
    """Binding ids and their keys, as the user wants them; troubles go to `complain`."""
    path = keys_file()
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        complain(SettingsError(f"{path}: {error}", fix="Correct that file, or remove it."))
        return {}
    wrong = [key for key, value in table.items() if not isinstance(value, str)]
    for key in wrong:
        complain(SettingsError(f"{path}: `{key}` is no key", fix='Write it as "ctrl+y".'))
    return {key: value for key, value in table.items() if key not in wrong}
