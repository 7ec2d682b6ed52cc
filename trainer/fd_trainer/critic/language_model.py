"""The critic that is a language model behind HTTP: OpenAI's chat dialect, or Anthropic's messages.

Before a byte leaves: redaction, a last look for secrets, the budget, the line, and a log of exactly
what is sent. The key is read from an environment variable and appears nowhere but in a header.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fd_core.errors import PolicyError
from fd_core.policy.endpoint import Endpoint
from fd_core.policy.endpoint_errors import RefusedError, UnreachableError
from fd_core.policy.waiting import Deadline
from fd_core.prompt import Turn
from pydantic import SecretStr

from fd_trainer.config.critic import CriticConfig, Price
from fd_trainer.critic import wire
from fd_trainer.critic.budget import Budget, cost_of
from fd_trainer.critic.instruction import Budget as Room
from fd_trainer.critic.instruction import Instruction, instruction, turns
from fd_trainer.critic.journal import Journal
from fd_trainer.critic.line import Line
from fd_trainer.critic.quoting import spoken
from fd_trainer.critic.redaction import Redactor
from fd_trainer.critic.voice import Advice, Answer, Complaint, Declined, Voice
from fd_trainer.remark import Material, RemarkCost

MAX_BYTES = 2**20
"""No list of three orders is longer: what is, is not read to its end."""
_FOR_GOOD = frozenset({401, 402, 403, 404})
_ODD = (ValueError, KeyError, TypeError, IndexError, AttributeError)


@dataclass(frozen=True, slots=True)
class Model:
    """Which model, how it is spoken to, and what it costs."""

    name: str
    dialect: wire.Dialect
    max_tokens: int
    temperature: float | None
    timeout_s: float
    price: Price | None

    @classmethod
    def of(cls, config: CriticConfig) -> Model:
        """As configured."""
        return cls(
            config.model,
            config.api,
            config.max_tokens,
            config.temperature,
            config.timeout_s,
            config.price,
        )

    def ask(self, conversation: tuple[Turn, ...]) -> wire.Ask:
        """One request."""
        return wire.Ask(self.name, conversation, self.max_tokens, self.temperature)

    def most(self, body: str) -> RemarkCost:
        """What a call may cost at most: no tokenizer makes more tokens than bytes."""
        return cost_of(len(body.encode()), self.max_tokens, self.price)

    def cost(self, reply: wire.Reply, body: str) -> RemarkCost:
        """What a call did cost; where the endpoint does not say, a token per three bytes."""
        read, written = reply.tokens_in, reply.tokens_out
        return cost_of(
            tokens_of(body) if read is None else read,
            tokens_of(reply.text) if written is None else written,
            self.price,
        )


def tokens_of(text: str) -> int:
    """About how many tokens a text has: Lean has about three bytes to a token."""
    return -(-len(text.encode("utf-8", "replace")) // 3)


class LanguageModel(Voice):
    """One model at one endpoint under one instruction."""

    costly = True

    def __init__(
        self,
        config: CriticConfig,
        *,
        key: SecretStr,
        redactor: Redactor,
        budget: Budget,
        sent: Journal,
    ) -> None:
        self.told: Instruction = instruction(config.prompt)
        self.model = Model.of(config)
        self.source = f"language_model {config.model} {self.told.version}"
        if config.show_references:
            self.source += " +references"
        self.format = self.told.format
        self._identity = f"{self.source} {_settings_that_matter(config)}"
        self._room = Room(config.attempt_chars, config.messages_chars)
        self._references = config.show_references
        self._redactor = redactor
        self._budget = budget
        self._sent = sent
        self._line = Line(config.concurrency, config.calls_per_minute)
        self._changes: dict[str, Any] = {}
        self._endpoint = Endpoint(
            config.endpoint,
            key,
            timeout_s=config.timeout_s,
            headers=wire.headers_of(config.api, key.get_secret_value()),
            section="critic",
            max_bytes=MAX_BYTES,
            record=self._record,
        )

    @property
    def identity(self) -> str:
        """How it is asked, too: what is cut or taken out, and how it samples."""
        return self._identity

    async def advise(self, material: Material, complaint: Complaint | None = None) -> Answer:
        """One call, if nothing speaks against it."""
        clean = self._redactor.redacted(material)
        if complaint is not None:
            answer = self._redactor.text(clean.renaming.hidden(complaint.answer))
            complaint = replace(complaint, answer=answer)
        ask = self.model.ask(self._conversation(clean.material, complaint))
        body = json.dumps(self._body(ask), ensure_ascii=False)
        if kind := self._redactor.leaks(body):
            return Declined(f"{kind} were left in the prompt after redaction: nothing was sent")
        if why := self._line.out_of_order():
            return Declined(why)
        try:
            async with self._line.place():
                answered = await self._within_budget(ask, body)
        except OSError as error:
            return Declined(f"nothing was sent, as it can't be logged: {error.strerror or error}")
        if isinstance(answered, Declined):
            return answered
        return replace(answered, text=clean.renaming.shown(answered.text))

    async def aclose(self) -> None:
        """Close connections and the log."""
        await self._endpoint.aclose()
        self._sent.close()

    def conversation(self, material: Material) -> tuple[Turn, ...]:
        """What would be sent of this material: for estimates, and for people to look at."""
        return self._conversation(self._redactor.redacted(material).material, None)

    def _conversation(self, material: Material, complaint: Complaint | None) -> tuple[Turn, ...]:
        return turns(self.told, material, complaint, self._room, references=self._references)

    async def _within_budget(self, ask: wire.Ask, body: str) -> Answer:
        if why := self._line.out_of_order():
            return Declined(why)  # it went out of order while this call waited for its turn
        most = self.model.most(body)
        ticket = await self._budget.reserve(most)
        if ticket is None:
            return Declined(self._budget.refusal())
        cost = most  # what a call is taken to have cost if it was cut off: it may be billed
        try:
            answer = await self._call(ask, body, most)
            cost = answer.cost
            return answer
        finally:
            await self._budget.settle(ticket, cost)

    async def _call(self, ask: wire.Ask, body: str, most: RemarkCost) -> Answer:
        deadline = Deadline.after(self.model.timeout_s)
        try:
            reply = await self._reply(ask, deadline)
        except RefusedError as error:
            return self._refused(error)
        except PolicyError as error:
            self._line.failed(error.what)
            unsent = isinstance(error, UnreachableError)
            return Declined(str(error), RemarkCost() if unsent else most)
        self._line.worked()
        cost = self.model.cost(reply, body)
        if not reply.text.strip():
            return Declined("the critic's answer is empty", cost)
        if reply.cut_off:
            return Declined(f"the answer was cut off at {self.model.max_tokens} tokens", cost)
        return Advice(spoken(reply.text), cost)

    async def _reply(self, ask: wire.Ask, deadline: Deadline) -> wire.Reply:
        """The answer; asked again at once where the endpoint names an option it does not know."""
        path = wire.path_of(self.model.dialect)
        while True:
            try:
                async with self._endpoint.post(path, self._body(ask), deadline) as response:
                    answer = await self._endpoint.json(response, deadline)
                break
            except RefusedError as error:
                if not self._adapted(error):
                    raise
        try:
            return wire.reply_in(self.model.dialect, answer)
        except _ODD:
            raise self._endpoint.odd(answer) from None

    def _body(self, ask: wire.Ask) -> Mapping[str, Any]:
        return wire.body_of(self.model.dialect, replace(ask, **self._changes))

    def _adapted(self, error: RefusedError) -> bool:
        """Whether a refusal was over an option that can be left out or called otherwise."""
        if error.status not in (400, 422):
            return False
        changes: dict[str, Any] = {}
        if "max_completion_tokens" in error.words:
            changes["tokens_key"] = "max_completion_tokens"
        if "temperature" in error.words and self.model.temperature is not None:
            changes["temperature"] = None
        new = {key: value for key, value in changes.items() if key not in self._changes}
        self._changes |= new
        return bool(new)

    def _refused(self, error: RefusedError) -> Declined:
        """A refusal costs nothing; some will not change before a person acts."""
        wait = error.wait_s or 0.0
        if wait > self.model.timeout_s:
            self._line.rest(wait, f"{error.what}; it asked to be left alone for {wait:.0f} s")
        else:
            self._line.hold(wait)
            self._line.failed(error.what, for_good=error.status in _FOR_GOOD)
        return Declined(str(error))

    def _record(self, address: str, body: bytes) -> None:
        """Log what is about to be sent: it is on the disk before it is on the wire."""
        text = body.decode("utf-8", "replace")
        self._sent.add({"time": time.time(), "to": address, "bytes": len(body), "body": text})


def _settings_that_matter(config: CriticConfig) -> str:
    """What of the configuration changes what is shown or how it is answered."""
    names = ("temperature", "max_tokens", "attempt_chars", "messages_chars", "redact")
    return json.dumps([getattr(config, name) for name in names])
