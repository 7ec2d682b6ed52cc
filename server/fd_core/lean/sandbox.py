"""The audit's sandbox: bubblewrap around a `lean` that runs what a policy wrote.

Inside are the toolchain, the system's libraries, the imports, and one folder to write in; there is
no network, no other process, no socket of the user's, nothing of their home. Code that slipped
through the syntax gate reaches neither the judge nor the machine (TRAINING §4, rows 22 to 25).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FIX = "Install bubblewrap (Debian, Ubuntu, Fedora, Arch: package `bubblewrap`; Linux only)"
SIGNALLED = 128
"""bubblewrap tells of a program that a signal ended by this much more than its number."""
COMPLAINT = "bwrap: "
"""What it says of itself begins so, and then the program was never started."""
_PROBE_S = 30.0
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store")
_LINKER = ("/etc/ld.so.cache", "/etc/alternatives")
_NAMESPACES = ("--unshare-all", "--cap-drop", "ALL", "--die-with-parent", "--new-session")
_LIBRARY_OPTIONS = ("--load-dynlib=", "--plugin=")


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A bubblewrap that was seen to work here."""

    program: Path

    def around(
        self, command: Sequence[str], folder: Path, readable: Iterable[Path] = ()
    ) -> list[str]:
        """`command` inside: it writes in `folder`, reads `readable`, and sees no more of the user's."""
        return [
            str(self.program),
            *_NAMESPACES,
            *(option for place in _SYSTEM for option in _as_it_is(Path(place))),
            *(option for place in _LINKER for option in ("--ro-bind-try", place, place)),
            *("--dev", "/dev", "--proc", "/proc"),
            *(option for place in _places(readable) for option in ("--ro-bind-try", place, place)),
            *("--bind", str(folder), str(folder), "--chdir", str(folder)),
            *("--remount-ro", "/", "--"),
            *command,
        ]


@dataclass(frozen=True, slots=True)
class NoSandbox:
    """Why there is none."""

    reason: str


def _as_it_is(place: Path) -> Iterator[str]:
    """A folder of the system's, or the link that it is on most systems of today (`/bin`)."""
    if place.is_symlink():
        yield from ("--symlink", str(place.readlink()), str(place))
    elif place.is_dir():
        yield from ("--ro-bind", str(place), str(place))


def _places(readable: Iterable[Path]) -> Iterator[str]:
    """Where to make each readable: where it is called, and where it lies if a link leads there.

    What lies below a place that is readable already is there, and its links are; nothing can be
    mounted upon a link. What leads to all there is leads nowhere.
    """
    seen: list[Path] = []
    for path in readable:
        real = path.resolve()
        for place in (path, real) if real.name else ():
            if not any(place.is_relative_to(above) for above in seen):
                seen.append(place)
                yield str(place)


def readable_for(lean: Path, search_path: Iterable[Path], options: Iterable[str]) -> list[Path]:
    """What a `lean` must read beside its own folder: its toolchain, imports, and linked libraries.

    Never all there is, as the "toolchain" of a `/bin/lean` would be. Its library is named, too, as
    it may be a link to somewhere else.
    """
    toolchain = lean.parent.parent
    found = [toolchain, toolchain / "lib" / "lean", *search_path]
    for option in options:
        for name in _LIBRARY_OPTIONS:
            if option.startswith(name):
                found.append(Path(option.removeprefix(name)).parent)
    return list(dict.fromkeys(path for path in found if path.is_absolute() and path.name))


def look_for_sandbox(lean: Path | None = None) -> Sandbox | NoSandbox:
    """bubblewrap from the PATH, if this `lean` (or else anything at all) starts in it."""
    found = shutil.which("bwrap")
    if found is None:
        return NoSandbox("no `bwrap` on the PATH")
    sandbox = Sandbox(Path(found))
    tried = [str(lean), "--version"] if lean else ["true"]
    with tempfile.TemporaryDirectory(prefix="fd-sandbox-") as folder:
        readable = readable_for(lean, (), ()) if lean else ()
        said = _failure(sandbox.around(tried, Path(folder), readable))
    return sandbox if said is None else NoSandbox(f"`bwrap` does not work here: {said}")


def _failure(command: Sequence[str]) -> str | None:
    """What a program said when it failed; None if it did what it should."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_PROBE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_PROBE_S:.0f} s"
    except OSError as error:
        return error.strerror or str(error)
    if done.returncode == 0:
        return None
    return " ".join(done.stdout.decode("utf-8", "replace").split())[:300] or str(done.returncode)
