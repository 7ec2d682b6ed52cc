"""What a person sees of a night: one moving line in a terminal, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping
from typing import TextIO

_SHOWN = (
    ("reward", "proved", "{:.0%}"),
    ("loss", "loss", "{:.4g}"),
    ("kl/forward", "KL", "{:.3f}"),
    ("entropy", "entropy", "{:.2f}"),
    ("eval/held_out/pass@1", "held out", "{:.0%}"),
    ("step_time", "s/step", "{:.1f}"),
)
_BAR = 20


class Screen:
    """Progress and live metrics. Every method is cheap and never raises for a closed terminal."""

    def __init__(
        self, out: TextIO | None = None, *, quiet: bool = False, every_s: float = 5.0
    ) -> None:
        self._out = out or sys.stderr
        self._moving = not quiet and self._out.isatty()
        self._quiet = quiet
        self._every_s = every_s
        self._said_at = float("-inf")
        self._open = False

    def say(self, text: str) -> None:
        """One line that stays."""
        if not self._quiet:
            self._finish_line()
            self._write(text + "\n")

    def phase(self, phase: str, words: str = "") -> None:
        """A phase begins."""
        self.say(f"{phase:<10} {words}".rstrip())
        self._said_at = float("-inf")

    def progress(self, done: int, of: int, words: str = "") -> None:
        """How far a long piece of work is."""
        if self._quiet or of <= 0:
            return
        full = round(_BAR * min(done, of) / of)
        line = f"  [{'█' * full}{'·' * (_BAR - full)}] {done}/{of} {words}".rstrip()
        if self._moving:
            width = shutil.get_terminal_size().columns - 1
            self._write("\r\x1b[2K" + line[:width])
            self._open = done < of
            if not self._open:
                self._write("\n")
        elif done >= of or time.monotonic() - self._said_at >= self._every_s:
            self._said_at = time.monotonic()
            self._write(f"  {done}/{of} {words}".rstrip() + "\n")

    def step(self, step: int, of: int, stage: str, metrics: Mapping[str, float]) -> None:
        """A step is done: its number and what it measured."""
        shown = [
            f"{name} {form.format(metrics[key])}" for key, name, form in _SHOWN if key in metrics
        ]
        self.progress(step + 1, of, f"{stage.upper()}  " + " · ".join(shown))

    def _finish_line(self) -> None:
        if self._open:
            self._write("\n")
            self._open = False

    def _write(self, text: str) -> None:
        try:
            self._out.write(text)
            self._out.flush()
        except (OSError, ValueError, UnicodeEncodeError):
            self._quiet = True  # nobody looks on any more
