"""One FD training step against TRL's SDPO trainer: same model, LoRA, rows and tokens; sampling excluded.

    OMP_NUM_THREADS=1 python benchmarks/fd_step.py [--rows 12] [--repeats 15]

Needs the dependency group `oracle`. TRL's step is its own `compute_loss` (student and EMA teacher, top
25), backward, clip, AdamW and teacher update on tensors that are ready; its log-probs of the rollout are
left out. It goes once with the whole batch in one pass, as it is set by default, and once with a third of
the rows per pass, gradients accumulated, which suits a CPU's caches better. Steps alternate; seconds are
CPU seconds where there is no GPU. Printed: medians, their ratio, the spread of the ratios within a round,
the machine's load, and how many logits each holds at once.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import torch

VOCABULARY, WIDTH, LAYERS, RANK, K = 8_192, 256, 6, 16, 25
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
RATE = 1e-5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=15)
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    if not torch.cuda.is_available():
        torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        base = build(Path(scratch) / "base")
        for spread, name in ((False, "equal lengths"), (True, "lengths of a rollout")):
            rows = make_rows(given.rows, spread)
            steps = {"here": ours(base, rows)}
            for parts, words in ((1, "TRL"), (3, "TRL, a third per pass")):
                steps[words] = theirs(base, rows, Path(scratch), parts)
            began = os.getloadavg()[0]
            seconds = alternate(steps, given.repeats)
            report(name, rows, seconds)
            print(f"  load {began:.1f} at the start, {os.getloadavg()[0]:.1f} at the end")


def build(folder: Path) -> Path:
    """Random weights; the head is to the layers as in Qwen3-0.6B (two to five). Its tokenizer is never
    asked."""
    from support import tiny_model
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tiny_model.build(folder)
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=VOCABULARY, hidden_size=WIDTH, intermediate_size=3 * WIDTH, eos_token_id=0,
        num_hidden_layers=LAYERS, num_attention_heads=4, num_key_value_heads=4, head_dim=64,
        max_position_embeddings=4096, tie_word_embeddings=False, pad_token_id=0, bos_token_id=None,
    )  # fmt: skip
    Qwen3ForCausalLM(config).save_pretrained(folder)
    return folder


def make_rows(count: int, spread: bool) -> list[Any]:
    """Rows to distil: prompts of about 100 tokens, 60 more with feedback, answers of 256 or 32 to 512."""
    from fd_trainer.example import Row

    draw = random.Random(0)

    def ids(length: int) -> tuple[int, ...]:
        return tuple(draw.randrange(1, VOCABULARY) for _ in range(length))

    rows = []
    for number in range(count):
        prompt = ids(draw.randint(60, 140) if spread else 100)
        length = min(512, max(32, int(draw.lognormvariate(5.0, 0.8)))) if spread else 256
        answer = ids(length)
        rows.append(
            Row(str(number), "distil", "", prompt, answer, (True,) * length,
                teacher_prompt_ids=prompt + ids(60))
        )  # fmt: skip
    return rows


def ours(base: Path, rows: list[Any], **options: Any) -> Callable[[], float]:
    """The product's own learner; `options` of its model."""
    from fd_trainer.algorithms.learner import Learner
    from fd_trainer.config.algorithms import Algorithms, Optimiser, Teacher
    from fd_trainer.config.model import ModelOptions
    from fd_trainer.example import Batch
    from fd_trainer.model.policy_model import PolicyModel

    lora = {"rank": RANK, "alpha": 2.0 * RANK, "targets": tuple(TARGETS)}
    model = PolicyModel.load(str(base), ModelOptions(**lora, **{"dtype": "float32", **options}))
    learner = Learner(
        model,
        Algorithms(
            optimiser=Optimiser(learning_rate=RATE),
            teacher=Teacher(retention=0.95, period=1),
            micro_batch_tokens=4096,
        ),
    )
    return lambda: learner.step(Batch(0, tuple(rows))).loss


