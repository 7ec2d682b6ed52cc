"""A toy prover, as a fake of the ports `Lean` and `Policy`: propositional logic, in memory.

Fake, but honest: it elaborates the text of whole declarations by rules of its own that know nothing
of search, so what it calls closed is a proof. Declarations read
`theorem name (h : p ∧ q) … : p → q := by …`; `Prop` binders are ignored.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from fd_core.landing import advance
from fd_core.lean_source import Declaration, declaration_at, declarations
from fd_core.ports import CheckLimits, SampleRequest
from fd_core.proof import (
    Complete,
    Document,
    Goal,
    GoalsAnswer,
    Hypothesis,
    NoProof,
    ProofSite,
    ProofState,
)
from fd_core.suggestion import (
    AuditResult,
    Candidate,
    Closed,
    Cost,
    Failed,
    Judgement,
    Message,
    NotProved,
    Origin,
    PolicyVersion,
    Progressed,
    Proved,
    Undecided,
)

HERE = "#here"
Formula = tuple[str, "Formula", "Formula"] | str
_TOKEN = re.compile(r"[()∧∨→]|¬|[\w⊥⊤]+")
_LEVELS = ("→", "∨", "∧")
_FREE = Cost(0.0)


class ToyError(Exception):
    """A tactic does not apply."""


def parse(text: str) -> Formula:
    """A formula: → binds weakest and to the right, then ∨, then ∧."""
    tokens = _TOKEN.findall(text)

    def level(index: int) -> Formula:
        if index == len(_LEVELS):
            token = tokens.pop(0)
            if token == "¬":
                return ("→", level(index), "False")
            if token != "(":
                return str(token)
            inner = level(0)
            tokens.pop(0)
            return inner
        left = level(index + 1)
        if tokens and tokens[0] == _LEVELS[index]:
            tokens.pop(0)
            return (_LEVELS[index], left, level(index))
        return left

    return level(0)


def show(formula: Formula, outer: int = -1) -> str:
    """The formula with as few brackets as `parse` needs."""
    if isinstance(formula, str):
        return formula
    level = _LEVELS.index(formula[0])
    text = f"{show(formula[1], level)} {formula[0]} {show(formula[2], level - 1)}"
    return f"({text})" if level <= outer else text


@dataclass(frozen=True)
class ToyGoal:
    """Named hypotheses and a target."""

    context: tuple[tuple[str, Formula], ...]
    target: Formula

    def look(self, name: str) -> Formula:
        for known, formula in reversed(self.context):
            if known == name:
                return formula
        raise ToyError(f"unknown name {name}")

    def having(self, *named: tuple[str, Formula]) -> ToyGoal:
        names = {name for name, _ in named}
        kept = tuple(item for item in self.context if item[0] not in names)
        return ToyGoal((*kept, *named), self.target)

    def proving(self, target: Formula) -> ToyGoal:
        return ToyGoal(self.context, target)

    def shown(self) -> Goal:
        names = tuple(Hypothesis((name,), show(formula)) for name, formula in self.context)
        return Goal(show(self.target), names)


@dataclass
class Elaboration:
    """One run through a proof: whether a `sorry` was met, and the goals at `#here`."""

    used_sorry: bool = False
    here: list[ToyGoal] | None = None

    def block(self, lines: list[str], goals: list[ToyGoal]) -> list[ToyGoal]:
        """Run steps that stand at column 0; deeper lines belong to the step above."""
        steps: list[list[str]] = []
        for line in filter(str.strip, lines):
            if line[0] != " " or not steps:
                steps.append([line.strip() if not steps else line])
            else:
                steps[-1].append(line)
        for step in steps:
            goals = self.step(step, goals)
        return goals

    def step(self, lines: list[str], goals: list[ToyGoal]) -> list[ToyGoal]:
        head = lines[0]
        if head == HERE:
            self.here = list(goals)
            return []
        if not goals:
            raise ToyError("no goals")
        if head.startswith("· "):
            left = self.block([head[2:], *(line[2:] for line in lines[1:])], goals[:1])
            if left:
                raise ToyError("unsolved goals")
            return goals[1:]
        if head.startswith("(") and lines[-1].endswith(")"):
            inner = "\n".join([head[1:], *(line[1:] for line in lines[1:])])[:-1]
            return self.block(inner.split("\n"), goals)
        parts = " ".join(line.strip() for line in lines).split(" <;> ")
        after = self.tactic(parts[0], goals[0])
        for part in parts[1:]:
            after = [new for goal in after for new in self.tactic(part, goal)]
        return after + goals[1:]

    def tactic(self, text: str, goal: ToyGoal) -> list[ToyGoal]:
        words = text.split()
        match words:
            case ["sorry"]:
                self.used_sorry = True
                return []
            case ["skip"]:
                return [goal]
            case ["first", "|", *_]:
                for option in text.removeprefix("first |").split(" | "):
                    try:
                        return self.tactic(option.strip(), goal)
                    except ToyError:
                        continue
                raise ToyError("every alternative failed")
            case ["intro", *names] if names:
                for name in names:
                    if goal.target[0] != "→" or isinstance(goal.target, str):
                        raise ToyError("no implication")
                    goal = goal.having((name, goal.target[1])).proving(goal.target[2])
                return [goal]
            case ["exact", name]:
                if goal.look(name) != goal.target:
                    raise ToyError("type mismatch")
                return []
            case ["assumption"]:
                if all(formula != goal.target for _, formula in goal.context):
                    raise ToyError("no assumption fits")
                return []
            case ["contradiction"]:
                if all(formula != "False" for _, formula in goal.context):
                    raise ToyError("no contradiction")
                return []
            case ["trivial"]:
                if goal.target != "True":
                    raise ToyError("not trivial")
                return []
            case ["constructor"] if goal.target[0] == "∧":
                return [goal.proving(part) for part in goal.target[1:]]
            case ["left"] if goal.target[0] == "∨":
                return [goal.proving(goal.target[1])]
            case ["right"] if goal.target[0] == "∨":
                return [goal.proving(goal.target[2])]
            case ["exfalso"]:
                return [goal.proving("False")]
            case ["apply", name]:
                rule = goal.look(name)
                if isinstance(rule, str) or rule[0] != "→" or rule[2] != goal.target:
                    raise ToyError("it proves something else")
                return [goal.proving(rule[1])]
            case ["rcases", name, "with", one, "|", two]:
                rule = goal.look(name)
                if isinstance(rule, str) or rule[0] != "∨":
                    raise ToyError("not a disjunction")
                return [goal.having((one, rule[1])), goal.having((two, rule[2]))]
            case ["have", one, two, "from", name]:
                rule = goal.look(name)
                if isinstance(rule, str) or rule[0] != "∧":
                    raise ToyError("not a conjunction")
                return [goal.having((one, rule[1]), (two, rule[2]))]
        raise ToyError(f"unknown tactic or wrong goal: {text}")


def statement(text: str, declaration: Declaration) -> ToyGoal:
    """What a declaration claims."""
    head = text[declaration.keyword_start : declaration.statement_end]
    binders = re.findall(r"\((\w+) : ((?:[^()]|\([^()]*\))*)\)", head)
    context = tuple((name, parse(kind)) for name, kind in binders if kind != "Prop")
    depth = 0
    for at, letter in enumerate(head):
        depth += (letter == "(") - (letter == ")")
        if letter == ":" and depth == 0:
            return ToyGoal(context, parse(head[at + 1 :]))
    raise ToyError("no statement")


def elaborate(text: str, declaration: Declaration) -> Elaboration:
    """Run a declaration's proof; raises ToyError where it fails."""
    run = Elaboration()
    body = text[declaration.body_start : declaration.end].removeprefix(":=").strip(" ")
    body = body.replace("\r\n", "\n")
    if not body.startswith("by"):
        if body.strip() != "sorry":
            raise ToyError("terms are beyond this toy")
        run.used_sorry = True
        return run
    lines = body.removeprefix("by").split("\n")
    margin = min((len(s) - len(s.lstrip()) for s in lines[1:] if s.strip()), default=0)
    left = run.block([lines[0].strip(), *(line[margin:] for line in lines[1:])],
                     [statement(text, declaration)])  # fmt: skip
    if left:
        raise ToyError("unsolved goals")
    return run


