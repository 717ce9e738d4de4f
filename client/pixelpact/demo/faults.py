"""What is done wrong on purpose after the audit, and who catches it."""

from __future__ import annotations

from collections.abc import Callable

from pixelpact import crypto
from pixelpact.demo.rogue import ExchangedStudy, RogueCustodian
from pixelpact.demo.stage import NAMES, Exhibit, Note
from pixelpact.demo.story import A, B, D, Story
from pixelpact.errors import BlockError, ContentError, ContractError, HeaderError, PixelPactError
from pixelpact.models import DAG_CBOR, RAW, Cid
from pixelpact.policy import Decision, Reason
from pixelpact.vault import Kind

__all__ = ["Faults"]


class Faults:
    """Four wrongs, each to be caught, on the smallest study of the story.

    Args:
        story: told to its end.
    """

    def __init__(self, story: Story) -> None:
        self._stage = story.stage
        self._cast = story.cast
        self._store = story.cast.consortium[A].store
        self._files = story.cast.consortium.blocks(A)
        self._exhibit: Exhibit = min(story.exhibits, key=lambda exhibit: exhibit.source.length)
        self._rogue = RogueCustodian(story.cast.consortium[A])
        record = story.cast.consortium[A].vault.get(Kind.STUDY_SECRET, self._exhibit.number.hex())
        self._secret = crypto.StudySecret(record["secret"])

    def commit(self) -> None:
        """All of them."""
        self._flip_a_bit()
        self._swap_the_root()
        self._exchange_images()
        self._release_after_withdrawal()

    def _flip_a_bit(self) -> None:
        with self._stage.step(
            "fault-bit", "A bit of a stored block is flipped", "a broken disk", "fault"
        ) as note:
            cid = next(cid for cid in crypto.list_cids(self._digest(), self._store.get) if cid.codec == RAW)
            self._forget_what_was_fetched()
            whole = self._files.read(cid)
            self._files.overwrite(cid, whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:])
            note.fact("block", str(cid))
            self._caught(note, BlockError, self._open_as_d)
            note.sentence += self._told_at_home(cid, note.sentence)
            self._files.overwrite(cid, whole)
            self._open_as_d()
            note.check("with the bit put right it opens", holds=True)

    def _told_at_home(self, cid: Cid, told: str) -> str:
        """What the node that has the block says: to the others, who take no wrong bytes, it is missing."""
        try:
            self._store.get(cid)
        except BlockError as error:
            return "" if error.sentence == told else f" At {NAMES[A]}: {error.sentence}"
        return ""

    def _swap_the_root(self) -> None:
        title = "The root is swapped for one sealed under another key"
        with self._stage.step("fault-root", title, "an insider at " + NAMES[A], "fault") as note:
            other = self._rogue.seal(
                self._exhibit.number, self._exhibit.source, crypto.StudyKey.generate(), self._secret
            )
            self._forget_what_was_fetched()
            root = Cid(DAG_CBOR, self._digest())
            whole = self._files.read(root)
            self._files.overwrite(root, self._store.get(Cid(DAG_CBOR, other)))
            self._caught(note, BlockError, self._open_as_d)
            self._files.overwrite(root, whole)
            # Now with the chain's blessing: the insider registers that root and hands out another key.
            self._rogue.rotate(self._exhibit.number, other)
            self._rogue.release(self._request(D), crypto.StudyKey.generate(), self._secret)
            self._cast.settle()
            self._caught(note, HeaderError, self._open_as_d)

    def _exchange_images(self) -> None:
        title = "Images are exchanged during a rotation"
        with self._stage.step("fault-images", title, "an insider at " + NAMES[A], "fault") as note:
            key = crypto.StudyKey.generate()
            exchanged = ExchangedStudy(self._exhibit.source)
            other = self._rogue.seal(self._exhibit.number, exchanged, key, self._secret)
            self._rogue.rotate(self._exhibit.number, other)
            self._rogue.release(self._request(D), key, self._secret)
            self._cast.settle()
            self._caught(note, ContentError, self._open_as_d)

    def _release_after_withdrawal(self) -> None:
        title = "A release to Hospital B is attempted after the withdrawal"
        with self._stage.step("fault-release", title, "an insider at " + NAMES[A], "fault") as note:
            key = crypto.StudyKey.generate()
            error = self._caught(
                note, ContractError, lambda: self._rogue.release(self._request(B), key, self._secret)
            )
            if isinstance(error, ContractError):
                reason = Reason(int(error.arguments.get("reason", 0)))
                note.check(
                    "the contract's reason is the withdrawal", holds=reason is Reason.DIRECTIVE_REVOKED
                )
                note.sentence = f"The contract reverted ({error.name}): {Decision(reason).sentence}"
            state = self._cast.reader.ledger.request_of(self._request(B), at="final")
            note.check("the ledger shows no release after the first epoch", holds=state.served_epoch == 1)

    def _caught(
        self, note: Note, kind: type[PixelPactError], act: Callable[[], object]
    ) -> PixelPactError | None:
        try:
            act()
        except kind as error:
            note.check(f"caught as {kind.__name__}", holds=True)
            note.sentence = error.sentence
            return error
        # Whatever else was raised has ended the step, which says what it was.
        note.check(f"caught as {kind.__name__}", holds=False)
        note.sentence = "It was not noticed."
        return None

    def _open_as_d(self) -> None:
        self._cast.requesters[D].fetch(self._request(D)).verify()

    def _forget_what_was_fetched(self) -> None:
        """The requesters' nodes drop it: Hospital D's has to ask Hospital A's, since no other has it."""
        for requester in self._cast.requesters:
            self._cast.consortium[requester].store.collect()

    def _request(self, requester: int) -> bytes:
        return self._exhibit.requests[requester].number

    def _digest(self) -> bytes:
        return self._cast.reader.studies.study(self._exhibit.number, at="final").manifest_digest
