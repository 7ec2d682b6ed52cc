from pathlib import Path

import pytest
from fd_core.errors import SettingsError
from fd_core.settings import PROJECT_FILE, TRUSTED_ONLY, Settings, load


@pytest.fixture
def user_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "user" / "config.toml"
    file.parent.mkdir()
    monkeypatch.setenv("FD_CONFIG", str(file))
    return file


def test_defaults_without_any_file(user_file: Path) -> None:
    assert load(environment={}) == Settings()


def test_environment_beats_project_beats_user(user_file: Path, tmp_path: Path) -> None:
    user_file.write_text("[suggest]\nlimit = 3\nfirst_s = 0.1\n[search]\nnodes = 7\n")
    (tmp_path / PROJECT_FILE).write_text("[suggest]\nlimit = 4\nfirst_s = 0.2\n")
    settings = load(tmp_path, environment={"FD_SUGGEST__LIMIT": "9", "FD_LEAN": "/x"})
    assert (settings.suggest.limit, settings.suggest.first_s, settings.search.nodes) == (9, 0.2, 7)


def test_every_problem_is_named_at_once_with_the_nearest_name(user_file: Path) -> None:
    user_file.write_text("[lean]\nthread = 2\nidle_s = -1\n")
    with pytest.raises(SettingsError) as caught:
        load(environment={})
    message = str(caught.value)
    assert "lean.thread" in message
    assert "did you mean `lean.threads`" in message
    assert "lean.idle_s" in message
    assert str(user_file) in message


def test_broken_toml_names_the_file_and_the_line(user_file: Path) -> None:
    user_file.write_text("[lean\n")
    with pytest.raises(SettingsError, match=r"(?s)config\.toml.*line 1"):
        load(environment={})


@pytest.mark.parametrize(
    "text",
    [
        '[lean]\nexecutable = "/tmp/evil"\n',
        '[policy]\nendpoint = "http://evil"\n',
        '[store]\nconsent = "yes"\n',
        'trusted_projects = ["/"]\n',
    ],
)
def test_a_project_may_not_name_programs_or_endpoints(
    user_file: Path, tmp_path: Path, text: str
) -> None:
    (tmp_path / PROJECT_FILE).write_text(text)
    with pytest.raises(SettingsError, match="may not set"):
        load(tmp_path, environment={})


def test_a_trusted_project_may(user_file: Path, tmp_path: Path) -> None:
    user_file.write_text(f"trusted_projects = ['{tmp_path}']\n")
    (tmp_path / PROJECT_FILE).write_text('[policy]\nendpoint = "http://127.0.0.1:9/v1"\n')
    assert load(tmp_path, environment={}).policy.endpoint == "http://127.0.0.1:9/v1"


@pytest.mark.parametrize("value", ["5", "[1]", '["x", 2]'])
def test_trusted_projects_that_are_no_list_of_paths_are_said(
    user_file: Path, tmp_path: Path, value: str
) -> None:
    user_file.write_text(f"trusted_projects = {value}\n")
    (tmp_path / PROJECT_FILE).write_text("[lean]\nthreads = 2\n")
    with pytest.raises(SettingsError, match="trusted_projects"):
        load(tmp_path, environment={})


def test_a_home_that_nobody_has_is_no_trusted_project(user_file: Path, tmp_path: Path) -> None:
    user_file.write_text("trusted_projects = ['~nosuchuser/x']\n")
    (tmp_path / PROJECT_FILE).write_text("[lean]\nthreads = 2\n")
    assert load(tmp_path, environment={}).lean.threads == 2


def test_the_trusted_only_list_names_real_settings() -> None:
    dump = Settings().model_dump()
    for key in TRUSTED_ONLY:
        section, name = key.split(".")
        assert name in dump[section]


def test_a_keys_line_end_is_no_part_of_it() -> None:
    settings = Settings.model_validate({"policy": {"api_key_env": "MY_KEY"}})
    assert settings.policy.api_key({"MY_KEY": "abc\r\n"}).get_secret_value() == "abc"


def test_the_api_key_never_shows(user_file: Path) -> None:
    settings = Settings.model_validate({"policy": {"api_key_env": "MY_KEY"}})
    key = settings.policy.api_key({"MY_KEY": "s3cret"})
    assert key.get_secret_value() == "s3cret"
    assert "s3cret" not in repr(key) + repr(settings)
