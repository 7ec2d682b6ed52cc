"""What can go wrong with an HTTP endpoint, as errors that name it and the fix.

A key never gets into a message: every text from outside is shortened, put on one line, and rid of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from fd_core.errors import PolicyError

_EXCERPT = 300
_NO_MODEL = re.compile(
    r"model.{0,80}(?:not exist|not found|unknown|not available)|(?:no such|unknown|invalid) model",
    re.IGNORECASE | re.DOTALL,
)
_START = "Start the endpoint (`fd-server model serve NAME`), or correct policy.endpoint."
_PATIENCE = "Raise suggest.budget_s or policy.timeout_s, or use a smaller model."
_RIGHT_URL = "Check policy.endpoint: it usually ends in /v1."
_KEY = "Set policy.api_key_env to the variable that holds a valid key."
_LENGTH = "Lower policy.max_tokens, or serve the model with a longer context."


class LateError(PolicyError):
    """The endpoint did not answer in time."""


class UnreachableError(PolicyError):
    """Nothing answers at that address: nothing was sent."""


class RefusedError(PolicyError):
    """The endpoint refused the request itself (status 4xx): `status`, its words, and for how long
    (seconds) it wants to be left alone, if it says so."""

    def __init__(
        self, status: int, words: str, what: str, *, fix: str, wait_s: float | None = None
    ) -> None:
        super().__init__(what, fix=fix)
        self.status = status
        self.words = words
        self.wait_s = wait_s


class Complaints:
    """The errors of one endpoint: `shown` is its address, `section` where the settings stand."""

    def __init__(self, shown: str, key: str, section: str) -> None:
        self._shown = shown
        self._key = key
        self._section = section

    def excerpt(self, text: str) -> str:
        """The start of a text from outside on one line, without the key."""
        clean = text.replace(self._key, "***") if self._key else text
        short = " ".join(clean.split())
        return short if len(short) <= _EXCERPT else short[:_EXCERPT] + "…"

    def nobody(self, error: Exception) -> UnreachableError:
        """Nothing listens there."""
        what = f"nothing answers at {self._shown} ({self.excerpt(str(error))})"
        return UnreachableError(what, fix=self._fix(_START))

    def late(self, seconds: float) -> LateError:
        """No answer within the time that was given."""
        what = f"{self._shown} did not answer within {seconds:g} s"
        return LateError(what, fix=self._fix(_PATIENCE))

    def broke_off(self, error: Exception) -> PolicyError:
        """The connection ended in mid-answer."""
        what = f"{self._shown} broke off in mid-answer ({type(error).__name__})"
        return PolicyError(what, fix="Read the endpoint's own log: it may have run out of memory.")

    def not_sent(self, error: Exception) -> PolicyError:
        """The request can't be sent as it is: trying again would change nothing."""
        what = f"nothing was sent to {self._shown}: {self.excerpt(str(error))}"
        return PolicyError(what, fix=self._fix(_KEY))

    def too_long(self, most: int) -> PolicyError:
        """More bytes than are read."""
        what = f"{self._shown} sent more than {most / 2**20:g} MiB"
        return PolicyError(what, fix=self._fix(_RIGHT_URL))

    def not_json(self, kind: str, text: str) -> PolicyError:
        """Something else than JSON: `kind` is its content type."""
        page = "html" in kind or text.lstrip().startswith("<")
        said = "answered with a web page" if page else "sent an answer that is no JSON"
        what = f"{self._shown} {said}: {self.excerpt(text)}"
        return PolicyError(what, fix=self._fix(_RIGHT_URL))

    def odd(self, answer: Any) -> PolicyError:
        """JSON, but not what was asked for."""
        text = json.dumps(answer, ensure_ascii=False)[:2000]
        what = f"{self._shown} sent JSON of another shape: {self.excerpt(text)}"
        return PolicyError(what, fix=self._fix(_RIGHT_URL))

    def refusal(self, status: int, words: str, location: str) -> RefusedError:
        """A status that is no success, in the endpoint's own words."""
        said = self.excerpt(words)
        if status in (401, 403):
            what, fix = f"{self._shown} refused the key ({status})", _KEY
        elif 300 <= status < 400:
            what = f"{self._shown} redirects to {self.excerpt(location)}"
            fix = "Set policy.endpoint to that address."
        elif status == 429:
            what = f"{self._shown} is out of quota for now (429): {said}"
            fix = "Wait, or ask less often."
        elif status >= 500:
            what, fix = f"{self._shown} failed ({status}): {said}", "Read the endpoint's own log."
        else:
            what = f"{self._shown} refused the request ({status}): {said}"
            fix = _LENGTH if "length" in words else _RIGHT_URL
        return RefusedError(status, words, what, fix=self._fix(fix))

    def wrong_model(self, status: int, words: str, model: str, names: str) -> RefusedError:
        """It serves others than the model that was asked for."""
        what = f"{self._shown} has no model `{model}`; it has: {self.excerpt(names)}"
        return RefusedError(status, words, what, fix=self._fix("Set policy.model to one of these."))

    def _fix(self, words: str) -> str:
        """A fix that names the settings of whoever speaks through this endpoint."""
        if self._section == "policy":
            return words
        return words.replace("suggest.budget_s or ", "").replace("policy.", f"{self._section}.")


def is_about_the_model(status: int, words: str, body: Mapping[str, Any]) -> bool:
    """Whether a refusal says that the model of a request is not there."""
    return bool(body.get("model")) and (
        status == 404 or (status == 400 and _NO_MODEL.search(words) is not None)
    )


def words_of(text: str) -> str:
    """The message inside an error answer, in any of the dialects."""
    try:
        table = json.loads(text)
    except ValueError:
        return text
    error = table.get("error", table) if isinstance(table, dict) else table
    if isinstance(error, dict):
        return str(error.get("message") or error.get("detail") or error)
    return str(error)
