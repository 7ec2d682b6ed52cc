"""What the night asks of the parts that do the work. `composition.py` builds the real ones.

Everything here is asked lazily: nothing heavy is made before the phase that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from fd_core.adapter import Adapter
from fd_core.ports import AdapterRegistry

from fd_trainer.evaluation.measured import Evaluation, PolicyTable
from fd_trainer.example import Batch, Row, StepOutput
from fd_trainer.ledger import AttemptKey
from fd_trainer.ports import GuardedCritic, Sampler, Say, Tokenizer
from fd_trainer.problem import Problem
from fd_trainer.remark import Remark
from fd_trainer.rollout import Graded, Rollout, Sampling
from fd_trainer.run.planner import Stage

if TYPE_CHECKING:
    from fd_trainer.data.collection import Collected


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the pre-flight saw. `fatal` ones stop the run before a GPU is taken."""

    what: str
    fix: str = ""
    fatal: bool = True


class Learner(Protocol):
    """The model that learns and the algorithm of the present stage."""

    def begin(self, stage: Stage) -> None:
        """Start a stage: fresh optimiser and warm-up; GRPO's reference is the student as it is."""
        ...

    def leave_when(self, asked: Callable[[], bool]) -> None:
        """Look between the passes of a step whether it is to be left: StepLeftError, nothing changed."""
        ...

    def step(self, batch: Batch) -> StepOutput:
        """One optimiser step; blocking. A loss that is not finite changes nothing."""
        ...

    def scale_rate(self, factor: float) -> None:
        """Learn at this multiple of the configured rate from now on."""
        ...

    def save(self, folder: Path, step: int, position: Mapping[str, Any]) -> None:
        """Write a checkpoint below `folder`, whole or not at all. Raises RunError or OSError."""
        ...

    def restore(self, folder: Path) -> Mapping[str, Any] | None:
        """Become the newest whole checkpoint, and return its position; none if
        there is none. Damaged ones are passed over."""
        ...

    def save_adapter(self, folder: Path) -> Path:
        """Write what can be published into an empty folder."""
        ...


class Attempting(Protocol):
    """Makes rollouts of one problem: prompts, tools and reading the proof are its business."""

    async def attempts(
        self, problem: Problem, sampler: Sampler, sampling: Sampling, n: int
    ) -> Sequence[Rollout]:
        """`n` attempts by the weights that the sampler speaks with. Raises PolicyError."""
        ...

    def prompt_ids(self, problem: Problem, feedback: str = "") -> tuple[int, ...]:
        """What student (no feedback) or teacher reads, by the function that also serves."""
        ...


class Grading(Protocol):
    """`ports.Grader`."""

    async def grade(self, problem: Problem, rollouts: Sequence[Rollout]) -> Sequence[Graded]:
        """One grade per rollout, in order."""
        ...


class Ledger(Protocol):
    """`fd_trainer.ledger.Ledger`, as far as the night asks. Writing raises an FdError when the disk
    refuses."""

    def rollout(self, key: AttemptKey) -> Rollout | None:
        """The attempt, if it was made before."""
        ...

    def record_rollouts(
        self, made: Sequence[tuple[AttemptKey, Rollout]], *, prompt: str = "", seconds: float = 0.0
    ) -> None:
        """Keep attempts made together, all or none, durably."""
        ...

    def graded(self, rollout: Rollout) -> Graded | None:
        """The rollout with what Lean said of it, undecided included."""
        ...

    def record_graded(self, graded: Sequence[Graded]) -> None:
        """Keep what Lean said, durably."""
        ...

    def record_took(self, key: str, seconds: float) -> None:
        """Keep how long a piece of work took, durably."""
        ...

    def took(self, key: str) -> float | None:
        """How long a piece of work took; none if it was never done."""
        ...

    def remark_of(self, rollout_id: str) -> Remark | None:
        """The remark made for a rollout."""
        ...

    def record_remark(self, key: str, remark: Remark, rollout_ids: Sequence[str] = ()) -> None:
        """Keep a remark, and which rollouts it was made for, durably."""
        ...


class Measuring(Protocol):
    """`evaluation.measuring.Measuring`, as far as the night asks."""

    async def serving(self, suites: Suites, adapter: Adapter | None) -> PolicyTable:
        """What is served now, on the evaluation problems; recalled at the gate."""
        ...

    async def both(self, suites: Suites, serving: Adapter | None, candidate: Adapter) -> Evaluation:
        """The served policy and the candidate on the same draws."""
        ...

    def reckoned_s(self, suites: Suites, adapter: Adapter | None) -> float:
        """About how long measuring a policy takes, as far as `serving` got, resumes included."""
        ...

    async def while_training(self, suites: Suites) -> PolicyTable:
        """The weights in training, to tell the best checkpoint."""
        ...


Suites = Mapping[Literal["held_out", "frozen", "known"], Sequence[Problem]]


def no_pairs(proved: Mapping[str, Sequence[str]]) -> Sequence[Row]:
    """Nothing was refused."""
    return ()


@dataclass(slots=True)
class Bench:
    """All that is needed from the first attempt on; made once, closed at the end."""

    learner: Learner
    sampler: Sampler
    tokenizer: Tokenizer
    attempting: Attempting
    grader: Grading
    critic: GuardedCritic
    ledger: Ledger
    measuring: Measuring
    rows: Sequence[Row] = ()
    """What the user's decisions teach."""
    paired: Callable[[Mapping[str, Sequence[str]]], Sequence[Row]] = no_pairs
    """Preferences of what the policy proved (texts by problem id) over what the user refused."""
    facts: dict[str, str] = field(default_factory=dict)
    """For the report: "device", "lean", "critic", "sampler", versions of libraries."""


class Parts(Protocol):
    """Everything outside of the night's own files."""

    @property
    def registry(self) -> AdapterRegistry:
        """Where adapters are published and promoted."""
        ...

    async def preflight(self) -> Sequence[Finding]:
        """Look at what the night will need, without taking a GPU: Lean, model, critic, disk."""
        ...

    async def collect(self, say: Say) -> Collected:
        """What there is to learn from."""
        ...

    async def bench(self, serving: Adapter | None, collected: Collected) -> Bench:
        """Model, sampler, Lean and critic, ready; the same object each time it is asked."""
        ...

    async def speak(self, step: int) -> None:
        """Let the sampler speak with the learner's present weights, and prove that it does."""
        ...

    async def useful(self, problems: Sequence[Problem]) -> Finding | None:
        """Whether feedback raises the pass rate; a finding if it does not, or could not be told."""
        ...

    async def served_from_now_on(self, adapter: Adapter) -> None:
        """An adapter was promoted: what is needed to see that serving takes it up."""
        ...

    async def tidy(self) -> Sequence[str]:
        """Remove what earlier nights published and nobody needs; what went. Raises RegistryError."""
        ...

    async def aclose(self) -> None:
        """Release all of it. Safe to call twice, and before anything was made."""
        ...
