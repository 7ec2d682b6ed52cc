"""Makes `vscode-extension/test/e2e/data/recorded` anew: what the extension's scenarios ask of Lean.

    .venv/bin/python scripts/record_extension.py

Asks a live Lean through `fd-server` for what the scenarios will ask for in the workbench, so that
they run where there is no Lean. Run it again when a scenario's file or what is typed in it changes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
DATA = ROOT / "vscode-extension" / "test" / "e2e" / "data"
SCRIPT = Path(sys.executable).with_name("fd-server")
SECONDS = 12.0
LONG_LINES = 3000
"""As in window.e2e.ts."""
WRITTEN = {
    "Override.lean": ("exact Or.inr True.intro",),
    "Cycle.lean": (),
    "Ghost.lean": ("simp",),
    "Listed.lean": (),
    "Refuse.lean": (),
    "Alpha.lean": (),
    "Killed.lean": (),
}
"""Files whose first theorem goes on in a fresh line; what the user writes there."""


class Peer:
    """As much of an LSP client as is needed here."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._server = subprocess.Popen(
            [SCRIPT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self._next = 0
        self.ask("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        self.tell("initialized", {})

    def tell(self, method: str, params: object) -> None:
        """A notification."""
        self._send({"method": method, "params": params})

    def ask(self, method: str, params: object) -> Any:
        """A request; its error ends the recording."""
        self._next += 1
        self._send({"id": self._next, "method": method, "params": params})
        while True:
            message = self._read()
            if message.get("id") == self._next and "method" not in message:
                if "error" in message:
                    sys.exit(f"{method}: {message['error']}")
                return message.get("result")

    def close(self) -> None:
        """End politely: what was recorded is on the disk then."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        self._server.wait(60)

    def _send(self, message: dict[str, object]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._server.stdin is not None
        self._server.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._server.stdin.flush()

    def _read(self) -> dict[str, Any]:
        assert self._server.stdout is not None
        length = 0
        while line := self._server.stdout.readline().strip():
            if line.lower().startswith(b"content-length"):
                length = int(line.split(b":")[1])
        return dict(json.loads(self._server.stdout.read(length)))


def main() -> None:
    """Record into a scratch folder, then replace what is there."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        project = shutil.copytree(DATA / "project", folder / "project")
        _write_long(project)
        clean = {
            "FD_DATA_DIR": scratch,
            "FD_CONFIG": f"{scratch}/none.toml",
            "FD_CACHE_DIR": scratch,
        }
        recorded = folder / "recorded"
        peer = Peer({**os.environ, **clean, "FD_RECORD_LEAN": str(recorded)})
        for name, written in {**WRITTEN, "Long.lean": ()}.items():
            _ghost(peer, project / name, written)
        for file in sorted(project.glob("*.lean")):
            if "sorry" in file.read_text() and file.name != "Open.lean":
                _prove(peer, file)
        peer.close()
        if not (recorded / "lean.jsonl").exists():
            sys.exit("nothing was recorded. Fix: it needs a live Lean, and no FD_RECORDED_LEAN.")
        (DATA / "recorded").mkdir(exist_ok=True)
        shutil.copy(recorded / "lean.jsonl", DATA / "recorded")
        print(f"{(recorded / 'lean.jsonl').stat().st_size} bytes")


def _write_long(project: Path) -> None:
    head = [f"theorem line_{n} : {n} = {n} := rfl" for n in range(LONG_LINES)]
    last = "theorem last (p q : Prop) (h : p ∧ q) : q ∧ p := by"
    (project / "Long.lean").write_text("\n".join([*head, last, ""]))


def _ghost(peer: Peer, file: Path, written: tuple[str, ...]) -> None:
    lines = file.read_text().split("\n")
    at = next(n for n, line in enumerate(lines) if line.endswith(":= by")) + 1
    text = "\n".join([*lines[:at], "  ", *lines[at:]])
    place = _open(peer, file, text, at, 2)
    found = _suggest(peer, place)
    for own in written:
        print("   ", peer.ask("fd/whyNot", {**place, "text": own})["verdict"]["kind"], own)
    print(file.name, [item["text"] for item in found][:4])


def _prove(peer: Peer, file: Path) -> None:
    """Each `sorry` as the quick fix, the panel and the lenses ask, in the order of `Prove all`."""
    text = file.read_text()
    _open(peer, file, text, 0, 0)
    for line, content in enumerate(text.split("\n")):
        if content.strip() == "sorry":
            place = {"uri": file.as_uri(), "position": {"line": line, "character": 2}}
            _suggest(peer, place)
            result = peer.ask("fd/prove", {**place, "seconds": 30})
            print(file.name, line + 1, result.get("proof"), (result.get("audit") or {}).get("kind"))


def _open(peer: Peer, file: Path, text: str, line: int, character: int) -> dict[str, Any]:
    document = {"uri": file.as_uri(), "languageId": "lean4", "version": 1, "text": text}
    peer.tell("textDocument/didOpen", {"textDocument": document})
    return {"uri": file.as_uri(), "position": {"line": line, "character": character}}


def _suggest(peer: Peer, place: dict[str, Any]) -> list[dict[str, Any]]:
    asked = {**place, "seconds": SECONDS, "limit": 40, "includeFailed": True}
    return list(peer.ask("fd/suggest", asked)["candidates"])


if __name__ == "__main__":
    main()
