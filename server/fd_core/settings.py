"""Settings: what can be configured, checked at once, with errors that name file, key and fix.

Read in this order, later wins: defaults, the user's file, the project's `.fd-prover.toml`,
environment variables `FD_<SECTION>__<KEY>`. A project's file may not set what names programs,
endpoints or places that receive data (`TRUSTED_ONLY`), unless the user trusts that project.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from fd_core import locations
from fd_core.errors import SettingsError

TRUSTED_ONLY = frozenset(
    {"lean.executable", "lean.sandbox", "policy.endpoint", "policy.api_key_env", "policy.model",
     "policy.adapter", "store.path", "store.consent", "store.sources", "critic.kind",
     "critic.endpoint", "critic.model", "critic.api", "critic.api_key_env"}
)  # fmt: skip
PROJECT_FILE = ".fd-prover.toml"

Seconds = Annotated[float, Field(gt=0, le=86_400)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LeanSettings(_Section):
    """Lean processes that check for us. The user's own Lean server is never touched."""

    executable: Path | None = Field(None, description="A `lean` to use instead of the one found.")
    threads: int = Field(0, ge=0, description="`lean -j`; 0 leaves the choice to Lean.")
    memory_mb: int = Field(
        0, ge=0, description="Limit per Lean process; 0 picks half of the memory."
    )
    max_checks: int = Field(2_000, ge=1, description="A worker is renewed after this many batches.")
    idle_s: Seconds = Field(600, description="A worker unused for this long is released.")
    no_progress_s: Seconds = Field(60, description="Lean silent for this long is started anew.")
    candidate_s: Seconds = Field(5, description="Wall time per candidate.")
    candidate_heartbeats: int = Field(
        40_000, ge=1, description="`maxHeartbeats` per candidate, in thousands as Lean counts them."
    )
    audit_s: Seconds = Field(300, description="Wall time for the audit of a whole declaration.")
    sandbox: Literal["auto", "required", "off"] = Field(
        "auto",
        description="Audit inside bubblewrap (Linux): where it works, always or not at all, or never.",
    )


class PolicySettings(_Section):
    """What proposes candidates beside Lean's own automation, which is always on."""

    kind: Literal["none", "openai_compatible", "transformers_local"] = Field(
        "none", description="No model, one behind HTTP (vLLM, Ollama, hosted), or one in process."
    )
    endpoint: str = Field("http://127.0.0.1:8000/v1", description="Base URL of the endpoint.")
    api: Literal["completions", "chat"] = Field(
        "completions", description="Which of the endpoint's two interfaces is used."
    )
    model: str = Field("", description="Model name at the endpoint, or hub name or folder.")
    adapter: Path | None = Field(
        None, description="PEFT adapter folder; default: the promoted one."
    )
    api_key_env: str = Field("", description="Environment variable that holds the key.")
    prompt: str = Field("fd-tactic-1", description="Prompt format for steps.")
    proof_prompt: str = Field("fd-proof-1", description="Prompt format for whole proofs.")
    samples: int = Field(8, ge=1, le=256, description="Candidates asked for at a state.")
    temperature: float = Field(0.9, ge=0, le=2, description="0 takes the likeliest only.")
    max_tokens: int = Field(128, ge=1, le=32_768, description="Length of a step at most.")
    proof_max_tokens: int = Field(
        1_024, ge=1, le=65_536, description="Length of a whole proof at most."
    )
    timeout_s: Seconds = Field(30, description="Wait for the model at most this long.")

    def api_key(self, environment: Mapping[str, str] = os.environ) -> SecretStr:
        """The key, wrapped so that it can't reach a log."""
        key = environment.get(self.api_key_env, "") if self.api_key_env else ""
        return SecretStr(key.strip())  # a file that is read into a variable ends in a line end


class SuggestSettings(_Section):
    """Suggestions in an editor."""

    inline: Literal["step", "proof", "off"] = Field("step", description="What ghost text offers.")
    budget_s: Seconds = Field(2.0, description="From cursor stop to the last item.")
    first_s: Seconds = Field(0.8, description="Answer with what is there after this long.")
    limit: int = Field(5, ge=1, le=50, description="Items shown at most.")
    progressed: bool = Field(True, description="Offer steps that progress, too.")
    speculate: bool = Field(True, description="Work ahead on the goals after the top item.")


class SearchSettings(_Section):
    """Proof search."""

    nodes: int = Field(400, ge=1, description="States expanded at most.")
    seconds: Seconds = Field(60, description="Wall time of a search.")
    width: int = Field(24, ge=1, le=256, description="Candidates asked for at each node.")
    minimise: bool = Field(True, description="Shorten a proof that was found.")


