"""Starting the server process: logging to stderr, transport, and a sure end."""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import NoReturn

from fd_core.errors import SettingsError

from fd_server.server import FdServer
from fd_server.transport import serve_stdio, serve_tcp
from fd_server.workbench import Parts

_SECRET = re.compile(r"(?i)\b(bearer\s+|api[_-]?key\W{1,3}|sk-)[\w.\-]{6,}")


class _NoSecrets(logging.Filter):
    """Keys of endpoints never reach the log, whoever logs them."""

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        cleaned = _SECRET.sub(r"\1…", text)
        if cleaned != text:
            record.msg, record.args = cleaned, ()
        return True


def serve(parts: Parts, *, tcp: str | None = None) -> NoReturn:
    """Serve one client on stdio, or on `tcp` = "HOST:PORT", and end the process."""
    _log_to_stderr()
    server = FdServer(parts)
    if tcp is None:
        code = serve_stdio(server, server.bench.aclose)
    else:
        host, port = _address(tcp)
        code = serve_tcp(server, host, port, server.bench.aclose)
    logging.shutdown()
    sys.stderr.flush()
    # A thread may wait for input that never comes; it must not keep the process.
    os._exit(code)


def _address(tcp: str) -> tuple[str, int]:
    host, mark, port = tcp.rpartition(":")
    if not mark or not port.isdigit() or int(port) > 65_535:
        raise SettingsError(f"--tcp {tcp}: not HOST:PORT", fix="Say for example 127.0.0.1:4000.")
    return host.strip("[]") or "127.0.0.1", int(port)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.addFilter(_NoSecrets())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("pygls").setLevel(logging.ERROR)  # its info level logs whole documents
