"""A real terminal for tests: tmux, one server of its own a test, driven by keys, read by its screen."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import pytest

needs_tmux = pytest.mark.skipif(
    shutil.which("tmux") is None, reason="no tmux: install the system's package `tmux`"
)


class Terminal:
    """One program in a terminal of a given size."""

    def __init__(
        self, folder: Path, command: Sequence[str | Path], environment: Mapping[str, str],
        size: tuple[int, int] = (100, 30),
    ) -> None:  # fmt: skip
        self._socket = folder / "tmux.socket"
        given = {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            **environment,
        }
        words = ["env", *(f"{key}={value}" for key, value in given.items()), *map(str, command)]
        line = f"{shlex.join(words)}; echo LEFT-$?; sleep 600"
        width, height = size
        self._tmux("-f", os.devnull, "new-session", "-d", "-s", "t", "-x", str(width),
                   "-y", str(height), line)  # fmt: skip

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._tmux("kill-server", check=False)

    def press(self, *keys: str) -> None:
        """Keys by tmux's names: `Enter`, `Escape`, `F2`, `C-q`, `x`."""
        for key in keys:
            self._tmux("send-keys", "-t", "t", key)

    def type(self, text: str) -> None:
        """Letters as they are."""
        self._tmux("send-keys", "-t", "t", "-l", text)

    def paste(self, text: str) -> None:
        """As a terminal pastes: at once, in brackets."""
        self._tmux("load-buffer", "-", stdin=text)
        self._tmux("paste-buffer", "-p", "-t", "t")

    def resize(self, width: int, height: int) -> None:
        """The user drags the window's corner."""
        self._tmux("resize-window", "-t", "t", "-x", str(width), "-y", str(height))

    def screen(self, *, colours: bool = False) -> str:
        """What is on the screen now."""
        return self._tmux("capture-pane", "-p", "-t", "t", *(["-e"] if colours else []))

    def pid(self) -> int:
        """The shell's in the pane; the program is its child."""
        return int(self._tmux("display-message", "-p", "-t", "t", "#{pane_pid}"))

    def until(self, seen: str | Callable[[str], bool], seconds: float = 60) -> str:
        """The screen, once it shows a text (or satisfies a condition)."""
        wanted = seen if callable(seen) else lambda screen: seen in screen
        deadline = time.monotonic() + seconds
        while not wanted(screen := self.screen()):
            assert time.monotonic() < deadline, f"never showed {seen!r}:\n{screen}"
            time.sleep(0.05)
        return screen

    def _tmux(self, *words: str, check: bool = True, stdin: str | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *words],
            check=False, capture_output=True, text=True, input=stdin, timeout=30,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"tmux {words}: {done.stderr}"
        return done.stdout
