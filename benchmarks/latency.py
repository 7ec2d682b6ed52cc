"""What a user waits for, through LSP over stdio, as an editor sees it.

    python benchmarks/latency.py [--goals 112] [--strokes 20] [--starts 7]

- Cursor stop → first shown item: each goal of `data/goals.lean` in turn is opened by an edit (`by`
  and an empty line), and ghost text is asked for once, as an editor does. Warm: Lean has loaded the
  header and stands at the goal before. No model, no records: nothing is remembered but what the same
  run met. Goals where the one answer is empty count as not answered, and not in the percentiles.
- Keystroke → stopped: while candidates stream for a goal that takes long, one edit; then until the
  last message about it arrives, and until Lean's processes use no more CPU time.
- Starts: from starting the process to the answer of `initialize`, and to the end of `--help`.

Needs a Lean; take it while nothing else runs.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from fd_core.proof import Document
from fd_core.sites import open_sites
from fd_server.commands.peer import Peer

GOALS = Path(__file__).with_name("data") / "goals.lean"
SERVER = Path(sys.executable).with_name("fd-server")
LONG = "theorem long (f : Nat → Nat) (h : ∀ n, f (n + 1) = f n + 2) : f 40 = f 0 + 80 := by\n  \n"
PATIENCE_S = 120.0
IDLE_AFTER_S = 0.3
"""No CPU time used for this long is idle."""


@dataclass
class Wire:
    """A server, and when each message came."""

    peer: Peer
    uri: str
    heard: list[tuple[float, str]] = field(default_factory=list)
    status: dict[str, Any] = field(default_factory=dict)
    version: int = 1

    def note(self, method: str, params: dict[str, Any]) -> None:
        """Keep when a notification came."""
        self.heard.append((time.perf_counter(), method))
        if method == "fd/status":
            self.status = params

    def open(self, text: str) -> None:
        """didOpen."""
        item = {"uri": self.uri, "version": 1, "languageId": "lean4", "text": text}
        self.peer.notify("textDocument/didOpen", {"textDocument": item})

    def change(self, text: str) -> None:
        """didChange, whole text."""
        self.version += 1
        identifier = {"uri": self.uri, "version": self.version}
        changes = {"textDocument": identifier, "contentChanges": [{"text": text}]}
        self.peer.notify("textDocument/didChange", changes)

    async def ghost(self, line: int, column: int) -> list[Any]:
        """Ask for ghost text once; its items."""
        asked = {
            "textDocument": {"uri": self.uri}, "context": {"triggerKind": 2},
            "position": {"line": line, "character": column},
        }  # fmt: skip
        answer = await self.peer.request("textDocument/inlineCompletion", asked, PATIENCE_S)
        return list(answer["items"])

    async def warm(self, line: int, column: int) -> None:
        """Until Lean has loaded the header."""
        place = {"uri": self.uri, "position": {"line": line, "character": column}}
        await self.peer.request("fd/goals", place, PATIENCE_S)


async def started(folder: Path) -> Wire:
    """A server on a project without Lake."""
    os.environ |= {"FD_DATA_DIR": str(folder / "data"), "FD_CONFIG": str(folder / "config.toml")}
    os.environ["FD_STORE__CONSENT"] = "no"
    uri = (folder / "Bench.lean").as_uri()
    holder: list[Wire] = []

    def heard(method: str, params: dict[str, Any]) -> None:
        holder[0].note(method, params)

    peer = await Peer.start(folder, heard)
    holder.append(Wire(peer, uri))
    asked = {
        "processId": os.getpid(), "rootUri": folder.as_uri(),
        "initializationOptions": {"settings": {"log_level": os.environ.get("LAT_LOG", "info")}},
        "capabilities": {"general": {"positionEncodings": ["utf-32"]}},
    }  # fmt: skip
    await peer.request("initialize", asked, 60)
    peer.notify("initialized", {})
    return holder[0]


def opened(text: str) -> list[tuple[str, int]]:
    """The file up to each goal, with that goal's `sorry` taken out; and the line of the cursor."""
    document = Document("file:///goals.lean", 1, text)
    found = []
    for _, site in open_sites(document):
        head = text[: document.offset(site.range.start)].rstrip() + "\n  "
        found.append((head, head.count("\n")))
    return found


async def first_items(wire: Wire, goals: list[tuple[str, int]]) -> list[float]:
    """Milliseconds to a shown item, for each goal that was answered."""
    wire.open(goals[0][0])
    await wire.warm(goals[0][1], 2)
    times = []
    for text, line in goals[1:]:
        wire.change(text)
        began = time.perf_counter()
        items = await wire.ghost(line, 2)
        spent = (time.perf_counter() - began) * 1000
        if items:
            times.append(spent)
        # What this goal still has running must not slow the next one: the user has stopped typing.
        await settled(wire)
    return times


