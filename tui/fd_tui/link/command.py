"""Which `fd-server` is started. In this order:

1. the one that the user named (`--server`);
2. the one installed beside the Python that runs us;
3. the first on PATH.

Always the console script: `python -m` would run what lies in the user's folder.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from fd_core.errors import FdError


class NoServerError(FdError):
    """There is no `fd-server` to start."""


def server_command(named: str | None = None) -> tuple[str, ...]:
    """The words that start it on stdio. Raises NoServerError."""
    if named:
        program, *arguments = shlex.split(named)
        found = shutil.which(program)
        if found is None:
            raise NoServerError(
                f"there is no program {program} (--server)",
                fix="Name an `fd-server` that is there.",
            )
        return (found, *arguments, "--stdio")
    beside = Path(sys.executable).with_name("fd-server")
    found = str(beside) if beside.exists() else shutil.which("fd-server")
    if found is None:
        raise NoServerError(
            "no `fd-server` beside this Python or on PATH", fix="pip install fd-prover"
        )
    return (found, "--stdio")
