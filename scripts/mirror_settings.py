"""Writes the server's settings into the extension's `package.json`, under `fd-prover.…`.

`python scripts/mirror_settings.py` rewrites what it owns: every configuration category after the
first, and the settings that an untrusted workspace may not set. A test keeps both equal to
`fd_core.settings`. Names become camelCase: `policy.api_key_env` is `fd-prover.policy.apiKeyEnv`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fd_core.settings import TRUSTED_ONLY, Settings
from pydantic.alias_generators import to_camel

MANIFEST = Path(__file__).parent.parent / "vscode-extension" / "package.json"
PREFIX = "fd-prover"
NOT_FROM_AN_EDITOR = {"critic", "trusted_projects"}
"""`fd-trainer` reads `critic` from the file; who is trusted is never an editor's to say."""
TITLES = {
    "lean": "Lean", "policy": "Model", "suggest": "Suggestions", "search": "Proof search",
    "store": "Records", "": "Server log",
}  # fmt: skip
_KEPT = ("type", "enum", "items", "minimum", "maximum", "exclusiveMinimum", "default")


def categories() -> list[dict[str, Any]]:
    """The configuration categories that stand for the server's settings."""
    schema = Settings.model_json_schema()
    found: dict[str, dict[str, Any]] = {}
    for name, field in schema["properties"].items():
        if name in NOT_FROM_AN_EDITOR:
            continue
        section = schema["$defs"].get(field.get("$ref", "").rpartition("/")[2])
        if section is None:
            found.setdefault("", {})[_key(name)] = _setting(name, field)
            continue
        for inner, what in section["properties"].items():
            found.setdefault(name, {})[_key(f"{name}.{inner}")] = _setting(f"{name}.{inner}", what)
    return [{"title": TITLES[name], "properties": properties} for name, properties in found.items()]


def restricted() -> list[str]:
    """The server's settings that name programs, endpoints or places that receive data."""
    named = [key for key in TRUSTED_ONLY if key.split(".")[0] not in NOT_FROM_AN_EDITOR]
    return sorted(_key(key) for key in named)


def with_mirror(manifest: dict[str, Any]) -> dict[str, Any]:
    """The manifest with its mirrored parts made anew."""
    own = manifest["contributes"]["configuration"][0]
    manifest["contributes"]["configuration"] = [own, *categories()]
    trust = manifest["capabilities"]["untrustedWorkspaces"]
    mine = [key for key in trust["restrictedConfigurations"] if key in own["properties"]]
    trust["restrictedConfigurations"] = mine + restricted()
    return manifest


def _key(name: str) -> str:
    return ".".join([PREFIX, *(to_camel(part) for part in name.split("."))])


def _setting(name: str, field: dict[str, Any]) -> dict[str, Any]:
    setting = {key: field[key] for key in _KEPT if key in field}
    if "anyOf" in field:
        setting = {"type": [part["type"] for part in field["anyOf"]], "default": None}
    scope = "machine-overridable" if name in TRUSTED_ONLY else "window"
    if "items" in setting:
        setting["items"] = {"type": "string"}
    return {**setting, "scope": scope, "markdownDescription": field.get("description", "")}


if __name__ == "__main__":
    told = with_mirror(json.loads(MANIFEST.read_text(encoding="utf-8")))
    MANIFEST.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {MANIFEST}")