async def settled(wire: Wire) -> None:
    """Until the engine thinks no more."""
    for _ in range(200):
        status = await wire.peer.request("fd/getStatus", {}, PATIENCE_S)
        if status["state"] != "thinking":
            return
        await asyncio.sleep(0.05)


async def keystrokes(wire: Wire, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds from an edit to the last message about what was asked before, and to Lean idle."""
    silent, idle = [], []
    wire.change(LONG)
    await wire.warm(1, 2)
    for number in range(count):
        place = {"uri": wire.uri, "position": {"line": 1, "character": 2}}
        asked = {**place, "token": f"t{number}", "seconds": 30, "includeFailed": True}
        asking = asyncio.create_task(wire.peer.request("fd/suggest", asked, PATIENCE_S))
        await asyncio.sleep(0.2 + 0.15 * (number % 10))
        before = len(wire.heard)
        began = time.perf_counter()
        wire.change(LONG.replace("\n  \n", f"\n  skip -- {number}\n  \n"))
        quiet = asyncio.create_task(until_idle(began))
        await asyncio.gather(asking, return_exceptions=True)  # "the text changed" is the answer
        last = max(
            [
                time.perf_counter(),
                *(at for at, name in wire.heard[before:] if name == "fd/candidates"),
            ]
        )
        silent.append((last - began) * 1000)
        idle.append(await quiet)
        wire.change(LONG)
    return silent, idle


async def until_idle(began: float) -> float:
    """Milliseconds until Lean's processes used CPU time for the last time."""
    last, used = began, _cpu()
    while time.perf_counter() - last < IDLE_AFTER_S:
        await asyncio.sleep(0.01)
        now = _cpu()
        if now > used:
            last, used = time.perf_counter(), now
        if last - began > 10:
            break
    return (last - began) * 1000


def _cpu() -> float:
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        try:
            if "lean" in process.name():
                total += sum(process.cpu_times()[:2])
        except psutil.NoSuchProcess:
            continue
    return total


def starts(count: int, folder: Path) -> tuple[list[float], list[float]]:
    """Milliseconds to the answer of `initialize`, and of `--help`."""
    asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}
    body = json.dumps(asked).encode()
    greeting, manual = [], []
    for _ in range(count):
        began = time.perf_counter()
        with subprocess.Popen(
            [SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=folder,
        ) as server:  # fmt: skip
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            server.stdin.flush()
            server.stdout.readline()
            greeting.append((time.perf_counter() - began) * 1000)
            server.stdin.close()
        began = time.perf_counter()
        subprocess.run([SERVER, "--help"], capture_output=True, check=True, cwd=folder)
        manual.append((time.perf_counter() - began) * 1000)
    return greeting, manual


def share(values: list[float], part: float) -> float:
    """A quantile, by the nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


async def measure(goals: int, strokes: int, lean_starts: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        greeting, manual = starts(lean_starts, folder)
        wire = await started(folder)
        try:
            every = opened(GOALS.read_text(encoding="utf-8"))[: goals + 1]
            times, asked = await first_items(wire, every), len(every) - 1
            silent, idle = await keystrokes(wire, strokes)
            lean = wire.status.get("lean", "")
        finally:
            await wire.peer.aclose()
    print(f"fd-prover {version('fd-prover')}, {lean}, {os.cpu_count()} cores\n")
    print("| what | p50 | p95 | of | bar |\n|---|---|---|---|---|")
    print(_row("cursor stop → first shown item, ms", times, "≤ 300 / ≤ 1000",
               f"{len(times)} of {asked} goals answered ({len(times) / asked:.0%})"))  # fmt: skip
    print(_row("keystroke → server stops sending, ms", silent, "≤ 50", f"{len(silent)} edits"))
    print(_row("keystroke → Lean idle, ms", idle, "≤ 1000", f"{len(idle)} edits"))
    print(_row("start → `initialize` answered, ms", greeting, "≤ 2000", f"{len(greeting)} starts"))
    print(_row("`--help`, ms", manual, "≤ 400", f"{len(manual)} starts"))


def _row(what: str, values: list[float], bar: str, of: str) -> str:
    if not values:
        return f"| {what} | – | – | {of} | {bar} |"
    return (
        f"| {what} | {statistics.median(values):.0f} | {share(values, 0.95):.0f} | {of} | {bar} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--goals", type=int, default=112)
    parser.add_argument("--strokes", type=int, default=20)
    parser.add_argument("--starts", type=int, default=7)
    given = parser.parse_args()
    asyncio.run(measure(given.goals, given.strokes, given.starts))


if __name__ == "__main__":
    main()
