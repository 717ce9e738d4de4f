"""Sending a prepared transaction until it stands in a block, and saying why when it does not."""

from __future__ import annotations

import time
from collections.abc import Iterator

from pixelpact.errors import ChainError, SupersededError, TransactionError, UnreachableError

from .answers import MinedTransaction
from .node import Node, RevertedError
from .rejections import contract_error
from .transactions import SignedCall

__all__ = ["send"]

_SHORTEST_PAUSE = 0.02
_LONGEST_PAUSE = 0.5


def send(node: Node, signed: SignedCall, patience: float) -> MinedTransaction:
    """Send a prepared transaction, or again, and wait until it stands in a block.

    Raises:
        ContractError: it stands in a block, and the contract refused it.
        SupersededError: another transaction of the account took its nonce.
        TransactionError: the node does not take it, or it is in no block after ``patience`` seconds.
    """
    deadline = time.monotonic() + patience
    _hand_over(node, signed, deadline)
    pauses = _pauses()
    while (mined := node.mined(signed.hash)) is None:
        if time.monotonic() > deadline:
            raise _not_mined(node, signed, patience)
        time.sleep(next(pauses))
    if not mined.succeeded:
        raise _why_reverted(node, signed, mined)
    return mined


def _hand_over(node: Node, signed: SignedCall, deadline: float) -> None:
    """Give the node the transaction, when those before it were sent; harmless when it has it already."""
    pauses = _pauses()
    was_its_turn = False
    while True:
        try:
            node.send_raw(signed.raw)
        except UnreachableError:
            raise
        except ChainError as refusal:
            # Nodes word it differently when they have it already: ask instead of reading the words.
            if node.knows(signed.hash):
                return
            if node.transaction_count(signed.sender, pending=False) > signed.nonce:
                raise _superseded(signed) from refusal
            its_turn = node.transaction_count(signed.sender, pending=True) >= signed.nonce
            # It may have become so only after the refusal: then it is worth another try.
            if (its_turn and was_its_turn) or time.monotonic() > deadline:
                raise _not_taken(node, signed, refusal, its_turn=its_turn) from refusal
            was_its_turn = its_turn
            if not its_turn:
                time.sleep(next(pauses))
        else:
            return


def _not_taken(node: Node, signed: SignedCall, refusal: ChainError, *, its_turn: bool) -> TransactionError:
    if not its_turn:
        return TransactionError(
            "A transaction waits for one before it that was never sent",
            why=f"its nonce is {signed.nonce}, and the account's next is lower",
            remedy="Finish or abandon what was begun before, then run this again",
        )
    return TransactionError(
        "The node does not take the transaction",
        why=refusal.why,
        remedy=f"Check that the account 0x{signed.sender.hex()} has ether for gas on this chain "
        f"(it has {node.balance(signed.sender)} wei)",
    )


def _not_mined(node: Node, signed: SignedCall, patience: float) -> TransactionError:
    if (
        node.transaction_count(signed.sender, pending=False) > signed.nonce
        and node.mined(signed.hash) is None
    ):
        return _superseded(signed)
    return TransactionError(
        f"The transaction 0x{signed.hash.hex()} stands in no block after {patience:g} seconds",
        why="the chain makes no blocks, or other transactions come first",
        remedy="Check the chain, then run this again: the same transaction is sent, never a second one",
    )


def _superseded(signed: SignedCall) -> SupersededError:
    return SupersededError(
        f"The transaction 0x{signed.hash.hex()} can never be carried out",
        why=f"another transaction of the account 0x{signed.sender.hex()} took its nonce {signed.nonce}",
        remedy="Look at the present state on the chain and begin anew",
    )


def _why_reverted(node: Node, signed: SignedCall, mined: MinedTransaction) -> TransactionError:
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
