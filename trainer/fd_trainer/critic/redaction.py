"""Redaction: what must not leave the machine is taken out of the material before a prompt is made.

Paths, people, e-mail addresses and keys always read the same (`<path>`), so that redacted text is
stable and its cache works. Identifiers are renamed, and named back in the answer. When in doubt it
redacts: a hole in a comment costs a little advice, a key costs more.
"""

from __future__ import annotations

import dataclasses
import getpass
import os
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fd_core.lean_lexing import tokens

from fd_trainer.config.critic import Redaction
from fd_trainer.critic.identifiers import Renaming, own_names
from fd_trainer.remark import Material

_PART = r"[^\s:*?\"'`<>|()\[\]{},;/\\]+"
_PATH = re.compile(
    r"file://\S+"
    rf"|(?<![\w/.)\]}}|⌋⌉‖'!])(?:~|/{_PART})(?:/{_PART})+/?"
    r"|\b[A-Za-z]:\\(?:[^\s\\:*?\"<>|]+\\)*[^\s\\:*?\"<>|]*"
    r"|\\\\[\w.-]+\\[^\s:*?\"<>|]+"
)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[a-z]{2,24}\b(?!\()")
_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(?:sk|pk|rk)-[A-Za-z0-9_-]{16,}|\bgh[oprsu]_[A-Za-z0-9]{20,}|\bgithub_pat_\w{20,}"
    r"|\bglpat-[\w-]{16,}|\bhf_[A-Za-z0-9]{20,}|\bxox[abprs]-[\w-]{10,}|\bAKIA[0-9A-Z]{16}\b"
    r"|\bAIza[\w-]{30,}|\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,}"
    r"|(?<=://)[^\s/@:]+:[^\s/@]+(?=@)|\bBearer\s+[\w.~+/-]{16,}=*"
    r"|(?i:\b(?:api[_-]?key|secret|passw(?:or)?d|token)\b\s*[:=]\s*[\"']?)[\w.~+/-]{12,}=*",
    re.DOTALL,
)
_COMMENT_LINE = re.compile(r"(?:--|/-)[^\n]*")
_SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_EVERYONE_WORDS = """
root user admin lean ubuntu debian runner home guest test nobody vscode app dev work main localhost
simp ring group field node set map list nat int real host machine server
"""
_EVERYONE = frozenset(_EVERYONE_WORDS.split())
"""Names of accounts that say nothing of a person, or mean something in Lean."""


@dataclass(frozen=True, slots=True)
class Private:
    """What of this machine must stay here: literal texts, found in the environment."""

    folders: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()

    @classmethod
    def here(
        cls,
        project: Path | None = None,
        environment: Mapping[str, str] = os.environ,
        key: str = "",
    ) -> Private:
        """Of this process: home, project, user and host names, values of secret variables, and the
        key that is sent as a header."""
        home = str(Path.home())
        folders = [home, str(project or ""), environment.get("USERPROFILE", "")]
        people = [_user(), Path(home).name, socket.gethostname().split(".")[0]]
        values = [v for k, v in environment.items() if _SECRET_NAME.search(k)]
        secrets = [value for value in (*values, key) if len(value) >= 8]
        return cls(
            _longest_first(f for f in folders if len(f) > 3 and not f.isdecimal()),
            _longest_first(p for p in people if len(p) >= 3 and p.lower() not in _EVERYONE),
            _longest_first(secret for secret in secrets if not secret.startswith(("/", "."))),
        )


@dataclass(frozen=True, slots=True)
class Redacted:
    """Material that may be sent, and the way back for names in the answer."""

    material: Material
    renaming: Renaming = field(default_factory=Renaming)


class Redactor:
    """Takes out the configured kinds of text."""

    def __init__(self, kinds: Iterable[Redaction], private: Private) -> None:
        self.kinds = frozenset(kinds)
        self._private = private
        wanted: list[tuple[Redaction, Callable[[str], str]]] = [
            ("keys", self._without_keys),
            ("emails", lambda text: _EMAIL.sub("<e-mail>", text)),
            ("paths", self._without_paths),
            ("people", self._without_people),
        ]
        self._steps = [step for kind, step in wanted if kind in self.kinds]

    def redacted(self, material: Material) -> Redacted:
        """The material as it may be sent."""
        if "comments" in self.kinds:
            material = _mapped(material, _without_comments)
        renaming = Renaming()
        if "identifiers" in self.kinds:
            renaming = Renaming.of(own_names(material))
            material = _mapped(material, renaming.hidden)
        return Redacted(_mapped(material, self.text), renaming)

    def text(self, text: str) -> str:
        """One text without what must not leave."""
        for step in self._steps:
            text = step(text)
        return text

    def leaks(self, sent: str) -> str | None:
        """What kind of private text is still in what is about to be sent; nothing if none is."""
        checks = [("keys", self._private.secrets), ("paths", self._private.folders)]
        for kind, texts in checks:
            if kind in self.kinds and any(text in sent for text in texts):
                return kind
        return None

    def _without_keys(self, text: str) -> str:
        for secret in self._private.secrets:
            text = text.replace(secret, "<key>")
        return _KEY.sub("<key>", text)

    def _without_paths(self, text: str) -> str:
        for folder in self._private.folders:
            text = re.sub(rf"{re.escape(folder)}(?:[/\\]{_PART})*[/\\]?", "<path>", text)
        return _PATH.sub("<path>", text)

    def _without_people(self, text: str) -> str:
        for name in self._private.people:
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "<name>", text, flags=re.IGNORECASE)
        return text


def _mapped(material: Material, change: Callable[[str], str]) -> Material:
    """The material with each of its texts changed."""
    return dataclasses.replace(
        material,
        problem=change(material.problem),
        goals=change(material.goals),
        attempt=change(material.attempt),
        candidate=change(material.candidate),
        messages=tuple(map(change, material.messages)),
        references=tuple(map(change, material.references)),
    )


def _without_comments(text: str) -> str:
    """Without comments; where a text is half prose, without whatever looks like one on its line."""
    out, at = [], 0
    for token in tokens(text):
        if token.kind in ("line comment", "block comment") and token.closed:
            out.append(text[at : token.start])
            at = token.end
    return _COMMENT_LINE.sub("", "".join(out) + text[at:])


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts), key=lambda text: (-len(text), text)))
