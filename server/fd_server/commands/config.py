"""`fd-server config`: what is configured, whether it is right, and everything that can be."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from fd_core import locations, settings
from fd_core.errors import SettingsError
from pydantic import BaseModel
from pydantic.fields import FieldInfo

_PAGE_HEAD = """\
# Configuration

Made by `fd-server config schema --markdown`; a test keeps this page equal to the code. Later wins:
defaults, your own file (`fd-server config show` names it), the project's `.fd-prover.toml`,
environment variables `FD_<SECTION>__<KEY>`, options of the editor. Keys marked † a project's file may
not set, unless your own file lists that project in `trusted_projects`.
"""


@click.group(name="config")
def command() -> None:
    """Show, validate and describe the configuration."""


@command.command()
@click.option("--project", type=click.Path(path_type=Path), help="As this project sees it.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def show(project: Path | None, as_json: bool) -> None:
    """Every setting in force, and the files it may come from."""
    root = locations.project_root(project.resolve()) if project else None
    values = settings.load(root).model_dump(mode="json")
    files = [locations.config_file(), *([root / settings.PROJECT_FILE] if root else [])]
    if as_json:
        print(json.dumps({"files": [str(file) for file in files], "settings": values}))
        return
    for file in files:
        click.echo(f"# {file}{'' if file.exists() else ' (not there)'}")
    for key, value in _flat(values):
        click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}")


@command.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def validate(file: Path | None, as_json: bool) -> None:
    """Check a configuration file (default: your own); exit status 2 if it is wrong."""
    path = file or locations.config_file()
    if not path.exists():
        raise SettingsError(f"no file {path}", fix="`fd-server init` writes one.")
    settings.check_file(path)
    if as_json:
        print(json.dumps({"file": str(path), "valid": True}))
    else:
        click.echo(f"{path} is valid")


@command.command()
@click.option("--markdown", is_flag=True, help="As the page docs/configuration.md.")
@click.option("--json", "as_json", is_flag=True, help="As JSON Schema, for editors.")
def schema(markdown: bool, as_json: bool) -> None:
    """Every key with its type, default and meaning."""
    if as_json:
        print(json.dumps(settings.Settings.model_json_schema(), ensure_ascii=False))
    elif markdown:
        sys.stdout.write(page())
    else:
        for key, kind, default, words in _rows():
            click.echo(f"{click.style(key, bold=True)}  {kind}, default {default}")
            if words:
                click.echo(f"    {words}")


def page() -> str:
    """The page docs/configuration.md."""
    lines = [_PAGE_HEAD]
    section = None
    for key, kind, default, words in _rows():
        name = key.rpartition(".")[0]
        if name != section:
            section = name
            title = f"## `[{name}]`\n\n{_section_words(name)}" if name else "## Top level"
            lines.append(f"{title}\n\n| key | type | default | meaning |\n|---|---|---|---|")
        mark = " †" if key in settings.TRUSTED_ONLY or key == "trusted_projects" else ""
        cell = kind.replace("|", "\\|")
        last = key.rpartition(".")[2]
        lines.append(f"| `{last}`{mark} | {cell} | `{default}` | {words} |")
    return "\n".join(lines).replace("\n## ", "\n\n## ") + "\n"


def _rows() -> Iterator[tuple[str, str, str, str]]:
    """Key, type, default, meaning; sections first, then what stands at the top."""
    top = settings.Settings.model_fields
    for name, field in top.items():
        model = field.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            for key, inner in model.model_fields.items():
                yield _row(f"{name}.{key}", inner)
    for name, field in top.items():
        if not (isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)):
            yield _row(name, field)


def _row(key: str, field: FieldInfo) -> tuple[str, str, str, str]:
    default = field.get_default(call_default_factory=True)
    shown = "none" if default is None else json.dumps(default, ensure_ascii=False)
    return key, _kind(field.annotation), shown, field.description or ""


def _kind(annotation: Any) -> str:
    """A type in words a user knows."""
    text = str(annotation).replace("typing.", "")
    if text.startswith("Literal"):
        return " | ".join(f"`{word}`" for word in annotation.__args__)
    named = {
        "<class 'bool'>": "yes or no (`true`, `false`)",
        "<class 'int'>": "whole number",
        "<class 'float'>": "number",
        "<class 'str'>": "text",
        "pathlib.Path | None": "path",
        "tuple[str, ...]": "list of texts",
        "tuple[pathlib.Path, ...]": "list of paths",
        "int | None": "whole number",
        "str | None": "text",
    }
    return named.get(text, text)


def _section_words(name: str) -> str:
    model = settings.Settings.model_fields[name].annotation
    return (getattr(model, "__doc__", "") or "").strip()


def _flat(table: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
