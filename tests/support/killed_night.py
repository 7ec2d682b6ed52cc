"""Kill a night on fake parts with SIGKILL again and again, at random moments, until it is through.

Run as a program: `python killed_night.py FOLDER SEED`. One interpreter forks a child per round, so
that a round costs milliseconds. Prints {"rounds": N, "folder": PATH}.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
MOST_ROUNDS = 60


def kill_until_done(folder: Path, seed: int) -> dict[str, object]:
    """How many rounds it took, and the run's folder."""
    command = [sys.executable, __file__, str(folder), str(seed)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=240)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def _child(root: Path) -> None:
    from fd_trainer.run.folder import RunFolder

    from support.nights import config, fake_night

    there = sorted((root / "runs").glob("*"))
    settings = config(run={"checkpoint_every": 3})
    folder = RunFolder(there[0]) if there else None
    one = fake_night(root, folder, settings=settings, slow_s=0.005, paid=root / "paid.log")
    asyncio.run(one.run())


def _round(root: Path, chance: random.Random, longest_s: float) -> bool:
    """Whether the night came to its end in this round."""
    child = os.fork()
    if child == 0:
        try:
            _child(root)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    time.sleep(chance.uniform(0.02, longest_s))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise SystemExit("the night failed instead of being killed")
    return os.WIFEXITED(status)


def main() -> None:
    """Rounds until it is through."""
    root, chance = Path(sys.argv[1]), random.Random(int(sys.argv[2]))
    for rounds in range(1, MOST_ROUNDS):
        if _round(root, chance, 0.12 + 0.02 * rounds):  # a slow machine gets further, too
            break
    else:
        raise SystemExit(f"not through after {MOST_ROUNDS} rounds")
    folders = [str(path) for path in (root / "runs").iterdir()]
    print(json.dumps({"rounds": rounds, "folders": folders}))


if __name__ == "__main__":
    sys.path.insert(0, str(HERE.parent))
    import support.nights  # noqa: F401 - loaded once, before the forks

    main()
