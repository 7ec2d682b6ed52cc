from pathlib import Path

from fd_core.store import consent


def test_asked_once_and_remembered(tmp_path: Path) -> None:
    store = tmp_path / "data" / "events.db"
    assert consent.effective("ask", store) == "ask"
    assert consent.answer(True, store) == "yes"
    assert consent.effective("ask", store) == "yes"
    assert consent.answer(False, store) == "no"
    assert consent.effective("ask", store) == "no"
    assert not store.exists()


def test_settings_stand_above_the_answer(tmp_path: Path) -> None:
    store = tmp_path / "events.db"
    consent.answer(True, store)
    assert consent.effective("no", store) == "no"
    consent.answer(False, store)
    assert consent.effective("yes", store) == "yes"


def test_a_damaged_answer_asks_again(tmp_path: Path) -> None:
    store = tmp_path / "events.db"
    for content in ["", "{", "[]", '{"recorded": "yes"}', "\udcff"]:
        consent.consent_file(store).write_bytes(content.encode("utf-8", "surrogateescape"))
        assert consent.effective("ask", store) == "ask"


def test_who_asks_again_and_again_hears_of_each_new_answer(tmp_path: Path) -> None:
    store, agreement = tmp_path / "events.db", consent.Agreement()
    assert agreement.effective("ask", store) == "ask"
    for recorded, said in [(True, "yes"), (False, "no"), (True, "yes")]:
        consent.answer(recorded, store)
        assert agreement.effective("ask", store) == said
    assert agreement.effective("no", store) == "no"
    consent.consent_file(store).unlink()
    assert agreement.effective("ask", store) == "ask"
