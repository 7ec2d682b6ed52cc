"""What the VS Code extension repeats of ours is equal to ours."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

from fd_core.protocol import COMMANDS, METHODS, PROTOCOL_VERSION
from fd_core.settings import TRUSTED_ONLY, Settings
from fd_server.places import step_start

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "vscode-extension"
MANIFEST: dict[str, Any] = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))


def script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


MIRROR: dict[str, str] = script("mirror_protocol").mirror()


def test_the_mirror_of_the_protocol_is_what_the_code_says() -> None:
    for name, text in MIRROR.items():
        written = (EXTENSION / "src" / name).read_text(encoding="utf-8")
        assert written == text, "run: python scripts/mirror_protocol.py"


def test_the_mirror_names_every_method_command_and_type() -> None:
    written = "".join(MIRROR.values())
    assert f"PROTOCOL_VERSION = {PROTOCOL_VERSION};" in written
    for name in [*(m.name for m in METHODS), *COMMANDS]:
        assert f'"{name}"' in written
    for method in METHODS:
        for kind in filter(None, (method.params, method.result)):
            fields = [field.alias or name for name, field in kind.model_fields.items()]
            found = re.search(
                rf"export (?:interface|type) {kind.__name__}\b(.*?)\n\n", written, re.S
            )
            assert found, kind
            assert re.findall(r"readonly (\w+)\??:", found[1]) == fields


def test_the_settings_are_what_the_code_says() -> None:
    mirrored = script("mirror_settings").with_mirror(json.loads(json.dumps(MANIFEST)))
    assert mirrored == MANIFEST, "run: python scripts/mirror_settings.py"


def test_every_server_setting_is_there_with_its_default_and_a_description() -> None:
    categories = MANIFEST["contributes"]["configuration"][1:]
    found = {key: setting for each in categories for key, setting in each["properties"].items()}
    defaults = Settings().model_dump(mode="json", exclude={"critic", "trusted_projects"})
    for section, table in defaults.items():
        for name, default in (table if isinstance(table, dict) else {"": table}).items():
            camel = [re.sub("_(.)", lambda m: m[1].upper(), part) for part in (section, name)]
            setting = found.pop(".".join(["fd-prover", *filter(None, camel)]))
            assert setting["default"] == default
            assert setting["markdownDescription"].strip()
    assert found == {}, "a setting that the server does not have"


def test_what_names_programs_or_endpoints_is_restricted() -> None:
    restricted = MANIFEST["capabilities"]["untrustedWorkspaces"]["restrictedConfigurations"]
    own = {"fd-prover.server.path", "fd-prover.python.path"}
    named = {key for key in TRUSTED_ONLY if not key.startswith("critic.")}
    camel = {"fd-prover." + re.sub("_(.)", lambda found: found[1].upper(), key) for key in named}
    assert set(restricted) == own | camel


def test_extension_and_server_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert MANIFEST["version"] == project["version"]


def test_both_find_the_same_beginning_of_a_step() -> None:
    examples = json.loads((EXTENSION / "test" / "unit" / "stepStarts.json").read_text("utf-8"))
    assert len(examples) > 10
    assert {line: step_start(line) for line in examples} == examples
