"""The morning report: whole, self-contained, and deaf to what untrusted texts say."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fd_core.errors import StoreError
from fd_trainer.evaluation.measured import Evaluation
from fd_trainer.report import contract
from fd_trainer.report.contract import AttemptRemark, HeatRow, ProblemFacts, RunFacts
from fd_trainer.report.page import render, write_report
from fd_trainer.report.run_files import append, put, read_night
from fd_trainer.report.summary import lines_of, summarised
from support.sample_night import write_metrics, write_night

HOSTILE = (
    "</pre><script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg onload=alert(3)>"
    "{{ 7 * 7 }}{% raw %}]]>--><!-- &lt; \u202e\u2066 \x00\x1b[31m"
)
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """Tags, their attributes, and whether they nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


def html(folder: Path) -> str:
    night = read_night(folder)
    return render(night, summarised(night)).decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_night(tmp_path / "run-1")


def test_the_verdict_comes_first_in_one_sentence(folder: Path) -> None:
    text = html(folder)
    body = text[text.index("<body>") :]
    first = re.sub(r"<[^>]+>|\s+", " ", body)[:300]
    assert "Promoted: pass@1 on 30 held-out goals rose from" in first


@pytest.mark.parametrize(
    "words",
    [
        "Newly closed", "Lost", "pass@k, with intervals", "Training", "Problem by problem",
        "Where feedback moved the teacher", "What is not established", "Cost", "What was run",
        "KL(teacher ‖ student)", "KL(student ‖ teacher)", "student entropy", "mass on its top K",
        "distinct proofs", "copy this proof", "0.42 EUR", "Guards stepped in", "rules v1",
        "Demo.goal3", "first proved at step 9, after advice at step 4", "lower rate",
    ],
)  # fmt: skip
def test_it_says(folder: Path, words: str) -> None:
    assert words in html(folder)


def test_it_asks_the_network_for_nothing(folder: Path) -> None:
    page = Page(html(folder))
    assert {tag for tag, _ in page.tags} & {
        "link",
        "iframe",
        "object",
        "embed",
        "img",
        "base",
    } == set()
    for tag, attributes in page.tags:
        assert not {"src", "srcset", "data", "action", "background", "poster"} & set(attributes), (
            tag
        )
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert (attributes.get("href") or "#").startswith("#"), tag
    assert "url(" not in html(folder)
    assert "@import" not in html(folder)


def test_the_policy_lets_in_our_style_and_script_and_nothing_else(folder: Path) -> None:
    text = html(folder)
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]+)"', text)
    policy = policy.replace("&#39;", "'")
    rules = dict(rule.split(" ", 1) for rule in policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag, rule in (("style", "style-src"), ("script", "script-src")):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert text.index("Content-Security-Policy") < text.index("<style>")


def test_hostile_texts_are_shown_and_do_nothing(tmp_path: Path) -> None:
    clean = Page(html(write_night(tmp_path / "clean", statement="n : Nat")))
    folder = write_night(tmp_path / "hostile", statement=HOSTILE)
    table = json.loads((folder / contract.EVALUATION).read_text())
    for side in ("serving", "candidate"):
        for measured in table[side]["problems"]:
            measured["declaration"] = HOSTILE
            measured["proofs"] = [HOSTILE for _ in measured["proofs"]]
    (folder / contract.EVALUATION).write_text(json.dumps(table))
    for name in (contract.REMARKS, contract.GAPS, contract.MEASURES, contract.RUN):
        path = folder / name
        spoiled = path.read_text()
        for word in ("rules v1", "omega", "entropy floor", "simp", "tiny", "demo", "intro"):
            spoiled = spoiled.replace(word, json.dumps(HOSTILE)[1:-1])
        path.write_text(spoiled)
    text = html(folder)
    page = Page(text)
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in clean.tags}
    assert len(re.findall("<script", text)) == 1
    assert "&lt;script&gt;alert(1)" in text
    assert "{{ 7 * 7 }}" in text, "template code in a text is text"
    assert "\u202e" not in text
    assert "U+202E" in text
    assert "\x1b" not in text
    assert "\x00" not in text


