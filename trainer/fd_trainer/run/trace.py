"""What a night leaves for its report: remarks, token gaps, measures, costs. See `report.contract`."""

from __future__ import annotations

import resource
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from fd_trainer.evaluation.guards import GuardMeasure
from fd_trainer.evaluation.leaks import top_token_share
from fd_trainer.example import StepOutput, TokenGaps
from fd_trainer.ports import Tokenizer
from fd_trainer.problem import Problem
from fd_trainer.remark import Masked, Remark, RemarkCost, Remarked
from fd_trainer.report import contract, run_files
from fd_trainer.report.contract import AttemptRemark, Costs, HeatRow, ProblemFacts
from fd_trainer.rollout import Graded
from fd_trainer.run.attempts import Attempted
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.metrics_log import read_lines

GAPS_EVERY = 10
_LONGEST_TEXT = 20_000


class Trace:
    """Writes those files of one run. Raises StoreError when the disk refuses."""

    def __init__(self, folder: RunFolder, tokenizer: Tokenizer | None = None) -> None:
        self._folder = folder.path
        self.tokenizer = tokenizer
        self._written = {
            str(line.get("rollout_id")) for line in read_lines(self._folder / contract.REMARKS)
        }
        before = run_files.read_costs(self._folder)  # of the same run, before it was resumed
        self.seconds: defaultdict[str, float] = defaultdict(float, before.seconds)
        self.tokens: Counter[str] = Counter(before.tokens)
        self._money = before.money

    def problems(self, problems: Iterable[Problem]) -> None:
        """All problems of the night, once."""
        path = self._folder / contract.GOALS
        path.unlink(missing_ok=True)
        run_files.append(path, [_facts(problem) for problem in problems])

    def attempts(self, step: int, phase: str, attempted: Sequence[Attempted]) -> None:
        """Each attempt with its remark; one that was written before a kill is not written again."""
        lines = [
            _line(step, phase, each.problem, graded, remark)
            for each in attempted
            for graded, remark in _with_remarks(each)
            if graded.rollout.id not in self._written
        ]
        self._written |= {line.rollout_id for line in lines}
        run_files.append(self._folder / contract.REMARKS, lines)
        for each in attempted:
            self.tokens["sampled"] += sum(len(graded.rollout.ids) for graded in each.graded)

    def gaps(self, step: int, output: StepOutput, attempted: Sequence[Attempted]) -> None:
        """The heat map's rows of some steps."""
        if self.tokenizer is None or step % GAPS_EVERY:
            return
        known = {
            graded.rollout.id: (each.problem, graded, remark)
            for each in attempted
            for graded, remark in _with_remarks(each)
        }
        rows = []
        for gap in output.gaps:
            found = known.get(gap.row_id.removesuffix("-distil"))
            if found is not None:
                rows.append(_heat(step, gap, self.tokenizer, *found))
        run_files.append(self._folder / contract.GAPS, rows)

    def measures(self, taken: Sequence[GuardMeasure]) -> None:
        """What the guards made the run do so far."""
        path = self._folder / contract.MEASURES
        path.unlink(missing_ok=True)
        run_files.append(path, taken)

    def costs(self, spent: RemarkCost | None, currency: str, memory_mb: Mapping[str, int]) -> None:
        """What the night took so far."""
        tokens, money = dict(self.tokens), self._money
        if spent is not None and spent.calls:
            tokens |= {"critic_in": spent.tokens_in, "critic_out": spent.tokens_out}
            money = {currency: spent.money} if spent.money is not None else {}
        seconds = {name: round(value, 3) for name, value in self.seconds.items()}
        run_files.put(self._folder / contract.COSTS, Costs(seconds, tokens, money, dict(memory_mb)))


def peak_memory_mb() -> int:
    """The most memory that this process ever held, Lean's processes not counted."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def gap_metrics(output: StepOutput) -> dict[str, float]:
    """How much of the pull sits on few tokens, where the algorithm kept gaps."""
    gaps = [gap for row in output.gaps for gap in row.gaps]
    return {"leak/top_token_share": top_token_share(gaps)} if gaps else {}


def _facts(problem: Problem) -> ProblemFacts:
    site = problem.state.site
    return ProblemFacts(
        problem.id,
        problem.declaration,
        "\n\n".join(map(str, problem.state.goals)),
        str(problem.project),
        site.document.uri,
        site.range.start.line,
        problem.part,
        problem.known,
        problem.source,
    )


def _with_remarks(each: Attempted) -> Iterable[tuple[Graded, Remark | None]]:
    remarks = each.remarks or (None,) * len(each.graded)
    return zip(each.graded, remarks, strict=True)


def _line(
    step: int, phase: str, problem: Problem, graded: Graded, remark: Remark | None
) -> AttemptRemark:
    rollout = graded.rollout
    cost = remark.cost if remark is not None else RemarkCost()
    return AttemptRemark(
        step=step,
        problem_id=problem.id,
        rollout_id=rollout.id,
        attempt=rollout.text[:_LONGEST_TEXT],
        outcome=graded.outcome,
        messages=tuple(text[:_LONGEST_TEXT] for text in graded.messages),
        feedback=remark.feedback.text if isinstance(remark, Remarked) else "",
        source=remark.feedback.source if isinstance(remark, Remarked) else "",
        masked=remark.reason if isinstance(remark, Masked) else "",
        tokens_in=cost.tokens_in,
        tokens_out=cost.tokens_out,
        money=cost.money or 0.0,
        phase=phase,
        at=time.time(),
    )


def _heat(
    step: int,
    gap: TokenGaps,
    tokenizer: Tokenizer,
    problem: Problem,
    graded: Graded,
    remark: Remark | None,
) -> HeatRow:
    feedback = remark.feedback if isinstance(remark, Remarked) else None
    return HeatRow(
        step,
        gap.row_id,
        problem.id,
        tuple(tokenizer.decode([token]) for token in gap.ids),
        gap.gaps,
        feedback.text if feedback else "",
        feedback.source if feedback else "",
        graded.outcome,
    )