def theirs(
    base: Path, rows: list[Any], scratch: Path, parts: int, **options: Any
) -> Callable[[], float]:
    """TRL's SDPO trainer, with an EMA teacher as a second adapter; the batch in so many passes."""
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl.experimental.sdpo import SDPOConfig, SDPOTrainer

    config = SDPOConfig(
        output_dir=str(scratch / "trl"), per_device_train_batch_size=len(rows), report_to=[],
        num_generations=2, distillation_mode="topk_logits", distillation_topk=K,
        distillation_alpha=0.0, distillation_add_tail=False, distillation_weight=1.0,
        teacher_model_kind="ema", teacher_update_rate=0.05, bf16=False,
        use_cpu=not torch.cuda.is_available(), learning_rate=RATE,
        **{"gradient_checkpointing": False, **options},
    )  # fmt: skip
    trainer = SDPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32),
        args=config,
        reward_funcs=lambda **_: [0.0] * len(rows),
        train_dataset=Dataset.from_list([{"prompt": "x", "privileged_context": "y"}] * 4),
        processing_class=AutoTokenizer.from_pretrained(base),
        peft_config=LoraConfig(
            r=RANK, lora_alpha=2 * RANK, target_modules=TARGETS, task_type="CAUSAL_LM"
        ),
    )
    cut = [rows[at::parts] for at in range(parts)]
    batches = [{n: t.to(trainer.model.device) for n, t in tensors(own).items()} for own in cut]
    parameters = [p for p in trainer.model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01)
    trainer.current_gradient_accumulation_steps = 1
    averaging = next(c for c in trainer.callback_handler.callbacks if "EMA" in type(c).__name__)
    averaging.on_train_begin(config, trainer.state, trainer.control)
    return lambda: their_step(trainer, batches, parameters, optimiser, averaging)


def their_step(
    trainer: Any, batches: list[Any], parameters: list[Any], optimiser: Any, averaging: Any
) -> float:
    trainer.model.train()
    total = 0.0
    for batch in batches:
        loss = trainer.compute_loss(trainer.model, batch) / len(batches)
        loss.backward()
        total += float(loss.detach())
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    averaging.on_step_end(trainer.args, trainer.state, trainer.control)
    return total


def tensors(rows: list[Any]) -> dict[str, Any]:
    """TRL's layout: prompts padded on the left, completions on the right, one rectangle."""

    def padded(parts: list[Any], left: bool) -> tuple[Any, Any]:
        width = max(map(len, parts))
        ids, mask = torch.zeros(len(parts), width, dtype=torch.long), torch.zeros(len(parts), width)
        for row, part in enumerate(parts):
            where = slice(width - len(part), width) if left else slice(0, len(part))
            ids[row, where], mask[row, where] = torch.tensor(part), 1
        return ids, mask.long()

    prompt, prompt_mask = padded([row.prompt_ids for row in rows], True)
    teacher, teacher_mask = padded([row.teacher_prompt_ids for row in rows], True)
    answer, answer_mask = padded([row.ids for row in rows], False)
    return {
        "prompt_ids": prompt, "prompt_mask": prompt_mask,
        "completion_ids": answer, "completion_mask": answer_mask,
        "teacher_input_ids": torch.cat([teacher, answer], 1),
        "teacher_attention_mask": torch.cat([teacher_mask, answer_mask], 1),
        "self_distillation_mask": torch.ones(len(rows)),
    }  # fmt: skip


def alternate(steps: dict[str, Callable[[], float]], repeats: int) -> dict[str, list[float]]:
    """Seconds of each step, in turns, after one that is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(repeats + 1):
        for name, step in steps.items():
            began = clock()
            step()
            if turn:
                seconds[name].append(clock() - began)
    return seconds


def clock() -> float:
    """Wall time on a GPU; on a CPU, where one thread computes and others share the machine, its own
    time."""
    if not torch.cuda.is_available():
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()


def report(name: str, rows: list[Any], seconds: dict[str, list[float]]) -> None:
    tokens = sum(len(row.ids) for row in rows)
    print(f"{name}: {len(rows)} rows, {tokens} tokens trained on, {len(seconds['here'])} repeats")
    for who, own in seconds.items():
        words = f"  {who:22} {tokens / median(own):8.0f} tokens/s ({spread(own)} s)"
        if who != "here":
            rounds = [theirs / ours for ours, theirs in zip(seconds["here"], own, strict=True)]
            ratio = median(own) / median(seconds["here"])
            words += f"  ratio of medians {ratio:.2f}; in a round {spread(rounds)}"
        print(words)
    rectangle = len(rows) * max(len(row.ids) for row in rows)
    print(f"  logits at once: {chunk()} × V here, 2 × {rectangle} × V in TRL")


def spread(values: list[float]) -> str:
    """Median, with the middle half and the extremes."""
    low, middle, high = quantiles(values, n=4) if len(values) > 1 else values * 3
    return (f"median {middle:.2f}, half within {low:.2f} to {high:.2f}, "
            f"all within {min(values):.2f} to {max(values):.2f}")  # fmt: skip


def chunk() -> int:
    from fd_trainer.config.model import ModelOptions
    from fd_trainer.model import head

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return head.chunk(ModelOptions().head_tokens, VOCABULARY, device)


if __name__ == "__main__":
    main()
