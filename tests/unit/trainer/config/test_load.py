"""A night's file: preset, file and options laid over one another; everything wrong told at once."""

from pathlib import Path

import pytest
from fd_core.errors import SettingsError
from fd_trainer.config.key_lines import key_lines
from fd_trainer.config.load import load, override
from fd_trainer.config.night import NightConfig

WRONG = """\
preset = "nihgt"
[run]
untill = "07:00"
until = "25:00"
steps = 0

[algorithms.optimizer]
learning_rate = 1

[[data.datasets]]
path = "a.jsonl"
[[data.datasets]]
path = "b.jsonl"
shap = "auto"
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "night.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_problem_at_once_with_file_line_and_nearest_key(tmp_path: Path) -> None:
    file = written(tmp_path, WRONG)
    with pytest.raises(SettingsError) as refused:
        load(file)
    said = refused.value.what.split("\n")
    assert set(said) == {
        "no preset `nihgt`; did you mean `night`? (There are: night, paper, sdpo, tiny.)",
        f"{file}:3: no key `run.untill`; did you mean `run.until`?",
        f'{file}:4: `run.until`: until needs a time of day from "00:00" to "23:59"',
        f"{file}:5: `run.steps`: input should be greater than or equal to 1, not 0",
        f"{file}:7: no key `algorithms.optimizer`; did you mean `algorithms.optimiser`?",
        f"{file}:14: no key `data.datasets.1.shap`; did you mean `data.datasets[].shape`?",
    }
    assert "config schema" in refused.value.fix


def test_sections_that_can_t_go_together_are_told_together(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '[gate]\nk = 32\n[critic]\nkind = "language_model"\n[model]\nmethod = "full"\n'
        '[sampler]\nkind = "vllm"\n[rollout]\nproof_prompt = "no-such-1"\n',
    )
    with pytest.raises(SettingsError) as refused:
        load(file)
    said = refused.value.what
    for part in ("gate.k", ":3: `critic.endpoint`", "critic.model", "model.method", "model.base",
                 "rollout.proof_prompt"):  # fmt: skip
        assert part in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[run\nsteps = 1", ":1: not TOML"),
        ("[run]\nsteps = \n", ":2: not TOML"),
        ("preset = 3", "`preset`: needs a name"),
        ("run = 3", "night.toml:1: `run`"),
    ],
)
def test_files_that_can_t_be_read(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load(written(tmp_path, text))
    assert said in refused.value.what


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no file"):
        load(tmp_path / "none.toml")


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "night.toml").write_bytes(b"preset = '\xff'")
    with pytest.raises(SettingsError, match="UTF-8"):
        load(tmp_path / "night.toml")


def test_later_wins(tmp_path: Path) -> None:
    file = written(tmp_path, 'preset = "tiny"\n[run]\nsteps = 99\n[model]\nbase = "hub/name"\n')
    loaded = load(file, overrides=override("run.seed=5"))
    run = loaded.night.run
    assert (loaded.preset, run.steps, run.seed, run.problems_per_step) == ("tiny", 99, 5, 6)
    assert load(file, preset="sdpo").preset == "sdpo"


def test_the_users_settings_fill_what_is_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "config.toml"
    settings.write_text(
        '[policy]\nmodel = "hub/served"\nprompt = "goedel-prover-v2"\n[store]\nexcluded = ["/secret"]\n'
        '[critic]\nkind = "rules"\n'
    )
    monkeypatch.setenv("FD_CONFIG", str(settings))
    night = load(None).night
    assert night.model.base == "hub/served"
    assert night.rollout.step_prompt == "goedel-prover-v2"
    assert night.data.excluded == ("/secret",)
    assert night.critic.kind == "rules"
    (tmp_path / "night.toml").write_text('[model]\nbase = "hub/trained"\n')
    assert load(None).night.model.base == "hub/trained"


def test_paths_are_taken_from_the_files_own_folder(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '[model]\nbase = "x"\n[data]\nprojects = ["proj"]\nstore = "e.db"\n'
        '[[data.datasets]]\npath = "sub/a.jsonl"\n',
    )
    data = load(file).night.data
    assert data.projects == (tmp_path / "proj",)
    assert data.store == tmp_path / "e.db"
    assert data.datasets[0].path == tmp_path / "sub" / "a.jsonl"


def test_none_is_said_in_words() -> None:
    night = load(None, overrides={"model": {"base": "x"}, "run": {"fd_share": "none"}}).night
    assert night.run.fd_share is None


def test_learning_from_text_whose_loss_weighs_nothing_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"targets\.weight"):
        load(None, "sdpo", {"model": {"base": "x"}, "run": {"method": "sft"}})


@pytest.mark.parametrize("assignment", ["run.steps", "=3", ""])
def test_assignments_that_set_nothing(assignment: str) -> None:
    with pytest.raises(SettingsError, match="sets nothing"):
        override(assignment)


def test_a_configuration_survives_as_plain_data() -> None:
    night = load(None, "paper", {"model": {"base": "x"}, "critic": {"kind": "rules"}}).night
    assert NightConfig.model_validate(night.table()) == night


def test_lines_of_keys() -> None:
    lines = key_lines(
        '# [no]\na = """\nb = 1\n"""\n[x."y.z"]\nc.d = 1\n[[t]]\ne = 1\n[[t]] # second\ne = 2\n'
    )
    assert lines["a"] == 2
    assert "b" not in lines
    assert lines["t.0.e"] == 8
    assert lines["t.1.e"] == 10