def test_metrics_names_are_texts_too(folder: Path) -> None:
    line = {"step": 60, "phase": "<b>x</b>", "at": 1.0, "<script>alert(1)</script>": 1.0}
    with (folder / contract.METRICS_LINES).open("a") as file:
        file.write(json.dumps(line) + "\n")
    text = html(folder)
    assert "<b>x" not in text
    assert len(re.findall("<script", text)) == 1


@pytest.mark.parametrize("kept", range(9))
def test_any_part_of_a_night_has_a_report(tmp_path: Path, kept: int) -> None:
    """A night killed early: only the first files are there."""
    names = [
        contract.RUN, contract.GOALS, contract.METRICS_LINES, contract.REMARKS, contract.GAPS,
        contract.MEASURES, contract.COSTS, contract.EVALUATION, contract.DECISION,
    ]  # fmt: skip
    folder = write_night(tmp_path / "n")
    for name in names[kept:]:
        (folder / name).unlink()
    text = html(folder)
    Page(text)
    assert "No verdict: the night did not get to its gate" in text
    assert "What is not established" in text


def test_a_candidate_that_is_not_served_is_said_to_be_so(folder: Path) -> None:
    run = read_night(folder).run
    put(folder / contract.RUN, replace(run, promoted=False))
    assert "To be promoted, and not served yet" in html(folder)


def test_recorded_lean_and_rules_do_not_pass_for_more(folder: Path) -> None:
    put(
        folder / contract.RUN,
        RunFacts("n", 0.0, "b", lean="recorded Lean 4.27.0", critic="rules v1"),
    )
    text = html(folder)
    assert "not from a live Lean" in text
    assert "not from a language model" in text


def test_a_long_night_stays_readable(tmp_path: Path) -> None:
    """2,000 steps, 3,000 problems, rows of 3,000 tokens: a page one can mail."""
    folder = write_night(tmp_path / "n")
    write_metrics(folder, 2_000)
    attempts = [
        AttemptRemark(i, f"p{i % 3_000}", f"x{i}", "simp " * 20, "refused") for i in range(6_000)
    ]
    append(folder / contract.REMARKS, attempts)
    row = HeatRow(1, "long", "p1", ("token",) * 3_000, (1.5,) * 3_000, "1. Do.", "rules")
    append(folder / contract.GAPS, [row] * 40)
    append(
        folder / contract.GOALS, [ProblemFacts(f"p{i}", f"t{i}", "⊢ True") for i in range(3_000)]
    )
    text = html(folder)
    assert len(text) < 4_000_000
    assert "2200 more tokens" in text
    assert "more problems are in the run" in text


def test_both_files_are_written_and_say_the_same(folder: Path) -> None:
    summary = write_report(folder)
    table = json.loads((folder / contract.REPORT_JSON).read_text())
    assert table["sentence"] == summary.sentence
    assert table["verdict"] == "promote"
    assert len(table["newly_closed"]) == len(summary.newly_closed) > 0
    assert [goal["declaration"] for goal in table["lost"]] == ["Demo.goal3"]
    assert Path(table["report"]).read_bytes() == render(read_night(folder), summary)
    assert any("lost: Demo.goal3" in line for line in lines_of(summary))


def test_a_folder_that_can_not_be_written_is_named(folder: Path) -> None:
    (folder / contract.REPORT_HTML).mkdir()
    with pytest.raises(StoreError, match="report can't be written"):
        write_report(folder)


def test_an_evaluation_without_a_decision_shows_its_goals(folder: Path) -> None:
    (folder / contract.DECISION).unlink()
    night = read_night(folder)
    assert isinstance(night.evaluation, Evaluation)
    assert "Newly closed" in html(folder)
