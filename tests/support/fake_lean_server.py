"""A FAKE `lean --server`: speaks Lean's LSP on stdio and reacts to magic words. It judges nothing.

Started as a process, so that crashes, silence and death are real. Per line of the document:
FAIL an error · STEP unsolved goals · BEATS out of heartbeats · PARSE, norm_num errors that end the text ·
HANG no answer until the next edit · CRASH the worker dies · DIE the server dies · STALE, HEADER the
imports are out of date, can't be loaded · FLOOD much on stderr ·
NOWHERE there is no proof. Options: `--log FILE` lists edits,
`--deaf` never drops a HANG.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

LOG = Path(sys.argv[sys.argv.index("--log") + 1]) if "--log" in sys.argv else None
DEAF = "--deaf" in sys.argv


def send(**message: Any) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    sys.stdout.buffer.flush()


def read() -> dict[str, Any] | None:
    size = 0
    while line := sys.stdin.buffer.readline().strip():
        size = int(line.split(b":")[1])
    if not size:
        return None
    message: dict[str, Any] = json.loads(sys.stdin.buffer.read(size))
    return message


def diagnostic(line: int, column: int, severity: int, text: str) -> dict[str, Any]:
    where = {
        "start": {"line": line, "character": column},
        "end": {"line": line, "character": column + 1},
    }
    tags = {"leanTags": [1]} if text.startswith("unsolved") else {}
    return {"range": where, "fullRange": where, "severity": severity, "message": text, **tags}


WORDS = {
    "FAIL": "it fails",
    "BEATS": "(deterministic) timeout at `whnf`, maximum number of heartbeats (200000) has been reached",
    "PARSE": "unexpected token 'PARSE'; expected ')'",
    "norm_num": "unknown tactic",
    "STALE": "Imports are out of date and must be rebuilt",
    "HEADER": "unknown module prefix 'HEADER'",
}


class Server:
    def __init__(self) -> None:
        self.text, self.version, self.uri = "", 0, ""
        self.state = "done"
        self.waiting: list[Any] = []

    def elaborate(self) -> None:
        self.state = "done"
        said: list[dict[str, Any]] = []
        by_line = next((n for n, t in enumerate(self.text.split("\n")) if ":= by" in t), 0)
        bullet = by_line
        for number, line in enumerate(self.text.split("\n")):
            if line.lstrip().startswith("· ("):
                bullet = number
            for word, text in WORDS.items():
                if word in line:
                    said.append(diagnostic(number, line.index(word), 1, text))
            if "STEP" in line:
                said.append(diagnostic(bullet, 0, 1, "unsolved goals\n⊢ after_step"))
            if "fd_mark" in line:
                said.append(
                    diagnostic(number, line.index("fd_mark"), 1, "Unknown identifier `fd_mark`")
                )
                self.publish(said)
            if line.startswith("#print axioms"):
                said.append(diagnostic(number, 0, 3, "'x' does not depend on any axioms"))
            if "FLOOD" in line:
                sys.stderr.write("flood\n" * 200_000)
                sys.stderr.flush()
            if "DIE" in line:
                os._exit(3)
            if "CRASH" in line or "HANG" in line:
                self.state = "crashed" if "CRASH" in line else "hung"
                self.publish(said)
                return
            if "PARSE" in line or "norm_num" in line:
                break
        self.publish(said)
        fatal = (
            [{"kind": 2, "range": diagnostic(0, 0, 1, "")["range"]}]
            if "HEADER" in self.text
            else []
        )
        send(method="$/lean/fileProgress", params={"textDocument": {"uri": self.uri, "version": self.version}, "processing": fatal})  # fmt: skip  # noqa: E501

    def publish(self, said: list[dict[str, Any]]) -> None:
        send(method="textDocument/publishDiagnostics", params={"uri": self.uri, "version": self.version, "diagnostics": said})  # fmt: skip  # noqa: E501

    def answer_waiting(self) -> None:
        if self.state == "hung":
            return
        for request in self.waiting:
            if self.state == "crashed":
                send(id=request, error={"code": -32902, "message": "Server process crashed"})
            else:
                send(id=request, result={})
        self.waiting.clear()

    def handle(self, message: dict[str, Any]) -> None:
        method, params = message.get("method"), message.get("params") or {}
        if method in ("textDocument/didOpen", "textDocument/didChange"):
            document = params["textDocument"]
            changes = params.get("contentChanges")
            self.text = changes[0]["text"] if changes else document["text"]
            self.version, self.uri = document["version"], document["uri"]
            if LOG:
                with LOG.open("a") as log:
                    log.write(json.dumps(self.text) + "\n")
            if not (DEAF and self.state == "hung"):
                self.elaborate()
            self.answer_waiting()
        elif method == "textDocument/waitForDiagnostics":
            self.waiting.append(message["id"])
            self.answer_waiting()
        elif method == "initialize":
            send(id=message["id"], result={"capabilities": {}})
        elif method == "$/lean/plainGoal":
            send(id=message["id"], result=self.goal(params["position"]))
        elif method == "$/lean/plainTermGoal":
            send(id=message["id"], result=None)
        elif "id" in message and method:
            send(id=message["id"], error={"code": -32601, "message": f"no {method}"})

    def goal(self, position: dict[str, int]) -> Any:
        line = self.text.split("\n")[position["line"]]
        if "NOWHERE" in self.text:
            return None
        if position["character"] < len(line):
            return {"goals": ["p : Prop\n⊢ p"], "rendered": ""}
        return {"goals": ["⊢ after_step"] if "STEP" in self.text else [], "rendered": ""}


def main() -> None:
    server = Server()
    while (message := read()) is not None:
        server.handle(message)


if __name__ == "__main__":
    main()
