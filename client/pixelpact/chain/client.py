"""The one client of a network: what institutions, patients' relays and auditors use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeVar

from pixelpact.errors import ChainError, InputError, TransactionError, UndoneError, UnreachableError

from .abi import Entry, MalformedDataError, contract_abi
from .account import Account
from .answers import Block, MinedTransaction
from .checks import check_clock, check_contracts, check_identity
from .contracts import (
    AccessLedger,
    At,
    ConsentRegistry,
    InstitutionRegistry,
    PolicyEngine,
    ProjectRegistry,
    StudyRegistry,
)
from .events import Event, decode_event, filter_topics
from .finality import Finality, undone
from .network import CONTRACTS, Network
from .node import Node, RevertedError
from .reading import EventReader
from .receipt import Receipt
from .rejections import contract_error
from .sending import Delivery, why_reverted
from .transactions import Call, Keep, Sender, SignedCall

__all__ = ["Chain"]

_PATIENCE = 60.0

#: How often a transaction is sent again after its block was undone, before a person has to look.
_MOST_UNDONE = 10

E = TypeVar("E", bound=Event)


class Chain:
    """A network, checked to be the one described, and our contracts on it. Made by ``Chain.connect``.

    Attributes:
        network: the description.
        account: who signs transactions; None for reading only.
        institutions, studies, consents, projects, engine, ledger: the six contracts' calls; ``engine`` is the
            first one, also when another was voted for.
    """

    def __init__(self, node: Node, network: Network, account: Account | None, patience: float) -> None:
        self.network = network
        self.account = account
        self.institutions = InstitutionRegistry(network, self._read)
        self.studies = StudyRegistry(network, self._read)
        self.consents = ConsentRegistry(network, self._read)
        self.projects = ProjectRegistry(network, self._read)
        self.engine = PolicyEngine(network, self._read)
        self.ledger = AccessLedger(network, self._read)
        self._node = node
        self._patience = patience
        self._sender = Sender(node, network, account) if account else None
        self._reader = EventReader(node, network)
        self._finality = Finality(node, network, patience)

    @classmethod
    def connect(
        cls, network: Network, account: Account | None = None, *, patience: float = _PATIENCE
    ) -> Chain:
        """Reach the network's node and check that it is what its description says.

        Args:
            network: the description.
            account: who signs transactions; None for reading only.
            patience: seconds to wait for a block before a chain counts as standing still.

        Raises:
            UnreachableError: nothing answers, or no Ethereum node does.
            WrongNetworkError: another chain id or genesis, or not our contracts at these addresses.
            ClockApartError: the newest block's time and this computer's are too far apart.
            InputError: the description names no contracts.
        """
        network.address("AccessLedger")
        node = Node(network)
        check_identity(node, network)
        check_contracts(node, network)
        check_clock(network, node.head())
        return cls(node, network, account, patience)

    # Blocks and time

    def head(self) -> Block:
        """The newest block."""
        return self._node.head()

    def final_head(self) -> Block:
        """The newest block that is final by the network's depth; block 0 while the chain is shorter."""
        return self._reader.block(max(0, self.head().number - self.network.finality_depth))

    def block(self, number: int) -> Block:
        """A block by number.

        Raises:
            ChainError: the chain has none of this number yet.
        """
        return self._reader.block(number)

    def now(self) -> int:
        """The chain's time (seconds), the newest block's: what is valid from then on is valid in the next."""
        return self.head().timestamp

    def check_clock(self) -> None:
        """Check again that the chain moves with the time.

        Raises:
            ClockApartError: the newest block's time and this computer's are too far apart.
        """
        check_clock(self.network, self.head())

    def wait_final(self, receipt: Receipt) -> Receipt:
        """Wait until a transaction's block is final, and give its receipt as it stands then.

        After a reorganisation that is another block's. On the embedded chain the missing blocks are made.

        Raises:
            UndoneError: the transaction is in no block any more.
            TransactionError: no blocks come.
            UnreachableError: the node falls silent.
        """
        final = self._finality.settled(receipt.transaction)
        if final is None or not final.succeeded:
            raise undone(receipt.transaction)
        return self._receipt(final, receipt.call)

    # Reading

    def _read(self, entry: Entry, address: bytes, data: bytes, at: At) -> Any:
        if at == "final":
            at = self.final_head().number
        return self._call(entry, address, data, block=None if at == "latest" else at)

    def simulate(self, call: Call) -> Any:
        """What a call would return if this account made it now; nothing is sent.

        Raises:
            ContractError: the contract would refuse it.
        """
        entry = contract_abi(call.contract).functions[call.function]
        return self._call(
            entry, self.network.address(call.contract), call.data, sender=self._signer().address
        )

    def _call(self, entry: Entry, address: bytes, data: bytes, **how: Any) -> Any:
        try:
            return entry.decode_result(self._node.call(address, data, **how))
        except RevertedError as error:
            raise contract_error(error.data, error.text) from error
        except MalformedDataError as error:
            raise UnreachableError(
                f"The node's answer to {entry.contract}.{entry.name} makes no sense",
                why=str(error),
                remedy="It may lack that block's state; ask another node",
            ) from error

    # Writing

    def transact(self, call: Call) -> Receipt:
        """Prepare, send and wait for one call. Raises what ``prepare`` and ``send`` raise."""
        return self.send(self.prepare(call))

    def prepare(self, call: Call, *, gas: int | None = None) -> SignedCall:
        """Try a call and sign it; nothing is sent yet. Journal ``SignedCall.raw``, then ``send`` it.

        A prepared call holds its nonce: send it, or ``abandon`` it.

        Args:
            call: what to do.
            gas: a gas limit of one's own; the call is then not tried.

        Raises:
            ContractError: the contract would refuse it.
            ClockApartError: the chain stands still, or a clock is wrong.
            InputError: this chain was connected without an account.
        """
        head = self.head()
        check_clock(self.network, head)
        return self._signer().prepare(call, base_fee=head.base_fee, gas=gas)

    def abandon(self, signed: SignedCall) -> None:
        """Give back the nonce of a prepared call that was never sent and never will be."""
        self._signer().abandon(signed)

    def send(self, *versions: SignedCall, keep: Keep | None = None) -> Receipt:
        """Send a prepared call, for the first time or again, and wait until it stands in a block.

        Args:
            versions: the call, after those that it replaced; whichever is carried out counts.
            keep: given, a call that blocks pass over is replaced by the same at a higher fee. It is called
                with that version before it is sent, to write it down beside the others.

        Raises:
            ContractError: the contract refused it.
            SupersededError: another transaction took its nonce; it can never be carried out.
            TransactionError: the node does not take it, or no block holds it in time; sending again is safe.
            InputError: it was signed for another chain.
        """
        for signed in versions:
            if signed.chain_id != self.network.chain_id:
                raise InputError(
                    f"The transaction 0x{signed.hash.hex()} is not for the network {self.network.name!r}",
                    why=f"it was signed for the chain {signed.chain_id}",
                    remedy="Use the network that it was prepared on",
                )
        replace = None if keep is None else self._signer().replacing(keep)
        delivery = Delivery(self._node, versions, self._patience, replace)
        mined = delivery.carry_out()
        signed = delivery.version(mined.hash)
        if not mined.succeeded:
            raise why_reverted(self._node, signed, mined)
        return self._receipt(mined, self._name_of(signed.to, signed.data))

    def send_until_final(self, *versions: SignedCall, keep: Keep | None = None) -> Receipt:
        """Send as ``send`` does, and wait until it is final; it is sent again when its block was undone.

        Raises:
            ContractError: the contract refused it, and that is final.
            SupersededError: another transaction took its nonce, and that is final.
            UndoneError: it is undone again and again.
            TransactionError: as ``send``; or no blocks come.
            InputError: it was signed for another chain.
        """
        known = list(versions)

        def kept(raised: SignedCall) -> None:
            if keep is not None:
                keep(raised)
            known.append(raised)

        for left in reversed(range(_MOST_UNDONE)):
            try:
                return self.wait_final(self.send(*known, keep=kept if keep else None))
            except UndoneError:
                if not left:
                    raise
            except TransactionError:
                if not left or self._finality.confirms_failure(known):
                    raise
        raise AssertionError("unreachable")

    def was_refused(self, transaction: bytes, *, at: Literal["latest", "final"] = "latest") -> bool:
        """Whether a transaction stands in a block (or a final one) without effect: it was refused."""
        mined = self._node.mined(transaction)
        if mined is None or mined.succeeded:
            return False
        return at == "latest" or mined.block_number <= self.head().number - self.network.finality_depth

    def receipt(self, transaction: bytes) -> Receipt | None:
        """The receipt of a transaction by its hash; None while it is in no block, or when it failed there."""
        mined = self._node.mined(transaction)
        if mined is None or not mined.succeeded:
            return None
        return self._receipt(mined, self._name_of(*self._node.target_of(transaction)))

    def balance(self, address: bytes) -> int:
        """An account's wei."""
        return self._node.balance(address)

    def engine_at(self, address: bytes) -> PolicyEngine:
        """The calls of another policy engine than the first one."""
        return PolicyEngine(self.network, self._read, address)

    def code(self, address: bytes) -> bytes:
        """The code at an address, as of the newest block; empty where there is none."""
        return self._node.code(address)

    def _signer(self) -> Sender:
        if self._sender is None:
            raise InputError(
                "Nothing can be sent here",
                why="the chain was connected without an account",
                remedy="Connect with the account that is to sign",
            )
        return self._sender

    def _name_of(self, to: bytes | None, data: bytes) -> str:
        for name in CONTRACTS:
            if self.network.address(name) == to:
                entry = contract_abi(name).functions_by_selector.get(data[:4])
                return f"{name}.{entry.name}" if entry else name
        return "other"

    def _receipt(self, mined: MinedTransaction, call: str) -> Receipt:
        block = self._reader.block_of(mined.block_hash)
        ours = set(self.network.contracts.values())
        return Receipt(
            transaction=mined.hash,
            call=call,
            block=mined.block_number,
            block_hash=mined.block_hash,
            timestamp=block.timestamp,
            gas_used=mined.gas_used,
            events=tuple(
                decode_event(self.network, log, block.timestamp) for log in mined.logs if log.address in ours
            ),
            created=mined.created,
        )

    # Events

    def events(self, first: int = 0, last: int | None = None) -> Iterator[Event]:
        """Every event of our contracts in blocks ``first`` to ``last`` (the final head for None), in order.

        Raises:
            ChainError: a log that our contracts don't write, or logs out of order or out of range.
        """
        yield from self._reader.read(tuple(self.network.contracts.values()), first, self._last(last))

    def find(
        self, kind: type[E], *, first: int = 0, last: int | None = None, **indexed: bytes | int
    ) -> Iterator[E]:
        """The events of one kind whose indexed fields have these values, in order; the node searches.

        Args:
            kind: the event's class.
            first: the first block's number.
            last: the last block's number; the final head for None.
            indexed: values by field, such as ``request=number``.

        Raises:
            ChainError: as ``events``, and when the node gives others than those asked for.
        """
        contract, topics = filter_topics(kind, indexed)
        address = self.network.address(contract)
        for event in self._reader.read((address,), first, self._last(last), topics):
            values = {name: getattr(event, name, None) for name in indexed}
            if not isinstance(event, kind) or values != indexed:
                raise ChainError(
                    f"The node gave other events than the {kind.__name__} that were asked for",
                    why="it answers wrongly",
                    remedy="Ask another node",
                )
            yield event

    def _last(self, last: int | None) -> int:
        return self.final_head().number if last is None else last