class CriticSettings(_Section):
    """Who comments on failed attempts during a night of training (read by `fd-trainer`)."""

    kind: Literal["lean_messages", "rules", "language_model", "self", "user", "constant"] = Field(
        "lean_messages",
        description="Lean's own messages, advice by rule, a language model, the untrained policy "
        "itself, your own proofs, or one fixed text (for experiments).",
    )
    endpoint: str = Field("", description="Base URL of the language model; goals are sent there.")
    api: Literal["openai", "anthropic"] = Field(
        "openai", description="Its dialect: OpenAI's chat completions, or Anthropic's messages."
    )
    model: str = Field("", description="Its name at that endpoint.")
    api_key_env: str = Field("", description="Environment variable that holds the key.")


class StoreSettings(_Section):
    """Records of what was offered and what became of it. They never leave this machine."""

    consent: Literal["ask", "yes", "no"] = Field(
        "ask", description="May decisions be recorded? `ask` asks once and keeps the answer."
    )
    path: Path | None = Field(None, description="Default: events.db in the data folder.")
    excluded: tuple[str, ...] = Field((), description="Folders whose files are never recorded.")
    sources: bool = Field(
        True,
        description="Keep the text above a declaration with its records; without it the night finds"
        " a place only in a file that did not change.",
    )

    @property
    def file(self) -> Path:
        """Where decisions are written, and read from."""
        return self.path or locations.store_file()


class Settings(_Section):
    """Everything that can be configured."""

    lean: LeanSettings = LeanSettings()
    policy: PolicySettings = PolicySettings()
    suggest: SuggestSettings = SuggestSettings()
    search: SearchSettings = SearchSettings()
    store: StoreSettings = StoreSettings()
    critic: CriticSettings = CriticSettings()
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="What goes to stderr."
    )
    trusted_projects: tuple[Path, ...] = Field(
        (), description="Projects whose own file may name programs and endpoints."
    )


def load(
    project: Path | None = None,
    *,
    environment: Mapping[str, str] = os.environ,
    overrides: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings for a project (or none). Raises SettingsError listing every problem at once."""
    user = _read(locations.config_file())
    tables = [(str(locations.config_file()), user)]
    if project is not None and (file := project / PROJECT_FILE).exists():
        local = _read(file)
        trusting = _validate(str(locations.config_file()), user).trusted_projects
        if project.resolve() not in map(_resolved, trusting):
            _refuse_untrusted(file, local)
        tables.append((str(file), local))
    tables.append(("environment", _from_environment(environment)))
    tables.append(("options", dict(overrides or {})))
    merged: dict[str, Any] = {}
    for source, table in tables:
        _validate(source, table)
        _merge(merged, table)
    return _validate("settings", merged)


def _resolved(project: Path) -> Path:
    """In full; a home that nobody has stays as it was written, and is no project."""
    try:
        return project.expanduser().resolve()
    except RuntimeError:
        return project


def check_file(file: Path) -> Settings:
    """What one file alone sets. Raises SettingsError listing every problem."""
    return _validate(str(file), _read(file))


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}", fix="Make the file readable UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: not TOML: {error}", fix="Correct that line.") from error


def _refuse_untrusted(file: Path, table: Mapping[str, Any]) -> None:
    named = sorted(TRUSTED_ONLY & set(_keys(table)) | ({"trusted_projects"} & set(table)))
    if named:
        raise SettingsError(
            f"{file} sets {', '.join(named)}, which a project may not set",
            fix=f"Move it to {locations.config_file()}, or add this project to trusted_projects there.",
        )


def _keys(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _keys(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}"


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for name, value in environment.items():
        section, mark, key = name.lower().removeprefix("fd_").partition("__")
        if name.startswith("FD_") and mark:
            table.setdefault(section, {})[key] = value
    return table


def _merge(into: dict[str, Any], table: Mapping[str, Any]) -> None:
    for key, value in table.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value


def _validate(source: str, table: Mapping[str, Any]) -> Settings:
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        problems = [_problem(source, item["loc"], item) for item in error.errors()]
        raise SettingsError(
            "\n".join(problems), fix="`fd-server config schema` lists every key."
        ) from error


def _problem(source: str, where: tuple[int | str, ...], item: Mapping[str, Any]) -> str:
    key = ".".join(map(str, where))
    if item["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, list(_keys(Settings().model_dump())), n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        return f"{source}: no setting `{key}`{hint}"
    return f"{source}: `{key}`: {item['msg'].lower()}, not {item.get('input')!r}"
