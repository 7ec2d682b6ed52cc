"""Looking for a regular expression in Lean files: ripgrep, or grep where there is none.

In a process of its own, killed when its time is up: a pattern of untrusted origin can take forever.
What the goal's own file says is never shown, nor a line that names the goal: nothing is proved by
being looked up.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import signal
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

MOST_HITS = 5
_MOST_LETTERS = 300
_MOST_BYTES = 400_000
_LONGEST_LINE = 240
_LEFT_OUT = (".git", ".lake")
"""Below a root: dependencies are searched by their own name, or not at all."""


@dataclass(frozen=True, slots=True)
class Searcher:
    """Searches Lean files below folders. `hidden` are files, and folders with all that is in them,
    never shown; `names` are words that a shown line must not hold."""

    roots: dict[str, Path]
    """By what a model calls them: "project", "mathlib"."""
    hidden: Collection[Path] = ()
    names: Collection[str] = ()
    seconds: float = 10.0
    ripgrep: str | None = field(default_factory=lambda: shutil.which("rg"))

    async def search(self, pattern: object, where: object = "project") -> str:
        """The hits, one line each, or why there are none: always an answer."""
        if not isinstance(pattern, str) or not pattern.strip():
            return 'search needs a "pattern": a regular expression.'
        if len(pattern) > _MOST_LETTERS or "\n" in pattern or "\0" in pattern:
            return f"The pattern must be one line of at most {_MOST_LETTERS} characters."
        if not isinstance(where, str) or where not in self.roots:
            return f'"where" must be one of: {", ".join(self.roots)}.'
        root = self.roots[where]
        if not root.is_dir():
            return f"There is no {where} to search here."
        status, output = await self._run(self._command(pattern), root)
        if status is None:
            return f"The search was stopped after {self.seconds:g} s: use a simpler pattern."
        if status > 1:
            return f"The search failed: {_first_line(output, root)}"
        hits = self._shown(output, root)
        return "\n".join(hits) if hits else "Nothing found."

    def _command(self, pattern: str) -> list[str]:
        if self.ripgrep is not None:
            left_out = [f"--glob=!**/{name}/**" for name in _LEFT_OUT]
            left_out += ["--no-config", "--no-ignore", "--hidden"]
            limits = ["--max-count=20", "--max-columns=1000", "--no-messages", "--sort=path"]
            shape = ["--line-number", "--no-heading", "--color=never", "--type-add=l:*.lean", "-tl"]
            return [self.ripgrep, *left_out, *limits, *shape, "--", pattern, "."]
        left_out = [f"--exclude-dir={name}" for name in _LEFT_OUT]
        shape = ["-rnEsI", "-m", "20", "--include=*.lean"]
        return [shutil.which("grep") or "grep", *shape, *left_out, "--", pattern, "."]

    async def _run(self, command: list[str], folder: Path) -> tuple[int | None, str]:
        """Exit status (None: out of time) and the beginning of what was said."""
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        except OSError as error:
            return 2, str(error)
        try:
            async with asyncio.timeout(self.seconds):
                output, cut = await _beginning(process)
                status = 0 if cut else await process.wait()
        except TimeoutError:
            return None, ""
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        return status, output.decode("utf-8", "replace")

    @staticmethod
    def _is_hidden(path: Path, hidden: Collection[Path]) -> bool:
        found = path.resolve()  # a link is no way around it
        return any(found.is_relative_to(each) for each in hidden)

    def _shown(self, output: str, root: Path) -> list[str]:
        hidden = {path.resolve() for path in self.hidden}
        words = [re.compile(rf"(?<![\w.'!?]){re.escape(n)}(?![\w'!?])") for n in self.names if n]
        hits: list[str] = []
        for line in output.splitlines():
            path, _, rest = line.partition(":")
            if len(hits) == MOST_HITS:
                break
            if not rest or self._is_hidden(root / path, hidden):
                continue
            if any(word.search(rest) for word in words):
                continue
            hits.append(line.removeprefix("./")[:_LONGEST_LINE])
        return hits


async def _beginning(process: asyncio.subprocess.Process) -> tuple[bytes, bool]:
    """At most so many bytes, and whether there were more."""
    assert process.stdout is not None
    output = b""
    while part := await process.stdout.read(65_536):
        output += part
        if len(output) > _MOST_BYTES:
            return output.rpartition(b"\n")[0], True
    return output, False


def _first_line(output: str, root: Path) -> str:
    lines = [line for line in output.splitlines() if line.strip()]
    text = lines[-1] if lines else "no reason was given"
    return text.replace(str(root), "…")[:_LONGEST_LINE]
