"""What became of each suggestion, told by commands where there are some, else by the edits.

By EDITOR §3.8: text equal to ours → accepted, though no command came; part of it → accepted in
part; something else at the place, begun after the item was returned → overridden, once Lean has
accepted what the user wrote; cursor gone or document closed → unobserved. Judged when the user
pauses or leaves the place, so that an input method's replacements never count as words of theirs.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from fd_core.events import (
    Accepted,
    Decision,
    Event,
    Overridden,
    Rejected,
    SuggestionResolved,
    Unobserved,
)
from fd_core.proof import Document, ProofState

from fd_server.documents import Edit
from fd_server.offers import Offer, Offers
from fd_server.region import Region, begins_with, same_text
from fd_server.spot import Spot, has_more_below, is_unfinished, teaches_nothing

_log = logging.getLogger(__name__)
IDLE_S = 2.0
"""A pause this long ends what the user was writing."""
SEEN_S = 0.1
"""Nobody has seen an item that was returned more recently than this."""
_SPOTS_PER_DOCUMENT = 20
UserText = Callable[[Offer, str], Awaitable[bool]]
"""Whether Lean accepts a text of the user's at the offer's state."""


class Decisions:
    """Follows every offer until something can be said of it."""

    def __init__(
        self, offers: Offers, record: Callable[[Event], object], accepts: UserText,
        accepted: Callable[[Offer, Region], None], current: Callable[[str], Document | None],
    ) -> None:  # fmt: skip
        self._offers, self._record, self._accepts = offers, record, accepts
        self._accepted, self._current = accepted, current
        self._spots: dict[str, list[Spot]] = {}
        self._resolved: set[str] = set()
        self._judging: set[asyncio.Task[None]] = set()
        offers.listeners.append(self.offered)

    def offered(self, offer: Offer) -> None:
        """An item is about to be returned."""
        document = offer.suggestion.state.site.document
        region = Region(document.offset(offer.range.start), document.offset(offer.range.end))
        spots = self._spots.setdefault(document.uri, [])
        spot = next((s for s in spots if s.region == region), None)
        if spot is None:
            spot = Spot(document.uri, region, region.of(document.text))
            spots.append(spot)
            if len(spots) > _SPOTS_PER_DOCUMENT:
                self._give_up(spots[0])
        spot.offers[offer.id] = offer
        if spot.returned_at is None:
            spot.returned_at = time.monotonic()

    def changed(self, before: Document, after: Document, edits: Sequence[Edit]) -> None:
        """The user (or a client, taking an item) edited a document."""
        for spot in list(self._spots.get(after.uri, ())):
            row = _row(before, spot.region.end)
            spot.region, touched = spot.region.after_all(edits)
            if touched:
                self._edited(spot, after, edits)
            elif all(abs(_row(after, e.start) - row) > 0 for e in edits):
                self._left(spot, after)

    def _edited(self, spot: Spot, document: Document, edits: Sequence[Edit]) -> None:
        spot.touched = True
        if spot.returned_at is not None:
            spot.seen = spot.seen or time.monotonic() - spot.returned_at >= SEEN_S
            spot.returned_at = None
        text = spot.region.of(document.text)
        for offer in spot.offers.values():
            if same_text(text, offer.text) or has_more_below(text, offer.text):
                self._resolve(spot, {offer.id: Accepted()})
                self._accepted(offer, spot.region)
                return
            if any(len(e.text) > 1 and e.text.strip() in offer.text for e in edits):
                spot.by_piece = True
        if spot.timer is not None:
            spot.timer.cancel()
        loop = asyncio.get_running_loop()
        spot.timer = loop.call_later(IDLE_S, self._paused, spot, False)

    def _left(self, spot: Spot, document: Document) -> None:
        """The user writes elsewhere."""
        if spot.touched:
            self._paused(spot, True)
        else:
            self._give_up(spot)

    def _paused(self, spot: Spot, gone: bool) -> None:
        document = self._current(spot.uri)
        if spot not in self._spots.get(spot.uri, ()) or document is None:
            return
        text = spot.region.of(document.text)
        partly = [o for o in spot.offers.values() if text.strip() and begins_with(o.text, text)]
        says_nothing = same_text(text, spot.initial) or not spot.seen or teaches_nothing(text)
        if partly and spot.by_piece and not same_text(text, spot.initial):
            self._resolve(spot, {partly[0].id: Accepted(partial=True)})
            self._accepted(partly[0], spot.region)
        elif not text.strip() or is_unfinished(text) or partly or says_nothing:
            if gone:
                self._give_up(spot)
        else:
            task = asyncio.get_running_loop().create_task(self._judge(spot, text, gone))
            self._judging.add(task)
            task.add_done_callback(self._judging.discard)

    async def _judge(self, spot: Spot, text: str, gone: bool) -> None:
        """What stands there is the user's own: does Lean accept it, whole or its first line?

        A text that was written on while Lean judged it says nothing: the next pause does.
        """
        offer = next(iter(spot.offers.values()))
        for written in dict.fromkeys([text.strip(), text.strip().split("\n")[0].strip()]):
            is_accepted = await self._accepts(offer, written)
            if not self._holds(spot, text):
                return
            if is_accepted:
                self._resolve(spot, {id: Overridden(written) for id in spot.offers})
                return
        if gone:
            self._give_up(spot)

    def _holds(self, spot: Spot, text: str) -> bool:
        document = self._current(spot.uri)
        if document is None or spot not in self._spots.get(spot.uri, ()):
            return False
        return spot.region.of(document.text).strip() == text.strip()

    def accept(self, id: str, *, partial: bool = False) -> bool:
        """A front end says that it was taken; False for an id never offered."""
        return self._told(id, Accepted(partial))

    def reject(self, id: str, reason: str) -> bool:
        """The user said no, and perhaps why."""
        return self._told(id, Rejected(reason))

    def tell(self, id: str, decision: Decision) -> bool:
        """A front end knows; an override is believed only once Lean accepted its text."""
        if not isinstance(decision, Overridden):
            return self._told(id, decision)
        offer = self._offers.get(id)
        if offer is None:
            return False
        task = asyncio.get_running_loop().create_task(self._told_override(offer, decision))
        self._judging.add(task)
        task.add_done_callback(self._judging.discard)
        return True

    def wrote_instead(self, state: ProofState, text: str) -> None:
        """A text of the user's own, which Lean has just accepted at a state we had offers for."""
        for spot in list(self._spots.get(state.uri, ())):
            here = [o for o in spot.offers.values() if o.suggestion.state.digest == state.digest]
            said: dict[str, Decision] = {
                o.id: Accepted() for o in here if same_text(text, o.suggestion.candidate.text)
            }
            if here and not said and not teaches_nothing(text):
                said = {o.id: Overridden(text) for o in here}
            if said:
                self._resolve(spot, said)

    async def _told_override(self, offer: Offer, decision: Overridden) -> None:
        if not teaches_nothing(decision.text) and await self._accepts(offer, decision.text):
            self._told(offer.id, decision)

    def _told(self, id: str, decision: Decision) -> bool:
        offer = self._offers.get(id)
        if offer is None:
            return False
        spot = next((s for s in self._all() if id in s.offers), None)
        document = offer.suggestion.state.site.document
        where = spot.region if spot else Region(
            document.offset(offer.range.start), document.offset(offer.range.end)
        )  # fmt: skip
        if spot is not None and isinstance(decision, Accepted):
            self._resolve(spot, {id: decision})
        elif id not in self._resolved:
            self._write(id, decision)
            if spot is not None:
                del spot.offers[id]
        else:
            return True
        if isinstance(decision, Accepted):
            self._accepted(offer, where)
        return True

    def closed(self, uri: str) -> None:
        """The document is gone, and what was not said is not known."""
        for spot in list(self._spots.get(uri, ())):
            self._give_up(spot)
        self._spots.pop(uri, None)

    async def settle(self) -> None:
        """Wait until what is being judged is judged."""
        while self._judging:
            await asyncio.wait(set(self._judging))

    def _give_up(self, spot: Spot) -> None:
        self._resolve(spot, {})

    def _resolve(self, spot: Spot, said: dict[str, Decision]) -> None:
        """Write a decision for each offer of a spot; what nothing is said of is unobserved."""
        if spot.timer is not None:
            spot.timer.cancel()
        if spot in self._spots.get(spot.uri, ()):
            self._spots[spot.uri].remove(spot)
        for id in spot.offers:
            self._write(id, said.get(id, Unobserved()))

    def _write(self, id: str, decision: Decision) -> None:
        if id in self._resolved:
            return
        self._resolved.add(id)
        self._offers.settled(id)
        self._record(SuggestionResolved(id, time.time(), decision))

    def _all(self) -> list[Spot]:
        return [spot for spots in self._spots.values() for spot in spots]


def _row(document: Document, offset: int) -> int:
    return document.position(min(offset, len(document.text))).line
