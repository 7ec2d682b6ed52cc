"""`fd-trainer config`: what a night is configured to do, whether it is right, and all that can be."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from fd_trainer.config import load, presets
from fd_trainer.config.describe import Table, tables
from fd_trainer.config.night import NightConfig

_PAGE_HEAD = """\
# Configuration of a night

Made by `fd-trainer config schema --markdown`; a test keeps this page equal to the code. Later wins:
defaults, the preset, the file (`--config`, else `night.toml` beside your `config.toml`), options of
`fd-trainer run`. What is left open and your own settings say is taken from there: `model.base` from
`policy.model`, the critic, prompt formats, excluded folders. Paths are taken from the file's own folder.
"none" says that an optional key has no value.

`preset = "…"` at the top of the file chooses what the file's own keys are laid over:

"""


@click.group(name="config")
def command() -> None:
    """Show, validate and describe the configuration of a night."""


@command.command()
@click.option("--config", "file", type=click.Path(path_type=Path), help="A night's TOML file.")
@click.option("--preset", help="The preset it is laid over.")
@click.option("--set", "assignments", multiple=True, metavar="KEY=VALUE", help="One setting.")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def show(
    file: Path | None, preset: str | None, assignments: tuple[str, ...], as_json: bool
) -> None:
    """Every key in force."""
    loaded = load.load(file, preset, load.merged(*(load.override(each) for each in assignments)))
    values = loaded.night.table()
    if as_json:
        source = str(loaded.source.path) if loaded.source.path else None
        print(json.dumps({"preset": loaded.preset, "file": source, "night": values}))
        return
    click.echo(f"# preset {loaded.preset}, file {loaded.source.path or load.default_file()}"
               f"{'' if loaded.source.path else ' (not there)'}")  # fmt: skip
    for key, value in _flat(values):
        click.echo(f"{key} = {json.dumps(value, ensure_ascii=False)}")


@command.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def validate(file: Path | None, as_json: bool) -> None:
    """Check a night's file (default: your own); exit status 2 if it is wrong."""
    loaded = load.load(file)
    path = str(loaded.source.path) if loaded.source.path else None
    if as_json:
        print(json.dumps({"file": path, "preset": loaded.preset, "valid": True}))
    else:
        click.echo(f"{path or 'no file of your own; the preset'} is valid (preset {loaded.preset})")


@command.command()
@click.option("--markdown", is_flag=True, help="As the page docs/training-configuration.md.")
@click.option("--json", "as_json", is_flag=True, help="As JSON Schema, for editors.")
def schema(markdown: bool, as_json: bool) -> None:
    """Every key with its type, default and meaning."""
    if as_json:
        print(json.dumps(NightConfig.model_json_schema(), ensure_ascii=False))
    elif markdown:
        sys.stdout.write(page())
    else:
        for table in tables(NightConfig):
            for key in table.keys:
                click.echo(f"{click.style(key.name, bold=True)}  {key.kind}, default {key.default}")
                if key.meaning:
                    click.echo(f"    {key.meaning}")


@command.command(name="presets")
@click.option("--json", "as_json", is_flag=True, help="One JSON value on stdout.")
def presets_(as_json: bool) -> None:
    """The presets by name, and what each is for."""
    if as_json:
        print(json.dumps(presets.presets(), ensure_ascii=False))
        return
    for name, about in _about():
        click.echo(f"{name:<8} {about}")


def page() -> str:
    """The page docs/training-configuration.md."""
    lines = [_PAGE_HEAD + "\n".join(f"- `{name}`: {about}" for name, about in _about())]
    lines += [_section(table) for table in tables(NightConfig)]
    lines.append(_what_presets_set())
    return "\n\n".join(lines) + "\n"


def _about() -> Iterator[tuple[str, str]]:
    yield from presets.presets().items()


def _section(table: Table) -> str:
    head = f"[[{table.head[:-2]}]]" if table.head.endswith("[]") else f"[{table.head}]"
    rows = [
        f"| `{key.name.rpartition('.')[2]}` | {_cell(key.kind)} | {_default(key.default)} "
        f"| {_cell(key.meaning)} |"
        for key in table.keys
    ]
    top = "| key | type | default | meaning |\n|---|---|---|---|"
    return "\n".join([f"## `{head}`", "", table.meaning, "", top, *rows])


def _what_presets_set() -> str:
    lines = ["## What the presets set", "", "| key | value | preset |", "|---|---|---|"]
    for name in presets.presets():
        for key, value in _flat(presets.preset_table(name)):
            shown = json.dumps(value, ensure_ascii=False)
            lines.append(f"| `{key}` | `{shown}` | {name} |")
    return "\n".join(lines)


def _default(text: str) -> str:
    return text if text == "required" else f"`{text}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