@dataclass
class ToyLean:
    """The port `Lean` on the toy. Counts what it was asked; `delay_s` is spent per batch."""

    delay_s: float = 0.0
    checks: list[tuple[ProofState, tuple[str, ...]]] = field(default_factory=list)
    audits: list[str] = field(default_factory=list)
    undecided: frozenset[str] = frozenset()
    refuse_audits_of: str = "\x00"
    at_work: int = 0
    label: str = "toy"
    recorded: bool = False

    async def goals_at(self, site: ProofSite) -> GoalsAnswer:
        document = site.document.replaced(site.range, HERE)
        found = declaration_at(document.text, document.offset(site.range.start))
        try:
            run = elaborate(document.text, found) if found else Elaboration()
        except ToyError as error:
            return NoProof(str(error))
        if run.here is None:
            return NoProof()
        goals = tuple(goal.shown() for goal in run.here)
        return ProofState(site, goals, "toy") if goals else Complete()

    async def check(
        self,
        state: ProofState,
        candidates: Sequence[Candidate],
        limits: CheckLimits = CheckLimits(),  # noqa: B008
    ) -> AsyncGenerator[Judgement]:
        self.checks.append((state, tuple(candidate.text for candidate in candidates)))
        self.at_work += 1
        try:
            await asyncio.sleep(self.delay_s)
            for candidate in candidates:
                yield self._judged(state, candidate)
        finally:
            self.at_work -= 1

    def _judged(self, state: ProofState, candidate: Candidate) -> Judgement:
        if candidate.text in self.undecided:
            return Judgement(candidate, Undecided(_FREE, "out of time"))
        following = advance(state.site, candidate.text)
        document = following.document.replaced(following.range, HERE)
        found = declaration_at(document.text, document.offset(following.range.start))
        assert found is not None
        try:
            run = elaborate(document.text, found)
        except ToyError as error:
            return Judgement(candidate, Failed(_FREE, (Message("error", str(error)),)))
        assert run.here is not None
        after = tuple(goal.shown() for goal in run.here)
        if not after:
            return Judgement(candidate, Closed(_FREE))
        if after == state.goals:
            return Judgement(candidate, Failed(_FREE, (Message("error", "no progress"),)))
        return Judgement(candidate, Progressed(_FREE, after))

    async def audit(self, challenge: Document, solution: Document, declaration: str) -> AuditResult:
        self.audits.append(solution.text)
        old = next(d for d in declarations(challenge.text) if d.name == declaration)
        new = next((d for d in declarations(solution.text) if d.name == declaration), None)
        if new is None or challenge.text[: old.statement_end] != solution.text[: new.statement_end]:
            return NotProved(declaration, ("the statement changed",), 0.0)
        if self.refuse_audits_of in solution.text[new.start : new.end]:
            return NotProved(declaration, ("refused for this test",), 0.0)
        try:
            run = elaborate(solution.text, new)
        except ToyError as error:
            return NotProved(declaration, (str(error),), 0.0)
        if run.used_sorry:
            return NotProved(declaration, ("it uses sorry",), 0.0)
        return Proved(declaration, (), 0.0)

    async def diagnostics(self, document: Document) -> tuple[Message, ...]:
        return ()

    async def try_this(self, state: ProofState, tactic: str) -> tuple[str, ...]:
        return ()

    def memory_mb(self) -> int:
        return 0

    async def aclose(self) -> None:
        return


