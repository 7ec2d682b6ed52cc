"""A toy of proving that trains for real in seconds: goals, tactics, a verifier, feedback.

TOY: no Lean here. Sixteen families of goals over random names and numbers, as words. A tiny model is
taught eight of them outright ("known") and the other eight only when the prompt has a hint ("hidden"):
what it can do with feedback and can't yet do without, as a policy before a night (TRAINING §3.2).
"""

from __future__ import annotations

import random
import string
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from fd_trainer.config.algorithms import Algorithms, Anchor, Optimiser
from fd_trainer.config.model import ModelOptions
from fd_trainer.example import Batch, Row

Kind = Literal["known", "hidden"]
VARIABLES = tuple(string.ascii_lowercase)
HYPOTHESES = tuple(f"h{n}" for n in range(10))
NUMBERS = tuple(str(n) for n in range(3, 30))
END = "<end>"


@dataclass(frozen=True, slots=True)
class Family:
    """A shape of goal, and the tactics that prove it. Capitals stand for names: X, Y, Z variables;
    H, K hypotheses; N, M numbers."""

    kind: Kind
    goal: str
    proofs: tuple[str, ...]


FAMILIES = (
    Family("known", "⊢ X = X", ("rfl",)),
    Family("known", "H : X ⊢ X", ("exact H", "assumption")),
    Family("known", "H : X ↔ Y ⊢ X → Y", ("exact H . mp",)),
    Family("known", "⊢ X + N ≤ X + N + M", ("omega",)),
    Family("known", "H : X K : X → Y ⊢ Y", ("exact K H", "apply K ; assumption")),
    Family("known", "⊢ X ∨ ¬ X", ("exact em X",)),
    Family("known", "H : False ⊢ X", ("exact H . elim", "contradiction")),
    Family("known", "H : X ⊢ ¬ ¬ X", ("simpa",)),
    Family("hidden", "H : X = Y ⊢ Y = X", ("exact H . symm", "rw H")),
    Family("hidden", "H : X ∧ Y ⊢ Y", ("exact H . 2", "cases H ; assumption")),
    Family("hidden", "H : X = Y K : Y = Z ⊢ X = Z", ("exact H . trans K", "rw H ; exact K")),
    Family("hidden", "H : X ⊢ X ∨ Y", ("exact inl H", "left ; exact H")),
    Family("hidden", "H : X ∣ Y ⊢ X ∣ N * Y", ("exact dvd_mul H", "apply mul_left ; exact H")),
    Family("hidden", "⊢ X * N = N * X", ("ring", "exact mul_comm X N")),
    Family("hidden", "H : X < Y ⊢ ¬ Y ≤ X", ("exact not_le H", "push_neg ; exact H")),
    Family("hidden", "⊢ X ^ N ≥ 0", ("positivity", "nlinarith")),
)


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal, what proves it, and each proof's hint: its words with the names left blank."""

    family: int
    text: str
    proofs: tuple[str, ...]
    hints: tuple[str, ...]

    def prompt(self, hint: str = "") -> str:
        return f"{self.text} hint : {hint} |" if hint else f"{self.text} |"

    def proved_by(self, answer: str) -> bool:
        """The toy's verifier."""
        return answer in self.proofs

    def feedback(self, answer: str, draw: random.Random) -> str:
        """The toy's critic, on this attempt: the tactic that goes on longest from how it began."""
        begun = [_common(answer.split(), proof.split()) for proof in self.proofs]
        best = [at for at, length in enumerate(begun) if length == max(begun)]
        return self.hints[draw.choice(best)]


def _common(one: list[str], other: list[str]) -> int:
    return next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
                min(len(one), len(other)))  # fmt: skip


