"""A night's configuration read: preset, file, options; every problem found at once, with its line.

Later wins: defaults, the preset, the file, what was said on the command line. What these leave open
and the user's own settings say (the model, the critic, prompt formats) is taken from there.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fd_core import locations, settings
from fd_core.errors import SettingsError
from fd_core.settings import Settings
from pydantic import ValidationError

from fd_trainer.config.describe import keys
from fd_trainer.config.key_lines import key_lines, line_of, line_of_error
from fd_trainer.config.night import NightConfig, disagreements
from fd_trainer.config.presets import DEFAULT, preset_table

_FIX = "`fd-trainer config schema` lists every key."
_PATHS = ("data.store", "critic.cache")


@dataclass(frozen=True, slots=True)
class Source:
    """One configuration file as read; `path` none: there is none."""

    path: Path | None
    table: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)

    def place(self, key: str) -> str:
        """Where a key is set: "night.toml:12", or the preset or command line."""
        line = line_of(key, self.lines)
        return f"{self.path}:{line}" if line else str(self.path or "night")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The configuration in force, and where it came from."""

    night: NightConfig
    preset: str
    source: Source
    settings: Settings


def default_file() -> Path:
    """The user's own file for nights, beside the one of the editor's settings."""
    return locations.config_file().with_name("night.toml")


def load(
    file: Path | None = None,
    preset: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Loaded:
    """The configuration of a night. Raises SettingsError listing every problem at once."""
    source = read(file)
    said = source.table.pop("preset", None)
    problems = [] if said is None or isinstance(said, str) else ["`preset`: needs a name"]
    name = preset or (said if isinstance(said, str) else DEFAULT)
    own, more = _own_settings()
    base, unknown = _preset(name)
    problems += [*more, *unknown]
    try:
        table = merged(base, _absolute(source), overrides or {})
        night = _with_settings(_validated(table, source), own)
    except SettingsError as error:
        raise _all([*problems, *error.what.split("\n")], error.fix) from error
    wrong = list(disagreements(night))
    try:
        night = night.model_copy(update={"critic": night.critic.completed(own.critic)})
    except SettingsError as error:
        lines = (line.partition(": ") for line in error.what.split("\n"))
        wrong += [(key, what) for key, _, what in lines]
    problems += [f"{source.place(key)}: `{key}`: {what}" for key, what in wrong]
    if problems:
        raise _all(problems)
    return Loaded(night, name, source, own)


def read(file: Path | None) -> Source:
    """A file's table and lines; the default one need not exist."""
    path = file or default_file()
    try:
        text = path.read_text(encoding="utf-8")
        return Source(path, tomllib.loads(text), key_lines(text))
    except FileNotFoundError as error:
        if file is None:
            return Source(None)
        raise SettingsError(f"no file {path}", fix="Write one, or leave out --config.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}", fix="Make the file readable UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        place = f"{path}:{line}" if (line := line_of_error(error)) else str(path)
        raise SettingsError(f"{place}: not TOML: {error}", fix="Correct that line.") from error


def merged(*tables: Mapping[str, Any]) -> dict[str, Any]:
    """Tables laid over one another, later ones winning key by key."""
    into: dict[str, Any] = {}
    for table in tables:
        for key, value in table.items():
            both = isinstance(value, Mapping) and isinstance(into.get(key), Mapping)
            into[key] = merged(into[key], value) if both else value
    return into


def override(assignment: str) -> dict[str, Any]:
    """A `--set SECTION.KEY=VALUE` as a table; VALUE is TOML, or else taken as text."""
    key, mark, value = assignment.partition("=")
    if not mark or not key.strip():
        raise SettingsError(f"`{assignment}` sets nothing", fix="Write --set section.key=value.")
    try:
        read_value: Any = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        read_value = value.strip()
    table: Any = read_value
    for part in reversed(key.strip().split(".")):
        table = {part: table}
    assert isinstance(table, dict)
    return table


def _validated(table: Mapping[str, Any], source: Source) -> NightConfig:
    try:
        return NightConfig.model_validate(table)
    except ValidationError as error:
        problems = [_problem(item["loc"], item, source) for item in error.errors()]
        raise SettingsError("\n".join(problems), fix=_FIX) from error


def _problem(where: tuple[int | str, ...], item: Mapping[str, Any], source: Source) -> str:
    key = ".".join(map(str, where))
    if item["type"] == "extra_forbidden":
        return f"{source.place(key)}: no key `{key}`{_nearest(key)}"
    message = str(item["msg"]).removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    if item["type"] == "value_error":
        return f"{source.place(key)}: `{key}`: {message}"
    return f"{source.place(key)}: `{key}`: {message}, not {item.get('input')!r}"


def _nearest(key: str) -> str:
    """The likeliest key that was meant: of the same section first, then of any."""
    section, _, last = re.sub(r"\.\d+(?=\.|$)", "[]", key).rpartition(".")
    names = list(keys(NightConfig))
    beside = [name.rpartition(".")[2] for name in names if name.rpartition(".")[0] == section]
    if near := difflib.get_close_matches(last, beside, n=1):
        return (
            f"; did you mean `{section}.{near[0]}`?" if section else f"; did you mean `{near[0]}`?"
        )
    elsewhere = [name for name in names if name.rpartition(".")[2] == last]
    near = elsewhere[:1] or difflib.get_close_matches(key, names, n=1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _own_settings() -> tuple[Settings, list[str]]:
    try:
        return settings.load(), []
    except SettingsError as error:
        return Settings(), error.what.split("\n")


def _preset(name: str) -> tuple[dict[str, Any], list[str]]:
    try:
        return preset_table(name), []
    except SettingsError as error:
        return {}, [f"{error.what} ({error.fix})"]


def _with_settings(night: NightConfig, own: Settings) -> NightConfig:
    """With the user's settings for what was left open; the critic's follow by themselves."""
    rollout = night.rollout.model_copy(
        update={
            "step_prompt": night.rollout.step_prompt or own.policy.prompt,
            "proof_prompt": night.rollout.proof_prompt or own.policy.proof_prompt,
        }
    )
    model = night.model.model_copy(update={"base": night.model.base or own.policy.model})
    data = night.data.model_copy(
        update={"excluded": tuple(dict.fromkeys([*night.data.excluded, *own.store.excluded]))}
    )
    return night.model_copy(update={"rollout": rollout, "model": model, "data": data})


def _absolute(source: Source) -> dict[str, Any]:
    """The file's table with its paths taken from the file's own folder."""
    if source.path is None:
        return source.table
    folder = source.path.resolve().parent

    def resolve(path: object) -> object:
        return str(folder / Path(path).expanduser()) if isinstance(path, str) and path else path

    table = merged(source.table)
    for key in _PATHS:
        section, _, name = key.partition(".")
        if isinstance(part := table.get(section), dict) and name in part:
            table[section] = {**part, name: resolve(part[name])}
    if isinstance(data := table.get("data"), dict):
        table["data"] = {**data, **_absolute_data(data, resolve)}
    return table


def _absolute_data(data: Mapping[str, Any], resolve: Callable[[object], object]) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    if isinstance(projects := data.get("projects"), list):
        changed["projects"] = [resolve(each) for each in projects]
    if isinstance(datasets := data.get("datasets"), list):
        changed["datasets"] = [
            {**d, **{k: resolve(d[k]) for k in ("path", "project") if k in d}}
            if isinstance(d, dict)
            else d
            for d in datasets
        ]
    return changed


def _all(problems: list[str], fix: str = _FIX) -> SettingsError:
    return SettingsError("\n".join(dict.fromkeys(problems)), fix=fix or _FIX)
