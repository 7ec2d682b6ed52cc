"""An LSP client over a real server process: pygls's own client, with what a test needs to see."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.client import BaseLanguageClient

FAKE_SERVER = Path(__file__).parent / "fake_server.py"


class Editor(BaseLanguageClient):
    """A client that keeps what the server says, and answers its requests."""

    def __init__(self) -> None:
        from fd_server.transport import plain_converter

        super().__init__("test-editor", "1", converter_factory=plain_converter)
        self.notes: list[tuple[str, Any]] = []
        self.shown: list[str] = []
        self.applied: list[types.ApplyWorkspaceEditParams] = []
        self.progress_values: list[Any] = []
        self.answer_to_question: str | None = None
        self.questions: list[str] = []
        self.news = asyncio.Event()
        self._bind()

    def _bind(self) -> None:
        for name in ("fd/status", "fd/candidates", "fd/searchEvent"):
            self.feature(name)(self._keeper(name))

        @self.feature(types.WINDOW_SHOW_MESSAGE)
        def show(params: types.ShowMessageParams) -> None:
            self.shown.append(params.message)
            self.news.set()

        @self.feature(types.WINDOW_SHOW_MESSAGE_REQUEST)
        def ask(params: types.ShowMessageRequestParams) -> types.MessageActionItem | None:
            self.questions.append(params.message)
            choice = self.answer_to_question
            return next((a for a in params.actions or [] if a.title == choice), None)

        @self.feature(types.WORKSPACE_APPLY_EDIT)
        def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
            self.applied.append(params)
            return types.ApplyWorkspaceEditResult(applied=True)

        @self.feature(types.WINDOW_WORK_DONE_PROGRESS_CREATE)
        def progress(params: types.WorkDoneProgressCreateParams) -> None: ...

        @self.feature(types.PROGRESS)
        def progressed(params: types.ProgressParams) -> None:
            self.progress_values.append(params.value)

        @self.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None: ...

        @self.feature(types.WORKSPACE_CODE_LENS_REFRESH)
        def refresh(*_: Any) -> None: ...

    def _keeper(self, name: str) -> Any:
        def keep(params: Any) -> None:
            self.notes.append((name, params))
            self.news.set()

        return keep

    def states(self) -> list[str]:
        """The engine states told so far."""
        return [params["state"] for name, params in self.notes if name == "fd/status"]

    async def until(self, true: Any, seconds: float = 20) -> None:
        """Wait until a condition on what arrived holds."""
        async with asyncio.timeout(seconds):
            while not true():
                await asyncio.sleep(0.02)

    async def ask(self, method: str, params: Any = None) -> Any:
        """A custom request, answered as plain data."""
        return await self.protocol.send_request_async(method, params)

    async def ask_raw(self, method: str, params: Any) -> Any:
        """A request exactly as given, however wrong; answered as plain data."""
        self._raw = getattr(self, "_raw", 0) + 1
        future: Future[Any] = Future()
        self.protocol._request_futures[f"raw-{self._raw}"] = future
        message = {"jsonrpc": "2.0", "id": f"raw-{self._raw}", "method": method, "params": params}
        self.send_bytes(json.dumps(message).encode())
        return await asyncio.wrap_future(future)

    def send_bytes(self, body: bytes) -> None:
        """One message, whatever it holds."""
        assert self.protocol.writer is not None
        self.protocol.writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    async def begin(
        self, *, root: Path | None = None, encodings: list[str] | None = None,
        options: dict[str, Any] | None = None, capabilities: types.ClientCapabilities | None = None,
    ) -> types.InitializeResult:  # fmt: skip
        """initialize and initialized."""
        caps = capabilities or full_capabilities()
        if encodings is not None:
            caps.general = types.GeneralClientCapabilities(position_encodings=encodings)  # type: ignore[arg-type]
        result = await self.initialize_async(
            types.InitializeParams(
                capabilities=caps,
                process_id=os.getpid(),
                initialization_options=options,
                root_uri=root.as_uri() if root else None,
                client_info=types.ClientInfo("test-editor"),
            )
        )
        self.initialized(types.InitializedParams())
        return result

    def open(self, path: Path, text: str, version: int = 1) -> str:
        """didOpen; returns the uri."""
        uri = path.as_uri()
        item = types.TextDocumentItem(uri, "lean4", version, text)
        self.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def replace_all(self, uri: str, version: int, text: str) -> None:
        """didChange with the whole text."""
        change = types.TextDocumentContentChangeWholeDocument(text)
        identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=version)
        self.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def edit(
        self, uri: str, version: int, start: tuple[int, int], end: tuple[int, int], text: str
    ) -> None:
        """didChange of one range."""
        where = types.Range(types.Position(*start), types.Position(*end))
        change = types.TextDocumentContentChangePartial(range=where, text=text)
        identifier = types.VersionedTextDocumentIdentifier(uri=uri, version=version)
        self.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    async def ghosts(
        self, uri: str, line: int, character: int,
        selected: types.SelectedCompletionInfo | None = None,
    ) -> list[types.InlineCompletionItem]:  # fmt: skip
        """Inline completion items."""
        context = types.InlineCompletionContext(
            types.InlineCompletionTriggerKind.Automatic, selected
        )
        answer = await self.text_document_inline_completion_async(
            types.InlineCompletionParams(
                context, types.TextDocumentIdentifier(uri), types.Position(line, character)
            )
        )
        return list(getattr(answer, "items", answer) or [])

    async def stop(self) -> None:
        """End the server, politely if it still listens; whatever the test left behind."""
        server = self._server
        if server is not None and server.returncode is None:
            try:
                await asyncio.wait_for(self.end(), 10)
            except (TimeoutError, RuntimeError):
                server.kill()
        await super().stop()

    async def end(self) -> int:
        """shutdown, exit; the exit code."""
        await self.shutdown_async(None)
        self.exit(None)
        assert self._server is not None
        return await asyncio.wait_for(self._server.wait(), 20)


def full_capabilities() -> types.ClientCapabilities:
    """What a modern editor offers."""
    return types.ClientCapabilities(
        text_document=types.TextDocumentClientCapabilities(
            code_action=types.CodeActionClientCapabilities(
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions(["quickfix"])
                ),
                tag_support=types.CodeActionTagOptions([types.CodeActionTag.LlmGenerated]),
            ),
        ),
        workspace=types.WorkspaceClientCapabilities(
            apply_edit=True,
            workspace_edit=types.WorkspaceEditClientCapabilities(document_changes=True),
        ),
        window=types.WindowClientCapabilities(
            work_done_progress=True,
            show_message=types.ShowMessageRequestClientCapabilities(),
        ),
    )


async def start_fake(script: dict[str, Any], data: Path, **environment: str) -> Editor:
    """A client connected to the real server on fake ports."""
    editor = Editor()
    given = {
        **os.environ, "FD_FAKES": json.dumps(script), "FD_DATA_DIR": str(data),
        "FD_CONFIG": str(data / "config.toml"), **environment,
    }  # fmt: skip
    await editor.start_io(sys.executable, str(FAKE_SERVER), env=given)
    return editor


async def start_real(data: Path, **environment: str) -> Editor:
    """A client connected to `fd-server --stdio` as installed."""
    editor = Editor()
    given = {
        **os.environ, "FD_DATA_DIR": str(data), "FD_CONFIG": str(data / "config.toml"),
        **environment,
    }  # fmt: skip
    script = Path(sys.executable).parent / "fd-server"
    await editor.start_io(str(script), "--stdio", env=given)
    return editor