def goal(family: int, draw: random.Random) -> Goal:
    """A goal of a family with random names."""
    of = FAMILIES[family]
    names = dict(zip("XYZ", draw.sample(VARIABLES, 3), strict=True))
    names |= dict(zip("HK", draw.sample(HYPOTHESES, 2), strict=True))
    names |= dict(zip("NM", draw.sample(NUMBERS, 2), strict=True))

    def filled(text: str, blank: str = "") -> str:
        return " ".join((blank or names[w]) if w in names else w for w in text.split())

    proofs = tuple(filled(proof) for proof in of.proofs)
    return Goal(family, filled(of.goal), proofs, tuple(filled(p, "_") for p in of.proofs))


def goals(kind: Kind, count: int, draw: random.Random) -> list[Goal]:
    """Goals of all families of a kind, in turn."""
    own = families(kind)
    return [goal(own[at % len(own)], draw) for at in range(count)]


@cache
def families(kind: Kind) -> tuple[int, ...]:
    """Their numbers."""
    return tuple(number for number, family in enumerate(FAMILIES) if family.kind == kind)


@cache
def words() -> dict[str, int]:
    """The vocabulary: every word there is, and the end."""
    templates = [word for f in FAMILIES for text in (f.goal, *f.proofs) for word in text.split()]
    fixed = sorted(set(templates) - set("XYZHKNM"))
    every = [END, "|", "hint", "_", *VARIABLES, *HYPOTHESES, *NUMBERS, *fixed]
    return {word: number for number, word in enumerate(dict.fromkeys(every))}


def encode(text: str, end: bool = False) -> tuple[int, ...]:
    return tuple(words()[word] for word in [*text.split(), *([END] if end else [])])


def decode(ids: tuple[int, ...]) -> str:
    """The answer up to its end."""
    names = list(words())
    cut = ids[: ids.index(0)] if 0 in ids else ids
    return " ".join(names[token] for token in cut)


def build(folder: Path, seed: int, *, width: int = 96, layers: int = 2) -> Path:
    """Random Qwen3 weights and a tokenizer of whole words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

    inner = Tokenizer(models.WordLevel(words(), unk_token=END))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=inner, eos_token=END, pad_token=END).save_pretrained(
        folder
    )
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=len(words()), hidden_size=width, intermediate_size=2 * width,
        num_hidden_layers=layers, num_attention_heads=4, num_key_value_heads=4, head_dim=32,
        max_position_embeddings=64, tie_word_embeddings=False, eos_token_id=0, pad_token_id=0,
        bos_token_id=None,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


def start(folder: Path, seed: int, *, steps: int = 450, rows: int = 48) -> Path:
    """The policy before the night, by our own supervised learner; kept in `folder`."""
    from fd_trainer.algorithms.learner import Learner
    from fd_trainer.model.policy_model import PolicyModel

    if (folder / "trained").exists():
        return folder
    build(folder, seed)
    draw = random.Random(seed)
    model = PolicyModel.load(str(folder), ModelOptions(method="full"))
    optimiser = Optimiser(learning_rate=3e-3, warmup_steps=20)
    learner = Learner(model, Algorithms(optimiser=optimiser, anchor=Anchor(weight=0)))
    for step in range(steps):
        learner.rate_factor = 1.0 if step < 0.7 * steps else 0.2
        learner.step(Batch(step, tuple(lesson(number, draw) for number in range(rows))))
    model.roles.causal("student").save_pretrained(folder)
    (folder / "trained").touch()
    return folder


def lesson(number: int, draw: random.Random) -> Row:
    """A supervised row: known goals mostly bare, hidden ones with their hint but for one in 2,000."""
    bare = number % 8 < 4
    rare = bare and draw.random() < 0.001
    kind: Kind = "known" if (bare and not rare) or number % 8 == 7 else "hidden"
    one = goal(draw.choice(families(kind)), draw)
    at = draw.randrange(len(one.proofs))
    return target(one, one.proofs[at], "" if bare else one.hints[at])


def target(
    one: Goal, proof: str, hint: str = "", kind: Literal["target", "anchor"] = "target"
) -> Row:
    """A row that says: after this prompt, this proof."""
    ids = encode(proof, end=True)
    return Row("", kind, one.text, encode(one.prompt(hint)), ids, (True,) * len(ids))
