"""The rule-based critic: advice by class of error, made specific by the message and the goal.

Free, offline, and the same every time: what tests and learning figures use where no language model
is reachable. The knowledge is data in `rules.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fd_trainer.critic.error_class import Finding, GoalRule, Template, finding, rule_book
from fd_trainer.critic.facts import Facts, facts_of
from fd_trainer.critic.feedback_format import ORDERS
from fd_trainer.critic.lint import lint
from fd_trainer.critic.voice import Advice, Answer, Complaint, Declined, Voice
from fd_trainer.remark import Material

_PLACE = re.compile(r"\{(\w+)\}")
_CLASSES = 2
"""Classes of errors that are spoken of: later messages often follow from the first."""
_ITEMS = 3


class Rules(Voice):
    """Advice from the rule book."""

    format = ORDERS

    def __init__(self) -> None:
        self.source = f"rules {rule_book().version}"

    async def advise(self, material: Material, complaint: Complaint | None = None) -> Answer:
        """One to three orders."""
        items = list(dict.fromkeys(orders(material)))[:_ITEMS]
        if not items:
            return Declined("no rule has anything to say about this attempt")
        return Advice("\n".join(f"{n}. {item}" for n, item in enumerate(items, start=1)))


def orders(material: Material) -> Iterator[str]:
    """Everything the rules say of an attempt, most important first."""
    facts, special = facts_of(material), rule_book().special
    if material.outcome == "proved":
        names = ("proved_short", "proved_long")
        yield from list(_first_filled([Template(special[n], frozenset()) for n in names], facts))
        return
    if material.truncated:
        yield special["truncated_tools" if material.tools else "truncated"]
    if not material.candidate.strip():
        yield special["no_proof"]
    said = list(_of_messages(material, facts))
    yield from said
    if not said and material.candidate.strip():
        yield special["other"]
    yield from _of_goal(material, facts)


def _of_messages(material: Material, facts: Facts) -> Iterator[str]:
    seen: set[str] = set()
    for message in material.messages:
        found = finding(message)
        if found is None or found.rule.name in seen or len(seen) >= _CLASSES:
            continue
        seen.add(found.rule.name)
        yield from _first_filled(found.rule.advice, _with(facts, found))


def _with(facts: Facts, found: Finding) -> Facts:
    return Facts(type(facts.places)({**facts.places, **found.places}), facts.holds | found.holds)


def _first_filled(templates: tuple[Template, ...] | list[Template], facts: Facts) -> Iterator[str]:
    """The first advice that applies, can be filled, and is in format."""
    for template in templates:
        if not template.when <= facts.holds:
            continue
        text = _filled(template.text, facts.places)
        if text is not None and lint(f"1. {text}", ORDERS).good:
            yield text
            return


def _of_goal(material: Material, facts: Facts) -> Iterator[str]:
    """How to begin, for the first shape that the attempt did not attend to."""
    for rule in rule_book().goals:
        if not (rule.kind in facts.places or rule.kind in facts.holds):
            continue
        if _attended(rule, material.candidate, facts.places):
            continue
        template = Template(rule.text, frozenset())
        found = list(_first_filled([template], facts))
        if found:
            yield found[0]
            return


def _attended(rule: GoalRule, candidate: str, places: Mapping[str, str]) -> bool:
    """Whether an attempt already does what a rule advises."""
    for avoid in rule.avoid:
        words = _filled(avoid, places)
        if words is None:
            continue
        before = r"(?<![\w.'])" if words[0].isalnum() else ""
        after = r"(?![\w'])" if words[-1].isalnum() else ""
        if re.search(before + re.escape(words) + after, candidate):
            return True
    return False


def _filled(template: str, places: Mapping[str, str]) -> str | None:
    """A template with its places filled in one pass; None if one is not known."""
    if not set(_PLACE.findall(template)) <= set(places):
        return None
    return _PLACE.sub(lambda place: places[place.group(1)], template)
