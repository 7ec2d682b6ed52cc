"""Adapters on disk: publish, promote, roll back, atomically.

    adapters/<id>/            the files of one adapter, read-only, named by their content
    adapters/<id>/fd-adapter.json    base model, parent, metrics, digests: written once
    adapters/promoted.json    the one pointer: what is served, what was before, and a log
    adapters/.lock            held while any of this changes; names its holder

A folder without `fd-adapter.json` can't arise: it is built aside and renamed when whole. Whatever
kills us, the pointer is the old or the new one.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from fd_core import adapter_files as files
from fd_core import file_lock, locations
from fd_core.adapter import Adapter, AdapterStatus
from fd_core.adapter_retention import removable
from fd_core.adapter_use import is_in_use
from fd_core.durable_file import make_private_folder, replace_file, sync_folder
from fd_core.errors import RegistryError
from fd_core.plain_data import PlainDataError, from_plain, to_plain
from fd_core.promoted_pointer import PromotedPointer, Stamp, stamp_of


class FolderRegistry:
    """Implements `ports.AdapterRegistry` in a folder, for several processes at once."""

    def __init__(self, root: Path | None = None, *, wait_s: float = 10.0) -> None:
        self.root = root or locations.adapters_dir()
        self._wait_s = wait_s
        self._pointer = PromotedPointer(self.root / "promoted.json")
        self._verified: dict[str, tuple[Stamp, ...]] = {}

    def promoted(self) -> Adapter | None:
        """The adapter to serve, verified, or none. Raises RegistryError if it is damaged."""
        served = self._pointer.read().served
        return self._load(served) if served else None

    def stamp(self) -> Stamp | None:
        """Changes when the pointer does; one `stat`, cheap enough for each request."""
        return stamp_of(self._pointer.path)

    def adapters(self) -> list[Adapter]:
        """All adapters, newest first; not verified, and damaged metadata left out."""
        found = []
        for name in self._names():
            try:
                found.append(self._read(name))
            except RegistryError:
                continue
        return sorted(found, key=lambda adapter: -adapter.created_at)

    def get(self, adapter_id: str) -> Adapter:
        """One adapter, verified. Raises RegistryError if it is missing or damaged."""
        return self._load(adapter_id)

    def publish(
        self, folder: Path, base_model: str, parent: str | None, metrics: dict[str, float]
    ) -> Adapter:
        """Copy a trained adapter in, under the digest of its content; never overwrites.

        The same content with the same base and parent again returns what is there: a run that died
        after publishing may publish again. Anything else about known content is refused.
        """
        with self._locked("publishing an adapter"):
            sources = files.validated(folder, base_model)
            digests = files.digests_of(sources)
            adapter_id = files.id_of(digests)
            if (self.root / adapter_id).exists():
                return self._same(adapter_id, base_model, parent)
            adapter = Adapter(
                adapter_id,
                base_model,
                str(self.root / adapter_id),
                parent,
                time.time(),
                digests,
                dict(metrics),
            )
            self._copy_in(adapter, sources)
            return self._load(adapter_id)

    def promote(self, adapter_id: str) -> Adapter:
        """Serve this adapter from now on, if it is whole. Raises RegistryError; nothing changed then."""
        with self._locked("promoting an adapter"):
            adapter = self._load(adapter_id)
            promotions = self._pointer.read()
            if promotions.served != adapter_id:
                self._pointer.write(promotions.to((*promotions.stack, adapter_id), "promote"))
            return replace(adapter, status="promoted")

    def rollback(self) -> Adapter | None:
        """Serve what was promoted before; none at the bottom: the base model alone.

        Adapters that are damaged or gone are passed over.
        """
        with self._locked("rolling back"):
            promotions = self._pointer.read()
            stack = promotions.stack[:-1]
            while stack and not self._is_whole(stack[-1]):
                stack = stack[:-1]
            if stack != promotions.stack:
                self._pointer.write(promotions.to(stack, "roll back"))
            return self._load(stack[-1]) if stack else None

    def prune(self, keep: int) -> list[Adapter]:
        """Remove whole models beyond the `keep` newest, as `adapter_retention.removable` has it; those that
        a process has loaded stay for now. Says which went."""
        with self._locked("removing old models"):
            old = removable(self.adapters(), self._pointer.read(), keep)
            gone = [each for each in old if not is_in_use(self.root / each.id)]
            for each in gone:  # renamed first: half a model must not bear a model's name
                leaving = self.root / f".leaving-{each.id}"
                (self.root / each.id).rename(leaving)
                self._verified.pop(each.id, None)
            for leftover in self.root.glob(".leaving-*"):
                shutil.rmtree(leftover, ignore_errors=True)
            return gone

    @contextmanager
    def _locked(self, purpose: str) -> Iterator[None]:
        try:
            make_private_folder(self.root)
            with file_lock.hold(self.root / ".lock", purpose, wait_s=self._wait_s):
                yield
        except file_lock.LockedError as error:
            raise RegistryError(error.what, fix=error.fix) from error
        except OSError as error:
            raise RegistryError(
                f"{self.root}: {purpose}: {error.strerror or error}",
                fix="Make the folder writable and see that the disk has space.",
            ) from error

    def _names(self) -> list[str]:
        """Published ids; `[!.]` leaves out what is being copied in."""
        return sorted(path.parent.name for path in self.root.glob(f"[!.]*/{files.METADATA}"))

    def _read(self, adapter_id: str) -> Adapter:
        """Metadata with the standing it has now."""
        file = self.root / adapter_id / files.METADATA
        try:
            if adapter_id != Path(adapter_id).name:
                raise FileNotFoundError(adapter_id)
            stored = from_plain(Adapter, json.loads(file.read_bytes()), ignore_unknown=True)
        except FileNotFoundError as error:
            known = ", ".join(self._names()) or "none yet"
            raise RegistryError(f"no adapter {adapter_id}", fix=f"Known are: {known}.") from error
        except (OSError, PlainDataError, ValueError) as error:
            raise RegistryError(
                f"{file} can't be read: {error}",
                fix="Roll back, or delete that folder and publish the adapter anew.",
            ) from error
        return replace(stored, path=str(file.parent), status=self._standing(adapter_id))

    def _standing(self, adapter_id: str) -> AdapterStatus:
        promotions = self._pointer.read()
        if promotions.served == adapter_id:
            return "promoted"
        was = any(change.adapter == adapter_id for change in promotions.log)
        return "retired" if was else "published"

    def _load(self, adapter_id: str) -> Adapter:
        adapter = self._read(adapter_id)
        folder = self.root / adapter_id
        if files.id_of(adapter.digests) != adapter_id:
            raise RegistryError(
                f"{folder / files.METADATA} does not belong to {adapter_id}",
                fix="Roll back, or delete that folder and publish the adapter anew.",
            )
        stamps = _stamps(folder)
        if self._verified.get(adapter_id) != stamps:
            files.verify(folder, adapter.digests)
            self._verified[adapter_id] = stamps
        return adapter

    def _is_whole(self, adapter_id: str) -> bool:
        try:
            self._load(adapter_id)
        except RegistryError:
            return False
        return True

    def _same(self, adapter_id: str, base_model: str, parent: str | None) -> Adapter:
        there = self._load(adapter_id)
        if (there.base_model, there.parent) != (base_model, parent):
            raise RegistryError(
                f"adapter {adapter_id} was published before, with parent {there.parent}",
                fix="An adapter is published once. Use the one that is there.",
            )
        return there

    def _copy_in(self, adapter: Adapter, sources: list[Path]) -> None:
        for leftover in self.root.glob(".incoming-*"):  # of a process that died: we hold the lock
            shutil.rmtree(leftover, ignore_errors=True)
        incoming = self.root / f".incoming-{uuid.uuid4().hex}"
        incoming.mkdir(mode=0o700)
        for source in sources:
            files.copy_durably(source, incoming / source.name)
        files.verify(incoming, adapter.digests)  # what was copied is what was digested
        content = json.dumps(to_plain(adapter), indent=1).encode()
        replace_file(incoming / files.METADATA, content, mode=0o400)
        incoming.rename(self.root / adapter.id)
        sync_folder(self.root)


def _stamps(folder: Path) -> tuple[Stamp, ...]:
    """Of every file in a folder: while they stand, so do the digests."""
    return tuple(stamp for path in sorted(folder.glob("*")) if (stamp := stamp_of(path)))
