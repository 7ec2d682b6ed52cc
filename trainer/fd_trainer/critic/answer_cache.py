"""Answers that were paid for, on disk by their content's digest: one small file each.

Safe to kill at any moment (files are replaced whole) and to share between processes. A damaged file
counts as absent. What is kept is the answer as it came: lint and caps are applied when it is read.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from fd_core.durable_file import make_private_folder, replace_file

from fd_trainer.remark import Material

_VERSION = 1


def key_of(identity: str, material: Material) -> str:
    """Digest of who is asked (with the instruction's version) and of all that is shown."""
    whole = [_VERSION, identity, dataclasses.asdict(material)]
    text = json.dumps(whole, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class AnswerCache:
    """The folder; `None` remembers nothing."""

    folder: Path | None

    def answers(self, key: str) -> tuple[str, ...]:
        """What was answered before, in order: the first answer, and the second after a complaint."""
        if self.folder is None:
            return ()
        try:
            row = json.loads(self._file(self.folder, key).read_text(encoding="utf-8"))
            answers = row["answers"]
            good = row["key"] == key and all(isinstance(each, str) for each in answers)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return ()
        return tuple(answers) if good else ()

    def keep(self, key: str, answers: tuple[str, ...]) -> None:
        """Remember answers durably. Raises OSError (a full disk)."""
        if self.folder is None:
            return
        file = self._file(self.folder, key)
        make_private_folder(file.parent)
        row = {"key": key, "answers": list(answers)}
        replace_file(file, json.dumps(row, ensure_ascii=True).encode())

    @staticmethod
    def _file(folder: Path, key: str) -> Path:
        return folder / key[:2] / f"{key}.json"
