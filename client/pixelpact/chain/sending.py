"""Sending a prepared transaction until it stands in a block, and saying why when it does not.

A transaction that blocks pass over because its fee no longer suffices is replaced: the same call with the
same nonce at a higher fee. All its versions compete for one nonce, so one of them at most is ever carried
out, and whichever it is counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from pixelpact.errors import ChainError, SupersededError, TransactionError, UnreachableError

from .answers import Block, MinedTransaction
from .node import Node, RevertedError
from .rejections import contract_error
from .transactions import SignedCall

__all__ = ["Delivery", "Replace", "send", "why_reverted"]

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5
#: So many blocks without it, while it was its turn, and a transaction counts as passed over.
_PASSED_OVER = 3
#: How often one run raises the fee of a transaction: each time by an eighth or more.
_MOST_REPLACEMENTS = 8

#: Makes of a transaction and the newest block one in its place, and writes it down before it is sent.
Replace = Callable[[SignedCall, Block], SignedCall]


def send(node: Node, signed: SignedCall, patience: float) -> MinedTransaction:
    """Send one transaction as it is, and wait until it stands in a block.

    Raises:
        ContractError: it stands in a block, and the contract refused it.
        SupersededError, TransactionError: as ``Delivery.carry_out``.
    """
    mined = Delivery(node, [signed], patience).carry_out()
    if not mined.succeeded:
        raise why_reverted(node, signed, mined)
    return mined


class Delivery:
    """One transaction on its way into a block, in all its versions.

    Args:
        node: to whom.
        versions: the oldest first; all have one nonce and one call.
        patience: seconds until it should stand in a block.
        replace: how it is replaced when its fee no longer suffices; without it, it never is.
    """

    def __init__(
        self, node: Node, versions: Sequence[SignedCall], patience: float, replace: Replace | None = None
    ) -> None:
        self.versions = list(versions)
        self._node = node
        self._patience = patience
        self._replace = replace
        self._replacements_left = _MOST_REPLACEMENTS
        #: The newest block when the newest version was handed over.
        self._since = 0
        self._seen = 0

    @property
    def newest(self) -> SignedCall:
        """The version that was signed last."""
        return self.versions[-1]

    def version(self, transaction: bytes) -> SignedCall:
        """The version of this hash."""
        return next(each for each in self.versions if each.hash == transaction)

    def carry_out(self) -> MinedTransaction:
        """Send it, or again, and wait until one of its versions stands in a block, with effect or without.

        Raises:
            SupersededError: another transaction of the account took its nonce.
            TransactionError: the node does not take it, or it is in no block after ``patience`` seconds.
        """
        deadline = time.monotonic() + self._patience
        self._hand_over(deadline)
        pauses = _pauses()
        while (mined := self.mined()) is None:
            if time.monotonic() > deadline:
                raise self._superseded() if self.is_superseded() else self._not_mined()
            pause = next(pauses)
            time.sleep(pause)
            if pause == _LONGEST_PAUSE:
                self._look_after(deadline)
        return mined

    def mined(self) -> MinedTransaction | None:
        """The receipt of the version that stands in a block; None while none does."""
        found = (self._node.mined(each.hash) for each in reversed(self.versions))
        return next((each for each in found if each is not None), None)

    def is_superseded(self) -> bool:
        """Whether another transaction of the account stands in a block with its nonce."""
        # In this order: a version that came into a block between the two questions is found.
        return self._count(pending=False) > self.newest.nonce and self.mined() is None

    def _count(self, *, pending: bool) -> int:
        return self._node.transaction_count(self.newest.sender, pending=pending)

    def _hand_over(self, deadline: float) -> None:
        """Give the node the newest version, when what goes before it was sent; harmless when it has it."""
        pauses = _pauses()
        refused_in_turn = 0
        while (refusal := self._offer()) is not None:
            waiting = self._count(pending=True) - self.newest.nonce
            if waiting == 0 and self._offers_too_little(head := self._node.head()):
                self._replace_now(head)
                continue
            # It may have become its turn only after the refusal: then it is worth another try.
            refused_in_turn += waiting == 0
            if refused_in_turn > 1 or time.monotonic() > deadline:
                raise self._not_taken(refusal, waiting) from refusal
            if waiting:
                time.sleep(next(pauses))
        self._since = self._seen = self._node.head().number

    def _offer(self) -> ChainError | None:
        """Give the node the newest version; its refusal, when it has none of the versions after that."""
        try:
            self._node.send_raw(self.newest.raw)
        except UnreachableError:
            raise
        except ChainError as refusal:
            # Nodes word it differently when they have it already: ask instead of reading the words.
            if any(self._node.knows(each.hash) for each in self.versions):
                return None
            if self.is_superseded():
                raise self._superseded() from refusal
            return refusal
        return None

    def _look_after(self, deadline: float) -> None:
        """See to it that a transaction that waits while the chain moves comes into a block at last."""
        head = self._node.head()
        if head.number == self._seen:
            return
        self._seen = head.number
        if not any(self._node.knows(each.hash) for each in self.versions):
            # A node forgets what waits when it is started anew, what stood in a block that was undone, and
            # what another of its nonce has overtaken.
            self._hand_over(deadline)
        elif self._was_passed_over(head):
            self._replace_now(head)
            self._hand_over(deadline)

    def _was_passed_over(self, head: Block) -> bool:
        return (
            head.number - self._since >= _PASSED_OVER
            and self._may_replace()
            # One that waits for another's turn is not passed over, nor one that came into a block just now.
            and self._count(pending=False) == self.newest.nonce
            and self.mined() is None
        )

    def _may_replace(self) -> bool:
        return self._replace is not None and self._replacements_left > 0

    def _offers_too_little(self, head: Block) -> bool:
        return self._may_replace() and self.newest.max_fee < head.base_fee

    def _replace_now(self, head: Block) -> None:
        if self._replace is not None:
            self._replacements_left -= 1
            self.versions.append(self._replace(self.newest, head))

    def _not_taken(self, refusal: ChainError, waiting: int) -> TransactionError:
        if waiting < 0:
            return TransactionError(
                "A transaction waits for one before it that was never sent",
                why=f"its nonce is {self.newest.nonce}, and the account's next is lower",
                remedy="Finish or abandon what was begun before, then run this again",
            )
        if waiting > 0:
            return TransactionError(
                "The node does not take the transaction",
                why=f"another one of the account waits for a block with the same nonce {self.newest.nonce}",
                remedy="Run this again when that one stands in a block",
            )
        return TransactionError(
            "The node does not take the transaction",
            why=refusal.why,
            remedy=f"Check that the account 0x{self.newest.sender.hex()} has ether for gas on this chain "
            f"(it has {self._node.balance(self.newest.sender)} wei)",
        )

    def _not_mined(self) -> TransactionError:
        return TransactionError(
            f"The transaction 0x{self.newest.hash.hex()} stands in no block after {self._patience:g} seconds",
            why="the chain makes no blocks, or other transactions come first",
            remedy="Check the chain, then run this again: it is carried out once, never a second time",
        )

    def _superseded(self) -> SupersededError:
        sender, nonce = self.newest.sender.hex(), self.newest.nonce
        return SupersededError(
            f"The transaction 0x{self.newest.hash.hex()} can never be carried out",
            why=f"another transaction of the account 0x{sender} took its nonce {nonce}",
            remedy="Look at the present state on the chain and begin anew",
        )


def why_reverted(node: Node, signed: SignedCall, mined: MinedTransaction) -> TransactionError:
    """Do it again on the states before and after its block: receipts don't say why."""
    words = "the contract refused it for a reason that has since passed"
    for block in (mined.block_number - 1, mined.block_number):
        try:
            node.call(signed.to, signed.data, sender=signed.sender, gas=signed.gas, block=block)
        except RevertedError as error:
            return contract_error(error.data, error.text)
        except UnreachableError:
            raise
        except ChainError as refusal:
            # Running out of gas is no revert: nodes report it as a failure of their own.
            words = refusal.why
    return TransactionError(
        f"The transaction 0x{signed.hash.hex()} was carried out without effect",
        why=f"it used up its gas limit of {signed.gas}" if mined.gas_used >= signed.gas else words,
        remedy="Look at the present state on the chain and begin anew",
    )


def _pauses() -> Iterator[float]:
    pause = _SHORTEST_PAUSE
    while True:
        yield pause
        pause = min(2 * pause, _LONGEST_PAUSE)