@dataclass
class ToyPolicy:
    """Proposes every rule of the toy that could apply, closers first; it can't see ahead."""

    whole: tuple[str, ...] = ()
    first: tuple[Candidate, ...] = ()
    delay_s: float = 0.0
    asked: list[SampleRequest] = field(default_factory=list)
    at_work: int = 0
    most_at_work: int = 0
    version: PolicyVersion = field(default_factory=lambda: PolicyVersion("toy"))

    async def sample(self, request: SampleRequest) -> AsyncGenerator[Candidate]:
        self.asked.append(request)
        self.at_work += 1
        self.most_at_work = max(self.most_at_work, self.at_work)
        try:
            await asyncio.sleep(self.delay_s)
            if not request.whole_proof:
                for candidate in self.first:
                    yield candidate
            for text in self.whole if request.whole_proof else moves(request.state.goals[0]):
                yield Candidate(text, Origin("policy", "toy"))
        finally:
            self.at_work -= 1


def moves(goal: Goal) -> list[str]:
    """Every rule that may apply to a goal, shallow reading only."""
    taken = {name for h in goal.hypotheses for name in h.names}
    fresh = [name for name in "abcdefgh" if name not in taken] or ["z"]
    found = ["assumption", "trivial", "contradiction"]
    if "→" in goal.target:
        found.append(f"intro {fresh[0]}")
    if "∧" in goal.target:
        found.append("constructor")
    for hypothesis in goal.hypotheses:
        name = hypothesis.names[0]
        if "→" in hypothesis.type:
            found.append(f"apply {name}")
        if "∨" in hypothesis.type and len(fresh) > 1:
            found.append(f"rcases {name} with {fresh[0]} | {fresh[1]}")
        if "∧" in hypothesis.type and len(fresh) > 1:
            found.append(f"have {fresh[0]} {fresh[1]} from {name}")
    if "∨" in goal.target:
        found += ["left", "right"]
    return [*found, "exfalso"]


def theorem(claim: str, name: str = "t") -> Document:
    """A file with one open theorem."""
    return Document(
        "file:///toy.lean", 1, f"theorem {name} (p q r s : Prop) {claim} := by\n  sorry\n"
    )
