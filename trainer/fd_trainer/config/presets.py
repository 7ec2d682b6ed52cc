"""Presets: whole settings under one name, as TOML data beside this module."""

from __future__ import annotations

import difflib
import tomllib
from functools import cache
from importlib import resources
from typing import Any

from fd_core.errors import SettingsError

DEFAULT = "night"


@cache
def presets() -> dict[str, str]:
    """Name → what it is for."""
    return {name: str(_tables()[name]["about"]) for name in _tables()}


def preset_table(name: str) -> dict[str, Any]:
    """What a preset sets. Raises SettingsError naming the nearest one."""
    found = _tables().get(name)
    if found is None:
        near = difflib.get_close_matches(name, _tables(), n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        raise SettingsError(f"no preset `{name}`{hint}", fix=f"There are: {', '.join(_tables())}.")
    return {key: value for key, value in found.items() if key != "about"}


@cache
def _tables() -> dict[str, dict[str, Any]]:
    folder = resources.files("fd_trainer.config").joinpath("presets")
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    return {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text(encoding="utf-8"))
        for file in files
    }
