"""One attempt at sealing, journalled: blocks stored and pinned, all durable, then read back and verified."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from threading import Lock

from pixelpact import crypto
from pixelpact.errors import BlockError, EncodingError, InputError, SealedStudyError, StoreError
from pixelpact.models import DAG_CBOR, Cid, StudyContext, StudySource
from pixelpact.sealing.source import fingerprint
from pixelpact.sealing.studies import StudyKeys
from pixelpact.storage import Store
from pixelpact.vault import Entry, Value

__all__ = ["Attempt", "Progress"]

#: Called with the bytes done and the bytes there are, from any of the working threads, one call at a time.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is sealed for, under what, and where the blocks go.

    The journal's entry has two steps: 'secrets' (the keys are in the vault; ``abandoned`` in its state is the
    root of what was given up) and 'stored' (all blocks are in the store; its state says which root).
    """

    context: StudyContext
    keys: StudyKeys
    custodian: int
    store: Store
    threads: int
    progress: Progress | None

    def carry_through(
        self,
        entry: Entry,
        source: Callable[[], AbstractContextManager[StudySource]],
        *,
        resumed: bool,
        unchanged: Callable[[bytes], bool],
        committed: bytes | None = None,
    ) -> None:
        """From whichever step to a study that is stored, pinned and verified; the caller finishes the entry.

        Args:
            entry: at 'secrets' or 'stored'.
            source: opens the instances to seal.
            resumed: whether an earlier run may have left something.
            unchanged: whether the source still has this fingerprint.
            committed: for a rotation, the content commitment on the chain.

        Raises:
            InputError: a source that can't be sealed, or that changed while it was read.
            ContentError: the content is not what ``committed`` says; nothing was pinned.
            SealedStudyError: what the store gives back is not what was sealed.
        """
        if entry.step == "stored" and not (
            unchanged(entry.state["fingerprint"]) and self._pinned_again(entry)
        ):
            kept: dict[str, Value] = {
                name: entry.state[name] for name in ("study_id", "subject") if name in entry.state
            }
            entry.restart("secrets", {**kept, "abandoned": entry.state["manifest_digest"]})
        if entry.step == "secrets":
            if resumed:
                self._abandon(entry.state["abandoned"])
            with source() as instances:
                self._seal(instances, entry, committed)
        self._verify(entry)

    def _seal(self, source: StudySource, entry: Entry, committed: bytes | None) -> None:
        try:
            with self.store.protect():
                sealed = crypto.seal(
                    source,
                    key=self.keys.key,
                    secret=self.keys.secret,
                    custodian=self.custodian,
                    context=self.context,
                    put=self._put,
                    committed=committed,
                    threads=self.threads,
                    progress=self._counter(source),
                )
                entry.advance("stored", _sealed_state(source, sealed))
                self.store.pin(sealed.root)
        except (InputError, SealedStudyError):
            self._collect()
            raise

    def _verify(self, entry: Entry) -> None:
        """Read the root back: its digest, context, key, index, content commitment and identity."""
        crypto.open_study(
            self.store.get,
            key=self.keys.key,
            secret=self.keys.secret,
            custodian=self.custodian,
            context=self.context,
            manifest_digest=entry.state["manifest_digest"],
            committed=entry.state["content_commitment"],
        )

    def _pinned_again(self, entry: Entry) -> bool:
        with suppress(BlockError, EncodingError):
            self.store.pin(Cid(DAG_CBOR, entry.state["manifest_digest"]))
            return True
        return False

    def _abandon(self, manifest_digest: bytes | None) -> None:
        """Remove what is left of an attempt: its pin, if it has one, and all blocks that no pin reaches."""
        if manifest_digest is not None:
            self.store.unpin(Cid(DAG_CBOR, manifest_digest))
        self._collect()

    def _collect(self) -> None:
        # Where another study's damaged tree keeps the store from knowing what is nobody's, that waits.
        with suppress(SealedStudyError):
            self.store.collect()

    def _put(self, cid: Cid, block: bytes | memoryview) -> None:
        stored = self.store.put(block, cid.codec)
        if stored != cid:
            raise StoreError(
                f"The store took the block {cid} for {stored}",
                why="it names blocks otherwise than it should",
                remedy="Check the store's version",
            )

    def _counter(self, source: StudySource) -> Callable[[int], None] | None:
        progress = self.progress
        if progress is None:
            return None
        total = sum(instance.length for instance in source)
        turn, done = Lock(), [0]

        def count(sealed: int) -> None:
            with turn:
                done[0] += sealed
                progress(done[0], total)

        return count


def _sealed_state(source: StudySource, sealed: crypto.SealedStudy) -> dict[str, Value]:
    # An instance without a usable modality counts as one of none: no consent for other kinds covers it.
    modalities = {str(instance.series_attributes.get("Modality", "")) for instance in sealed.instances}
    return {
        "manifest_digest": sealed.manifest_digest,
        "content_commitment": sealed.content_commitment,
        "fingerprint": fingerprint(source.study_uid, sealed.instances),
        "modalities": sorted(modalities),
        "instances": len(sealed.instances),
        "length": sealed.length,
    }
