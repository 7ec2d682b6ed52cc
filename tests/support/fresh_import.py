"""Import modules, or run command lines, each in a process that has loaded none of ours before.

Run as a program: one interpreter forks a child per job, so that hundreds take seconds. It reads
{"preload": [NAME], "jobs": [JOB]} with JOB {"import": NAME} or {"run": [ARGUMENTS]} (of fd-server, or
of the command line whose module "cli" names), and prints for
each job {"loaded": [modules], "error": TEXT, "missing": NAME}. Libraries that are preloaded are
paid for once; without them the children also tell what a module loads.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

CORES = 2


@dataclass(frozen=True)
class Outcome:
    """`missing`: a third-party module that is not installed here."""

    loaded: frozenset[str]
    error: str = ""
    missing: str = ""


def in_fresh_interpreters(
    jobs: list[dict[str, object]], preload: Collection[str] = ()
) -> list[Outcome]:
    """The outcome of each job, in order. What can't be preloaded is left out."""
    shares = [jobs[at::CORES] for at in range(min(CORES, len(jobs)))]
    with ThreadPoolExecutor(CORES) as pool:
        answers = list(pool.map(lambda share: _in_one(share, preload), shares))
    return [answers[at % len(shares)][at // len(shares)] for at in range(len(jobs))]


def _in_one(jobs: list[dict[str, object]], preload: Collection[str]) -> list[Outcome]:
    command = [sys.executable, "-X", "utf8", __file__]
    done = subprocess.run(
        command,
        input=json.dumps({"preload": sorted(preload), "jobs": jobs}),
        check=True,
        capture_output=True,
        text=True,
        timeout=540,
    )
    return [
        Outcome(frozenset(raw["loaded"]), raw["error"], raw["missing"])
        for raw in json.loads(done.stdout)
    ]


def _do(job: dict[str, object]) -> dict[str, object]:
    missing = error = ""
    try:
        if "import" in job:
            __import__(str(job["import"]))
        else:
            arguments = [str(argument) for argument in job["run"]]  # type: ignore[attr-defined]
            _run(arguments, str(job.get("cli", "fd_server.cli")))
    except ModuleNotFoundError as exc:
        missing, error = exc.name or "?", str(exc)
    except BaseException as exc:
        error = f"{type(exc).__name__}: {exc}"
    return {"loaded": sorted(sys.modules), "error": error, "missing": missing}


def _run(arguments: list[str], module: str) -> None:
    """What the console script does; its output is not ours."""
    main = importlib.import_module(module).main
    sys.argv = [module.partition(".")[0].replace("_", "-"), *arguments]
    with contextlib.redirect_stdout(io.StringIO()):
        main(arguments, standalone_mode=False)


def _forked(job: dict[str, object]) -> dict[str, object]:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(_do(job), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if not answer:
        return {"loaded": [], "error": f"died with status {status}", "missing": ""}
    result: dict[str, object] = json.loads(answer)
    return result


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    for library in asked["preload"]:
        with contextlib.suppress(ImportError):
            __import__(library)
    # Children must neither walk nor copy what was preloaded: torch alone is a million objects.
    gc.freeze()
    print(json.dumps([_forked(job) for job in asked["jobs"]]))
