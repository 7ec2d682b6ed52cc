"""What must not leave the machine is taken out, and Lean is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from fd_trainer.critic.identifiers import Renaming
from fd_trainer.critic.redaction import Private, Redactor
from fd_trainer.remark import Material

PRIVATE = Private(
    folders=("/srv/projekte/geheim", "/home/erika"),
    people=("mustermann", "erika"),
    secrets=("hunter2hunter2",),
)
ALL = ("paths", "people", "emails", "keys")
MAC = "/" + "Users/"  # in two parts: a test forbids real homes in sources


def redacted(text: str, *kinds: str) -> str:
    return Redactor(kinds or ALL, PRIVATE).text(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "private",
    [
        "/home/erika/proofs/My File.lean:3:4",
        MAC + "john/Documents/x.lean",
        "~/secret/x.lean",
        "file:///home/erika/x.lean",
        "C:\\Users\\John\\proofs\\x.lean",
        "\\\\server\\share\\x",
        "/srv/projekte/geheim",
        "erika@example.org",
        "e.m+lean@sub.example.co.uk",
        "sk-abcdefghijklmnop1234",
        "ghp_abcdefghijklmnopqrst1234",
        "AKIAABCDEFGHIJKLMNOP",
        "Bearer abcdefghijklmnopqrstuvwxyz",
        "api_key = 'abcdef0123456789'",
        "https://name:password@host.test",
        "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----",
        "hunter2hunter2",
        "by Erika, 2026",
        "MUSTERMANN",
    ],
)
def test_private_text_is_taken_out(private: str) -> None:
    out = redacted(f"error in {private} here")
    for word in (
        private,
        "erika",
        "Erika",
        "john",
        "John",
        "MUSTERMANN",
        "abcdef",
        "password",
        "geheim",
    ):
        assert word not in out
    assert out.startswith("error in ")


@pytest.mark.parametrize(
    "lean",
    [
        "theorem t (a b c : ℚ) : a / b / c = a / (b * c) := by field_simp",
        "example (n : Nat) : n / 2 / 3 = n / 6 := by omega",
        "x/2/3 + |y|/2/n = (a + b)/2/3",
        "exact @Nat.le_trans _ _ _ h₁ h₂",
        "| n@(k + 1) => by simp [Nat.add_comm]",
        "rcases h with ⟨x, rfl⟩ | ⟨y, hy⟩",
        "have h : s \\ t ⊆ s := fun x hx => hx.1",
        "set_option maxHeartbeats 400000 in",
        "E.lean:3:4: error: unsolved goals\n⊢ f '' s ⊆ t",
        "open Classical in theorem token_count : token = 3 := rfl",
        "fun x ↦ x⁻¹/‖x‖/2",
    ],
)
def test_lean_is_left_as_it_is(lean: str) -> None:
    assert redacted(lean) == lean


def test_positions_in_messages_are_kept() -> None:
    out = redacted("/home/erika/a/B.lean:12:3: error: unknown identifier")
    assert out == "<path>:12:3: error: unknown identifier"


def test_kinds_that_are_not_asked_for_are_left() -> None:
    assert (
        redacted("erika@example.org in /home/erika/x", "keys")
        == "erika@example.org in /home/erika/x"
    )


def test_accounts_that_everybody_has_are_no_names() -> None:
    """A user called `root` must not take `root` out of polynomials."""
    here = Private.here(environment={})
    assert not {"root", "user", "ring", "simp"} & {name.lower() for name in here.people}


def test_secrets_are_found_in_the_environment() -> None:
    environment = {"MY_TOKEN": "correct-horse-battery", "EDITOR": "emacs", "SHORT_KEY": "abc"}
    here = Private.here(Path("/srv/projekte/geheim"), environment)
    assert here.secrets == ("correct-horse-battery",)
    assert "/srv/projekte/geheim" in here.folders


def test_what_is_left_after_redaction_stops_the_sending() -> None:
    redactor = Redactor(ALL, PRIVATE)
    assert redactor.leaks("body with hunter2hunter2") == "keys"
    assert redactor.leaks("body with /home/erika") == "paths"
    assert redactor.leaks("nothing private") is None
    assert Redactor(("emails",), PRIVATE).leaks("hunter2hunter2") is None


MATERIAL = Material(
    problem=(
        "import Mathlib\nimport SecretProject.Core\n\nnamespace Acme\n\n/-- the merger -/\n"
        "structure Deal where\n  price : Nat\n\ndef fair (d : Deal) : Prop := d.price = 0\n\n"
        "-- Bob's idea\ntheorem fair_zero : Acme.fair ⟨0⟩ := rfl\n\n"
        "theorem goal (d : Deal) (h : fair d) : d.price = 0 := by\n  sorry\n"
    ),
    attempt="We use fair_zero.\n```lean\nexact Acme.fair_zero ▸ h -- clever\n```",
    messages=("type mismatch: Acme.fair_zero has type fair ⟨0⟩ but Nat.add_comm",),
    goals="d : Deal\nh : fair d\n⊢ d.price = 0",
    candidate="exact Acme.fair_zero ▸ h",
)


def test_identifiers_are_renamed_everywhere_and_named_back() -> None:
    redactor = Redactor((*ALL, "identifiers", "comments"), PRIVATE)
    clean = redactor.redacted(MATERIAL)
    sent = repr(clean.material)
    for own in ("SecretProject", "Acme", "Deal", "fair", "merger", "Bob", "clever"):
        assert own not in sent
    for library in ("Mathlib", "Nat.add_comm", "price", "rfl"):
        assert library in sent
    answer = "1. Use `" + clean.material.candidate.split()[1] + "`."
    assert clean.renaming.shown(answer) == "1. Use `Acme.fair_zero`."


def test_stand_ins_never_meet_a_name_of_the_user() -> None:
    renaming = Renaming.of([("userDef1", "def"), ("g", "def"), ("userDef2", "def")])
    stand_ins = [stand_in for _, stand_in in renaming.stand_ins]
    assert len(set(stand_ins)) == 3
    assert not {"userDef1", "userDef2", "g"} & set(stand_ins)
    text = "userDef1 g userDef2 g.h other.g g' gg"
    assert renaming.shown(renaming.hidden(text)) == text
    assert "g'" in renaming.hidden(text)


def test_comments_go_also_from_prose_that_is_no_lean() -> None:
    redactor = Redactor(("comments",), PRIVATE)
    material = Material("p", 'He said "hi -- secret one\nsimp /- secret two -/\nrw /- secret 3', ())
    assert "secret" not in redactor.redacted(material).material.attempt
