"""The real server over stdio on FAKE ports: a script for `subprocess`, told by FD_FAKES (JSON)."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from fd_server.engines import Parts
from fd_server.serving import serve

from support.fakes import FakeLean, FakePolicy, FakeRegistry


def main() -> None:
    script = json.loads(os.environ.get("FD_FAKES", "{}"))
    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    parts = Parts(
        lean=lambda root, settings: FakeLean(script),
        policy=lambda root, settings, lean, registry: FakePolicy(script),
        registry=lambda: FakeRegistry(script.get("adapters", ())),
        adapters=lambda registry: registry.adapters(),  # type: ignore[attr-defined]
    )
    if script.get("prints"):
        original = parts.lean

        def noisy(root: Path, settings: object) -> FakeLean:
            print("a careless print")
            os.system("echo a careless child")
            return original(root, settings)  # type: ignore[arg-type,return-value]

        parts = Parts(noisy, parts.policy, parts.registry, parts.adapters)
    serve(parts, tcp=sys.argv[2] if sys.argv[1:2] == ["--tcp"] else None)


if __name__ == "__main__":
    main()
