"""A problem as a prompt, by the function that also serves; an answer as a proof; a proof as an answer."""

from __future__ import annotations

from dataclasses import dataclass

from fd_core.candidate_text import normalise
from fd_core.landing import land
from fd_core.prompt import Prompt, PromptFormat, parse, prompt_format, render

from fd_trainer.ports import Tokenizer
from fd_trainer.problem import Problem, ProblemKind


class Wording:
    """Formats by what one attempt is; texts in, texts out."""

    step: str
    proof: str

    def form(self, kind: ProblemKind) -> PromptFormat:
        """The format for steps or for proofs. Raises SettingsError for a name that is none."""
        return prompt_format(self.step if kind == "step" else self.proof)

    def prompt(self, problem: Problem, feedback: str = "") -> Prompt:
        """What is read: by the student without feedback, by the teacher with it."""
        return render(self.form(problem.kind).name, problem.state, feedback=feedback)

    def candidate(self, problem: Problem, completion: str) -> str:
        """The proof or tactic read from an answer; empty if there is none.

        A step is taken whole, as it was sampled: to keep its beginning only would reward a tactic
        for what was written behind it.
        """
        found = parse(self.form(problem.kind).name, completion, problem.state)
        return found[0] if found else ""

    def answer(self, problem: Problem, text: str) -> str:
        """How a model that says this text would finish the prompt, with the mark that stops it."""
        form = self.form(problem.kind)
        stop = form.stop[-1] if form.stop else ""
        code = normalise(text)
        if form.answer == "code":
            code = land(problem.state.site, text).document.text.strip()
        if form.opening:
            return f"{code}\n{stop}"
        fence = "lean4" if form.answer == "code" else "lean"
        return f"```{fence}\n{code}\n```{stop}"


@dataclass(frozen=True)
class TextPrompting(Wording):
    """Without a model: where texts go out, and no ids."""

    step: str = "fd-tactic-1"
    proof: str = "fd-proof-1"


@dataclass(frozen=True)
class Prompting(Wording):
    """With the tokenizer of the model that answers."""

    tokenizer: Tokenizer
    step: str = "fd-tactic-1"
    proof: str = "fd-proof-1"

    def ids(self, problem: Problem, feedback: str = "") -> tuple[int, ...]:
        """The prompt's token ids [P]."""
        return tuple(self.tokenizer.encode(self.prompt(problem, feedback).text))
