"""What the editor on the other side can do and wants: read once, at `initialize`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from fd_core.errors import SettingsError
from fd_core.protocol import Wire
from lsprotocol import types
from pydantic import ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from fd_server.documents import path_of
from fd_server.position import negotiate


class Options(Wire):
    """`initializationOptions`."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")

    command_suffix: str = ""
    """Appended to every command id, so that two clients in one editor do not collide."""
    trusted: bool = True
    """False in a workspace the user does not trust: then no Lean is started there."""
    notifications: bool = True
    """False for clients that complain about `fd/…` notifications."""
    warm: Literal["open", "edit"] = "open"
    """When Lean loads a file's imports ahead of the first question: `edit` spares who only reads."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """The same tables as in the configuration file."""


@dataclass(frozen=True, slots=True)
class Client:
    """One editor."""

    name: str = ""
    encoding: str = "utf-16"
    roots: tuple[Path, ...] = ()
    options: Options = field(default_factory=Options)
    progress: bool = False
    apply_edit: bool = False
    llm_tag: bool = False
    lazy_action_edits: bool = False
    action_literals: bool = True
    versioned_edits: bool = True
    markdown: bool = True
    message_requests: bool = True
    pulls_configuration: bool = False
    watches_files: bool = False
    refreshes_lenses: bool = False


def read(params: types.InitializeParams) -> Client:
    """The client behind `initialize`. Raises SettingsError for options of a wrong shape."""
    caps = params.capabilities
    text = caps.text_document or types.TextDocumentClientCapabilities()
    workspace = caps.workspace or types.WorkspaceClientCapabilities()
    window = caps.window or types.WindowClientCapabilities()
    offered = caps.general.position_encodings if caps.general else None
    action = text.code_action or types.CodeActionClientCapabilities()
    tags = getattr(action, "tag_support", None)
    resolve = action.resolve_support
    edit = workspace.workspace_edit
    watch = workspace.did_change_watched_files
    return Client(
        name=params.client_info.name if params.client_info else "",
        encoding=negotiate([str(getattr(e, "value", e)) for e in offered] if offered else None),
        roots=_roots(params),
        options=_options(params.initialization_options),
        progress=bool(window.work_done_progress),
        apply_edit=bool(workspace.apply_edit),
        llm_tag=tags is not None and types.CodeActionTag.LlmGenerated in tags.value_set,
        lazy_action_edits=resolve is not None and "edit" in resolve.properties,
        action_literals=action.code_action_literal_support is not None,
        versioned_edits=edit is not None and bool(edit.document_changes),
        message_requests=params.client_info is not None,
        pulls_configuration=bool(workspace.configuration),
        watches_files=watch is not None and bool(watch.dynamic_registration),
        refreshes_lenses=workspace.code_lens is not None
        and bool(workspace.code_lens.refresh_support),
    )


def _roots(params: types.InitializeParams) -> tuple[Path, ...]:
    uris = [folder.uri for folder in params.workspace_folders or []]
    if not uris and params.root_uri:
        uris = [params.root_uri]
    return tuple(path for uri in uris if (path := path_of(uri)) is not None)


def _options(given: object) -> Options:
    if given is None:
        return Options()
    if not isinstance(given, Mapping):
        raise SettingsError("initializationOptions is not an object", fix="Send an object.")
    try:
        return Options.model_validate(dict(given))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SettingsError(
            f"initializationOptions: `{where}`: {first['msg'].lower()}",
            fix="See docs/lsp-extensions.md.",
        ) from error
