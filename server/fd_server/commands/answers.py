"""The answers of `fd-server init`, and the configuration file that they become.

The file is written whole or not at all. What was set for another model or another host is dropped:
the user is told, and no key is sent to somebody it was not meant for.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from fd_core import locations, settings
from fd_core.durable_file import make_private_folder, replace_file
from fd_core.errors import SettingsError

_OWN_FORMATS = {
    "goedel-prover-v2": "goedel-prover-v2",
    "deepseek-prover-v2": "deepseek-prover-v2",
    "kimina-prover": "kimina-prover",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What the user said."""

    model_kind: str
    model: str
    endpoint: str
    critic: str
    critic_endpoint: str
    critic_model: str
    record: str


def write(answers: Answers) -> tuple[Path, dict[str, str]]:
    """Put the answers into the user's configuration; its other keys stay, the old file beside it.

    Also tells which keys were dropped, as they belonged to another model or host, and why. Raises
    SettingsError where the file is wrong or can't be written.
    """
    file = locations.config_file()
    tables, dropped = _tables(file), dict[str, str]()
    for section, values in _sections(answers).items():
        before = tables.get(section, {})
        gone = _of_another_model(before, values) | _of_another_host(before, values)
        kept = {key: value for key, value in before.items() if key not in gone}
        tables[section] = kept | values
        dropped |= {f"{section}.{key}": why for key, why in gone.items() if key not in values}
    text = toml_of(tables)
    try:
        make_private_folder(file.parent)
        if file.exists() and (old := file.read_bytes()) != text.encode():
            replace_file(file.with_suffix(".toml.before"), old)
        replace_file(file, text.encode())
    except OSError as error:
        raise SettingsError(
            f"{file} can't be written: {error.strerror}",
            fix="Make its folder writable, or name another file in FD_CONFIG.",
        ) from error
    return file, dropped


def _tables(file: Path) -> dict[str, Any]:
    if not file.exists():
        return {}
    settings.check_file(file)
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _of_another_model(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """What an earlier answer set for its model, as long as the user left it so."""
    model = str(before.get("model", ""))
    if not model or model == now.get("model", model):
        return {}
    own = {key: value for key, value in _prompt_of(model).items() if before.get(key) == value}
    return dict.fromkeys(own, f"it was for {model}")


def _of_another_host(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, str]:
    """A key goes to nobody it was not set for, and a critic's way of speaking is its provider's."""
    host = urlparse(str(before.get("endpoint", ""))).netloc
    if not host or host == urlparse(str(now.get("endpoint", before["endpoint"]))).netloc:
        return {}
    return dict.fromkeys(
        [key for key in ("api_key_env", "api") if key in before], f"it was for {host}"
    )


def _prompt_of(model: str) -> dict[str, Any]:
    """What a published prover needs beside its name (docs/models.md): its own format, and time."""
    for mark, form in _OWN_FORMATS.items():
        if mark in model.lower():
            return {"proof_prompt": form, "proof_max_tokens": 8_192, "timeout_s": 300}
    return {}


def _sections(answers: Answers) -> dict[str, dict[str, Any]]:
    """The answers by section of the file."""
    policy: dict[str, Any] = {"kind": answers.model_kind}
    if answers.model_kind != "none":
        policy["model"] = answers.model
        policy |= _prompt_of(answers.model)
    if answers.model_kind == "openai_compatible":
        policy["endpoint"] = answers.endpoint
    critic = {"kind": answers.critic}
    if answers.critic == "language_model":
        critic |= {"endpoint": answers.critic_endpoint, "model": answers.critic_model}
    return {"policy": policy, "store": {"consent": answers.record}, "critic": critic}


def toml_of(tables: dict[str, Any]) -> str:
    """TOML of one level of tables; JSON's strings, numbers and lists are TOML's."""
    lines = ["# Written by `fd-server init`. `fd-server config schema` lists every key."]
    top = {key: value for key, value in tables.items() if not isinstance(value, dict)}
    lines += [f"{key} = {_toml(value)}" for key, value in top.items()]
    for section, values in tables.items():
        if isinstance(values, dict):
            lines += ["", f"[{section}]"]
            lines += [f"{key} = {_toml(value)}" for key, value in values.items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
