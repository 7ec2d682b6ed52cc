"""Commands that need no Lean: help, configuration, records, adapters, and bad input told with a fix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fd_core import settings
from fd_server.cli import COMMANDS, main
from fd_server.commands import config, machine, target

REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPT = Path(sys.executable).with_name("fd-server")
HEAVY = ("torch", "transformers", "pygls", "lsprotocol", "textual", "sqlalchemy", "pydantic")


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *map(str, arguments)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def answer(*arguments: str | Path, **environment: str) -> dict[str, Any]:
    done = run(*arguments, "--json", **environment)
    assert done.returncode == 0, done.stderr
    value = json.loads(done.stdout)
    assert isinstance(value, dict)
    return value


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {
        "FD_CONFIG": str(tmp_path / "config.toml"),
        "FD_DATA_DIR": str(tmp_path / "data"),
        "FD_CACHE_DIR": str(tmp_path / "cache"),
    }


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", SCRIPT, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "click" in loaded
    assert not loaded.intersection(HEAVY)
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_helps(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: fd-server")


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"serve", "model"}))
def test_every_answering_command_has_json(name: str) -> None:
    command = main.get_command(None, name)  # type: ignore[arg-type]  # needs no context
    leaves = list(getattr(command, "commands", {"": command}).values())
    for leaf in leaves:
        assert "--json" in {option for p in leaf.params for option in p.opts}, leaf.name


def test_configuration_page_is_what_the_code_says() -> None:
    assert (REPOSITORY / "docs" / "configuration.md").read_text(encoding="utf-8") == config.page()


def test_every_setting_says_what_it_means() -> None:
    assert not [key for key, *_, words in config._rows() if not words]


def test_config_show_tells_what_is_in_force(home: dict[str, str]) -> None:
    Path(home["FD_CONFIG"]).write_text("[suggest]\nlimit = 3\n")
    told = answer("config", "show", **home)
    assert told["settings"]["suggest"]["limit"] == 3
    assert told["files"] == [home["FD_CONFIG"]]


def test_config_validate_names_file_key_and_nearest_name(home: dict[str, str]) -> None:
    Path(home["FD_CONFIG"]).write_text("[suggest]\nlimits = 3\n")
    done = run("config", "validate", **home)
    assert done.returncode == 2
    assert "config.toml: no setting `suggest.limits`; did you mean `suggest.limit`?" in done.stderr
    assert "fix: " in done.stderr
    assert "Traceback" not in done.stderr


def test_config_schema_is_json_schema(home: dict[str, str]) -> None:
    assert "policy" in answer("config", "schema", **home)["properties"]


def test_events_on_a_fresh_machine_are_none(home: dict[str, str]) -> None:
    told = answer("events", "stats", **home)
    assert (told["events"], told["consent"]) == (0, "ask")
    assert not Path(home["FD_DATA_DIR"]).exists()


def test_purge_asks_for_a_scope_and_for_consent(home: dict[str, str]) -> None:
    unscoped = run("events", "purge", **home)
    assert (unscoped.returncode, "purge what?" in unscoped.stderr) == (2, True)
    unasked = run("events", "purge", "--everything", "--json", **home)
    assert unasked.returncode == 2
    assert json.loads(unasked.stdout)["error"]["fix"] == "Add --yes."
    assert answer("events", "purge", "--everything", "--yes", **home)["removed"] == 0
    assert not Path(home["FD_DATA_DIR"]).exists()


def test_adapters_on_a_fresh_machine_are_none(home: dict[str, str]) -> None:
    assert answer("adapters", "list", **home) == {"promoted": None, "adapters": []}
    missing = run("adapters", "promote", "nothing", **home)
    assert missing.returncode == 2
    assert "fix: " in missing.stderr


def test_init_writes_what_was_said_and_keeps_the_rest(home: dict[str, str]) -> None:
    file = Path(home["FD_CONFIG"])
    file.write_text("[lean]\nthreads = 2\n")
    told = answer(
        "init", "--no-first", "--model-kind", "openai_compatible", "--model", 'a "b"',
        "--endpoint", "http://127.0.0.1:9/v1", "--record", "yes", **home,
    )  # fmt: skip
    assert told["file"] == str(file)
    read = settings.check_file(file)
    assert (read.lean.threads, read.policy.model, read.store.consent) == (2, 'a "b"', "yes")
    assert (file.parent / "config.toml.before").read_text() == "[lean]\nthreads = 2\n"


def test_init_gives_a_published_prover_its_own_prompt_format(home: dict[str, str]) -> None:
    answer(
        "init", "--no-first", "--model-kind", "openai_compatible",
        "--model", "Goedel-LM/Goedel-Prover-V2-8B", **home,
    )  # fmt: skip
    policy = settings.check_file(Path(home["FD_CONFIG"])).policy
    assert (policy.proof_prompt, policy.proof_max_tokens) == ("goedel-prover-v2", 8_192)


def test_init_again_leaves_nothing_of_another_model_or_host(home: dict[str, str]) -> None:
    file = Path(home["FD_CONFIG"])
    first = ["--model", "Goedel-LM/Goedel-Prover-V2-8B", "--endpoint", "http://127.0.0.1:9/v1"]
    init = ["init", "--no-first", "--model-kind", "openai_compatible"]
    assert answer(*init, *first, **home)["dropped"] == {}
    file.write_text(file.read_text().replace("[policy]", '[policy]\napi_key_env = "FIRST_KEY"'))
    assert answer(*init, *first, **home)["dropped"] == {}
    assert settings.check_file(file).policy.api_key_env == "FIRST_KEY"
    file.write_text(file.read_text().replace("timeout_s = 300", "timeout_s = 200"))
    other = ["--model", "Qwen/Qwen3-8B", "--endpoint", "https://other.example/v1"]
    dropped = answer(*init, *other, **home)["dropped"]
    assert set(dropped) == {
        "policy.proof_prompt", "policy.proof_max_tokens", "policy.api_key_env",
    }  # fmt: skip
    policy, usual = settings.check_file(file).policy, settings.PolicySettings()
    assert (policy.api_key_env, policy.proof_prompt) == ("", usual.proof_prompt)
    assert policy.timeout_s == 200, "what the user set stays"


def test_init_gives_a_critics_key_to_no_other_host(home: dict[str, str]) -> None:
    file = Path(home["FD_CONFIG"])
    file.write_text(
        '[critic]\nkind = "language_model"\nendpoint = "https://a.example/v1"\nmodel = "m"\n'
        'api = "anthropic"\napi_key_env = "A_KEY"\n'
    )
    critic = ["--critic", "language_model", "--critic-model", "m", "--critic-endpoint"]
    told = answer(
        "init", "--no-first", "--model-kind", "none", *critic, "https://b.example/v1", **home
    )
    assert set(told["dropped"]) == {"critic.api", "critic.api_key_env"}
    read = settings.check_file(file).critic
    assert (read.api_key_env, read.endpoint) == ("", "https://b.example/v1")


def test_init_asks_and_takes_answers_from_a_terminal(home: dict[str, str]) -> None:
    done = subprocess.run(
        [SCRIPT, "init", "--no-first"],
        input="none\nrules\nno\n",
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "This machine: " in done.stdout
    read = settings.check_file(Path(home["FD_CONFIG"]))
    assert (read.policy.kind, read.critic.kind, read.store.consent) == ("none", "rules", "no")


def test_init_without_an_answer_it_needs_says_which(home: dict[str, str]) -> None:
    done = run("init", "--no-first", "--critic", "language_model", "--json", **home)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["fix"] == "Add --critic-endpoint."


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("absent.lean", None, "no file"),
        ("notes.txt", b"x", "is not a Lean file"),
        ("bytes.lean", b"\xff\xfe\x00", "is not UTF-8 text"),
        ("nul.lean", b"theorem t : True := by\x00 sorry", "holds a NUL letter"),
    ],
)
@pytest.mark.parametrize("command", ["suggest", "prove", "demo"])
def test_what_is_no_lean_file_is_told_with_a_fix(
    tmp_path: Path, command: str, name: str, content: bytes | None, what: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    done = run(command, tmp_path / name, "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert what in error["what"]
    assert error["fix"]
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("A.lean", "which line?"),
        ("A.lean:0", "has no line 0"),
        ("A.lean:9:1", "has no line 9"),
        ("A.lean:2:99", "has no column 99"),
        (".", "is a folder"),
    ],
)
def test_a_place_that_is_not_there_is_told_with_a_fix(
    tmp_path: Path, place: str, what: str
) -> None:
    (tmp_path / "A.lean").write_text("theorem t : True := by\n  sorry\n")
    done = run("suggest", f"{tmp_path}/{place}")
    assert (done.returncode, what in done.stderr, "fix: " in done.stderr) == (2, True, True)


def test_a_place_counts_from_one_and_in_letters(tmp_path: Path) -> None:
    file = tmp_path / "𝔸.lean"
    file.write_text("theorem 𝔸 : True := by sorry\n")
    at = target.parse(f"{file}:1:24").at
    assert (at.line, at.column) == (0, 23) if at else False
    assert target.parse(f"{file}:1").at == at
    assert target.parse(f"{file}").at is None


def test_a_file_without_project_is_its_own_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "A.lean").write_text("example : True := by sorry\n")
    file = target.read(tmp_path / "A.lean")
    assert file.project == tmp_path
    assert "no lakefile" in file.note


def test_a_file_without_sorry_has_nothing_to_prove(tmp_path: Path) -> None:
    (tmp_path / "A.lean").write_text("-- sorry\nexample : True := trivial\n")
    done = run("prove", tmp_path / "A.lean")
    assert (done.returncode, "has no `sorry`" in done.stderr) == (2, True)


def test_doctor_names_the_first_failure_and_its_fix(home: dict[str, str], tmp_path: Path) -> None:
    done = run("doctor", tmp_path, "--json", FD_LEAN=str(tmp_path / "nowhere"), **home)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    outcomes = {stage["name"]: stage["outcome"] for stage in told["stages"]}
    assert list(outcomes) == [
        "toolchain", "sandbox", "cache", "server start", "header load", "first goal", "first candidate",
        "policy", "store",
    ]  # fmt: skip
    assert outcomes["toolchain"] == "failed"
    assert outcomes["first candidate"] == "not tried"
    assert outcomes["policy"] == outcomes["store"] == "fine"
    assert told["stages"][0]["fix"]
    assert told["machine"]["cores"] >= 1


def test_doctor_tries_a_configured_endpoint(home: dict[str, str], tmp_path: Path) -> None:
    done = run(
        "doctor", tmp_path, "--json", FD_LEAN=str(tmp_path / "nowhere"),
        FD_POLICY__KIND="openai_compatible", FD_POLICY__ENDPOINT="http://127.0.0.1:9/v1",
        FD_POLICY__MODEL="m", **home,
    )  # fmt: skip
    (policy,) = [s for s in json.loads(done.stdout)["stages"] if s["name"] == "policy"]
    assert policy["outcome"] == "failed"
    assert policy["fix"]


@pytest.mark.parametrize(
    ("gpu_gb", "memory_gb", "model"),
    [
        (80, 512, "Goedel-LM/Goedel-Prover-V2-32B"),
        (24, 64, "Goedel-LM/Goedel-Prover-V2-8B"),
        (12, 16, "AI-MO/Kimina-Prover-Distill-1.7B"),
        (6, 64, "AI-MO/Kimina-Prover-Distill-1.7B"),
        (0, 8, "none: Lean's own automation proposes"),
    ],
)
def test_advice_goes_by_gpu_first_then_memory(gpu_gb: float, memory_gb: float, model: str) -> None:
    here = machine.Machine(memory_gb, 8, "a GPU", gpu_gb, 100)
    assert machine.advice_for(here).model == model


def test_the_readme_has_the_same_table() -> None:
    assert machine.markdown() in (REPOSITORY / "README.md").read_text(encoding="utf-8")


def test_a_fault_of_ours_is_no_traceback_unless_asked_for(tmp_path: Path) -> None:
    broken = {"FD_CONFIG": str(tmp_path)}  # a folder where a file should be
    done = run("config", "show", **broken)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "Traceback" in run("--debug", "config", "show", **broken).stderr


@pytest.mark.parametrize("command", [["suggest", "A.lean:2"], ["prove", "A.lean"]])
def test_an_unknown_toolchain_is_told_with_every_place_looked_at(
    tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "lean-toolchain").write_text("leanprover/lean4:v9.9.9\n")
    (tmp_path / "A.lean").write_text("theorem t : True := by\n  sorry\n")
    done = run(
        command[0], tmp_path / command[1], HOME=str(tmp_path), ELAN_HOME=str(tmp_path / "elan"),
        PATH="/usr/bin:/bin", FD_LEAN="",
    )  # fmt: skip
    assert done.returncode == 2
    assert "no usable Lean was found" in done.stderr
    assert "leanprover/lean4:v9.9.9" in done.stderr
    assert "fix: Install Lean with elan" in done.stderr
    assert "Traceback" not in done.stderr
