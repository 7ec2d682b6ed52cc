"""`fd-tui` in a real terminal (a pty read by a terminal emulator), against what a user has at hand.

Rows: first picture (beside Neovim on the same file), a file with 200 `sorry`s listed (beside
`fd-server board`), key to paint while a search of 10,000 nodes streams in (beside the same app at
rest), memory of the app with that tree. Medians of several runs in one go.

    .venv/bin/python benchmarks/terminal.py [--runs 5]

Needs pyte (pip install pyte), a terminal emulator in Python.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil
import pyte

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
SIZE = (120, 40)
BAR = "▌"
"""How a list shows its cursor."""
FEEDER = Path(__file__).parent / "terminal_search.py"


class Screen:
    """A program in a pty, and what is on its screen."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> None:
        self.began = time.perf_counter()
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.execvpe(str(command[0]), list(map(str, command)), {**os.environ, **environment})
        size = struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, size)
        self._screen = pyte.Screen(*SIZE)
        self._stream = pyte.ByteStream(self._screen)

    def until(self, true: Callable[[list[str]], bool], seconds: float = 60) -> float:
        """Seconds from now until the screen satisfies a condition."""
        began = time.perf_counter()
        while not true(self._screen.display):
            if time.perf_counter() - began > seconds:
                raise TimeoutError("\n".join(self._screen.display))
            self.read(0.05)
        return time.perf_counter() - began

    def read(self, seconds: float) -> None:
        """Take what the program drew."""
        if select.select([self._fd], [], [], seconds)[0]:
            # pyte 0.8 stumbles over a private form of `CSI m` that Textual sends at its start.
            self._stream.feed(
                os.read(self._fd, 65_536).replace(b"\x1b[>4;1m", b"").replace(b"\x1b[>1u", b"")
            )

    def press(self, key: bytes) -> None:
        """One key."""
        os.write(self._fd, key)

    @property
    def display(self) -> list[str]:
        """The lines as they are."""
        return list(self._screen.display)

    def close(self) -> None:
        """End it."""
        for process in [
            *psutil.Process(self.pid).children(recursive=True),
            psutil.Process(self.pid),
        ]:
            process.kill()
        os.waitpid(self.pid, 0)
        os.close(self._fd)


def shows(text: str) -> Callable[[list[str]], bool]:
    """Whether some line holds a text."""
    return lambda lines: any(text in line for line in lines)


def start_to(command: Sequence[str | Path], text: str, environment: Mapping[str, str]) -> float:
    """Seconds from the start of a program to a text on its screen."""
    screen = Screen(command, environment)
    try:
        screen.until(shows(text))
        return time.perf_counter() - screen.began
    finally:
        screen.close()


def many_sorries(folder: Path, count: int = 200) -> Path:
    """A file with so many open goals."""
    (folder / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
    file = folder / "Many.lean"
    file.write_text(
        "".join(f"theorem t{n} (p : Prop) (h : p) : p := by\n  sorry\n\n" for n in range(count))
    )
    return file


def board_by_command(file: Path, environment: Mapping[str, str]) -> float:
    """Seconds of `fd-server board` on the same project."""
    began = time.perf_counter()
    subprocess.run([BIN / "fd-server", "board", file.parent], check=False, capture_output=True,
                   env={**os.environ, **environment})  # fmt: skip
    return time.perf_counter() - began


def key_to_paint(
    environment: Mapping[str, str], nodes: int, keys: int
) -> tuple[list[float], float]:
    """Seconds from each key to the moved cursor on the screen, and the app's memory in MB at the end."""
    screen = Screen([sys.executable, FEEDER, str(nodes)], environment)
    try:
        screen.until(shows("candidate 0"))
        screen.until(lambda lines: not nodes or shows("searching")(lines))
        took = [_one_key(screen, b"j" if at % 2 == 0 else b"k") for at in range(keys)]
        return took, psutil.Process(screen.pid).memory_info().rss / 2**20
    finally:
        screen.close()


def _one_key(screen: Screen, key: bytes) -> float:
    """Seconds until the cursor's bar stands on another line; then a twentieth of a second of rest."""

    def bars() -> list[int]:
        return [n for n, line in enumerate(screen.display) if BAR in line]

    before, began = bars(), time.perf_counter()
    screen.press(key)
    screen.until(lambda _: bars() != before, 10)
    took = time.perf_counter() - began
    rest = time.perf_counter() + 0.05
    while time.perf_counter() < rest:
        screen.read(0.01)
    return took


def line(name: str, ours: Sequence[float], theirs: Sequence[float], unit: str = "ms") -> None:
    """Median, 95th percentile and the ratio to the other one."""
    mine, other = statistics.median(ours), statistics.median(theirs) if theirs else 0.0
    tail = sorted(ours)[max(0, round(0.95 * len(ours)) - 1)]
    ratio = f"{mine / other:5.2f}x of {1000 * other:.0f} {unit}" if other else ""
    print(f"{name:<58} p50 {1000 * mine:6.0f} {unit}  p95 {1000 * tail:6.0f} {unit}  {ratio}")


def main() -> None:
    """All rows."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # what users install has its byte code
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {
            "FD_DATA_DIR": str(folder / "data"), "FD_CONFIG": str(folder / "config.toml"),
            "FD_RECORDED_LEAN": str(ROOT / "tests/data/lean/recorded"), "TERM": "xterm-256color",
            "COLORTERM": "truecolor", "LANG": "C.UTF-8",
        }  # fmt: skip
        project = folder / "project"
        project.mkdir()
        file = many_sorries(project)
        print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {runs} runs each")
        app = [BIN / "fd-tui", project]
        vim = [["nvim", "--clean", file]] if shutil.which("nvim") else []
        rows: dict[str, list[float]] = {"frame": [], "nvim": [], "listed": [], "board": []}
        for _ in range(runs):
            rows["frame"].append(start_to(app, "Board", environment))
            rows["nvim"] += [start_to(each, "theorem t0", environment) for each in vim]
            rows["listed"].append(start_to(app, "200 sorry", environment))
            rows["board"].append(board_by_command(file, environment))
        line("start to first frame (beside: nvim on the file)", rows["frame"], rows["nvim"])
        line("file with 200 sorrys listed (beside: fd-server board)", rows["listed"], rows["board"])
        quiet, small = key_to_paint(environment, 0, 60)
        busy, large = key_to_paint(environment, 10_000, 120)
        line("key to paint, search of 10,000 nodes (beside: no search)", busy, quiet)
        print(f"memory of the app: {large:.0f} MB with that tree, {small:.0f} MB without")


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
