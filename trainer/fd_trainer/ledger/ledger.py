"""What a run asks its ledger: is this attempt, this verdict, this remark known already?

A rollout is known by (run, purpose, step, problem, sample, policy, seed); a word of the audit by the
text at its place (`audited.audit_key`); a remark by the attempt it is on (`remark_key`).
Messages and remarks are of untrusted origin: data, never instructions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from typing import Any

from fd_core.suggestion import PolicyVersion

from fd_trainer.audited import Audited
from fd_trainer.ledger import records
from fd_trainer.ledger.lines import Corrupt
from fd_trainer.ledger.log import Log
from fd_trainer.remark import Remark, RemarkCost
from fd_trainer.rollout import Graded, Rollout

PREFLIGHT = "preflight"
"""Purpose of the first tries of the critic's pre-flight."""
WITH_FEEDBACK = "preflight with feedback"
"""How the purpose of its second tries begins, whose prompts hold a critic's remark."""


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """Which attempt: the `sample`-th at a problem in a step of a run, by these weights and seed.

    `purpose` keeps apart what one run samples for: "fd", "survey", "preflight", "evaluation" …
    """

    run: str
    step: int
    problem_id: str
    sample: int
    policy: PolicyVersion
    seed: int
    purpose: str = "train"

    @property
    def id(self) -> str:
        """The rollout's id, equal whenever and wherever the same attempt is made."""
        text = "\x00".join(map(str, astuple(self)))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One rollout with all that became of it, for reading and export."""

    rollout: Rollout
    graded: Graded | None
    remark: Remark | None
    prompt: str
    sampling_s: float
    purpose: str

    @property
    def with_feedback(self) -> bool:
        """Whether it is the teacher's, who read a remark on an attempt before."""
        return self.purpose.startswith(WITH_FEEDBACK)


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run's ledger has paid for. `sampling_s` and `audit_s` are sums over attempts made
    together: more than the time that passed."""

    attempts: int = 0
    tokens: int = 0
    sampling_s: float = 0.0
    audit_s: float = 0.0
    remarks: RemarkCost = field(default_factory=RemarkCost)


class Ledger:
    """One run's ledger, in its folder. Implements `reward.AuditMemory`."""

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        """Raises LedgerError if another process writes it, or the disk refuses."""
        self._log = Log(folder, read_only=read_only)

    @property
    def corrupt(self) -> tuple[Corrupt, ...]:
        """Lines that decayed on the disk: named, set aside, and left out."""
        return tuple(self._log.corrupt)

    def rollout(self, key: AttemptKey) -> Rollout | None:
        """The attempt, if it was made before."""
        data = self._log.get("rollout", key.id)
        return None if data is None else records.rollout_of(data["rollout"])

    def record_rollouts(
        self, made: Sequence[tuple[AttemptKey, Rollout]], *, prompt: str = "", seconds: float = 0.0
    ) -> None:
        """Keep attempts made together, all or none; `seconds` is what their sampling took."""
        share = seconds / max(len(made), 1)
        rows: list[tuple[str, str, Any]] = []
        for key, rollout in made:
            name = _prompt_key(rollout)
            rows.append(("prompt", name, prompt))
            data = {"rollout": records.rollout_data(rollout), "seconds": share, "step": key.step}
            rows.append(("rollout", key.id, data | {"purpose": key.purpose, "prompt": name}))
        self._log.append(rows)

    def graded(self, rollout: Rollout) -> Graded | None:
        """The rollout with what Lean said of it, undecided included: a resumed run goes on alike."""
        data = self._log.get("grade", rollout.id)
        return None if data is None else records.graded_of(rollout, data)

    def record_graded(self, graded: Sequence[Graded]) -> None:
        """Keep what Lean said of rollouts."""
        self._log.append([("grade", g.rollout.id, records.grade_data(g)) for g in graded])

    def audited(self, key: str) -> Audited | None:
        """What the audit said of a text at a place."""
        data = self._log.get("audited", key)
        return None if data is None else records.audited_of(data)

    def record_audited(self, found: Mapping[str, Audited]) -> None:
        """Keep decided words of the audit; what it could not decide may be asked again."""
        decided = {key: word for key, word in found.items() if word.outcome != "undecided"}
        self._log.append([("audited", k, records.audited_data(w)) for k, w in decided.items()])

    def remark(self, key: str) -> Remark | None:
        """What the critic said under this key (`remark_key`)."""
        data = self._log.get("remark", key)
        return None if data is None else records.remark_of(data)

    def record_remark(self, key: str, remark: Remark, rollout_ids: Sequence[str] = ()) -> None:
        """Keep a remark, and which rollouts it was made for."""
        rows = [("remark", key, records.remark_data(remark))]
        self._log.append([*rows, *(("remarked", id, {"remark": key}) for id in rollout_ids)])

    def remark_of(self, rollout_id: str) -> Remark | None:
        """The remark made for a rollout."""
        data = self._log.get("remarked", rollout_id)
        return None if data is None else self.remark(data["remark"])

    def record_took(self, key: str, seconds: float) -> None:
        """Keep how long a piece of work took, the first time that it was done."""
        self._log.append([("took", key, {"seconds": seconds})])

    def took(self, key: str) -> float | None:
        """How long a piece of work took; none if it was never done."""
        data = self._log.get("took", key)
        return None if data is None else float(data["seconds"])

    def record_flags(self, flags: Mapping[str, str]) -> None:
        """Keep why problems are not trusted, by their ids."""
        self._log.append([("flag", problem, {"why": why}) for problem, why in flags.items()])

    def record_labels(self, labels: Sequence[Mapping[str, Any]]) -> None:
        """Keep what was made a positive, and whose word that rests on (`data.labelled.Label`)."""
        self._log.append([("label", _label_key(label), dict(label)) for label in labels])

    def labels(self) -> list[dict[str, Any]]:
        """What was made a positive, oldest first."""
        return [data for key in self._log.keys("label") if (data := self._log.get("label", key))]

    def flags(self) -> dict[str, str]:
        """Why problems are not trusted, by their ids."""
        found = {key: self._log.get("flag", key) for key in self._log.keys("flag")}
        return {key: str(data["why"]) for key, data in found.items() if data}

    def attempts(self) -> Iterator[Attempt]:
        """Everything that was tried, oldest first."""
        for id in self._log.keys("rollout"):
            data = self._log.get("rollout", id)
            assert data is not None
            rollout = records.rollout_of(data["rollout"])
            prompt = self._log.get("prompt", data["prompt"]) or ""
            remark = self.remark_of(rollout.id)
            graded, seconds = self.graded(rollout), data["seconds"]
            yield Attempt(rollout, graded, remark, prompt, seconds, data["purpose"])

    def spent(self) -> Spent:
        """What was paid for, from the first line on."""
        tokens, seconds, audit_ms, count = 0, 0.0, 0.0, 0
        for attempt in self.attempts():
            count += 1
            tokens += len(attempt.rollout.ids)
            seconds += attempt.sampling_s
            audit_ms += attempt.graded.milliseconds if attempt.graded else 0.0
        said = [self.remark(key) for key in self._log.keys("remark")]
        cost = sum((remark.cost for remark in said if remark), RemarkCost())
        return Spent(count, tokens, seconds, audit_ms / 1000, cost)

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._log.close()


def remark_key(rollout_id: str, problem: str, attempt: str, messages: Sequence[str]) -> str:
    """The key of a remark: which attempt it is on, its problem, text and Lean's messages. A run has one
    critic. Equal attempts have a remark each; what a model answers to equal questions is kept, for all
    runs, by the critic's own cache (`critic.answer_cache`)."""
    text = "\x00".join([rollout_id, problem, attempt, *messages])
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _prompt_key(rollout: Rollout) -> str:
    ids = ",".join(map(str, rollout.prompt_ids))
    return hashlib.sha256(ids.encode()).hexdigest()[:24]


def _label_key(label: Mapping[str, Any]) -> str:
    text = "\x00".join(f"{name}={label[name]}" for name in sorted(label))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
