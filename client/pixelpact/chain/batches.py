"""Batches of signed consents under one Merkle root (docs/contracts.md, ConsentRegistry).

The tree is that of OpenZeppelin's merkle-tree, whose proofs MerkleProof checks: the leaves in order of their
hashes, each inner node the Keccak-256 of the two below it in order of theirs. No kept library makes it beside
web3 8 (``multiproof`` pins an older eth-abi and eth-hash); the tests compare with trees that it made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak

from pixelpact.errors import InputError

from .network import Network

__all__ = ["DEEPEST", "Batch", "check_path", "leaf_of"]

#: The longest path that the contract takes.
DEEPEST = 32
_LABEL = keccak(text="PixelPact consent batch")


def leaf_of(network: Network, poster: int, subject: bytes, directive_hash: bytes) -> bytes:
    """A consent's leaf: hashed twice, so that no inner node is one.

    Args:
        network: whose ConsentRegistry it is anchored at.
        poster: the institution that anchors it.
        subject: the patient's address, 20 bytes.
        directive_hash: the directive's struct hash, 32 bytes.
    """
    types = ("bytes32", "uint256", "address", "uint32", "address", "bytes32")
    at = network.address("ConsentRegistry")
    return keccak(keccak(encode(types, (_LABEL, network.chain_id, at, poster, subject, directive_hash))))


@dataclass(frozen=True, slots=True)
class Batch:
    """A tree over leaves. Made by ``Batch.of``.

    Attributes:
        nodes: all hashes, the root first, the two below node i at 2 i + 1 and 2 i + 2.
        places: where each leaf stands among them.
    """

    nodes: tuple[bytes, ...]
    places: dict[bytes, int]

    @classmethod
    def of(cls, leaves: Iterable[bytes]) -> Batch:
        """The tree over these leaves, whatever their order.

        Raises:
            InputError: there is none, or one twice.
        """
        ordered = sorted(leaves)
        if not ordered or len(set(ordered)) < len(ordered):
            raise InputError(
                "A batch can't be made of these consents",
                why="one stands in it twice" if ordered else "there is none",
                remedy="Give each consent once",
            )
        # The lowest leaf comes last, as in OpenZeppelin's.
        nodes = [b""] * (len(ordered) - 1) + ordered[::-1]
        for place in reversed(range(len(ordered) - 1)):
            nodes[place] = _above(nodes[2 * place + 1], nodes[2 * place + 2])
        first = len(ordered) - 1
        return cls(tuple(nodes), {leaf: first + at for at, leaf in enumerate(ordered[::-1])})

    @property
    def root(self) -> bytes:
        """What is anchored, 32 bytes."""
        return self.nodes[0]

    def path(self, leaf: bytes) -> tuple[bytes, ...]:
        """The hashes beside the way from a leaf up to the root.

        Raises:
            KeyError: the leaf is not in this batch.
        """
        place = self.places[leaf]
        path = []
        while place:
            path.append(self.nodes[place + 1 if place % 2 else place - 1])
            place = (place - 1) // 2
        return tuple(path)


def check_path(root: bytes, leaf: bytes, path: tuple[bytes, ...]) -> None:
    """Check that a leaf stands under a root, as the contract does.

    Raises:
        InputError: it does not, or the path is longer than the contract takes.
    """
    found = leaf
    for beside in path:
        found = _above(found, beside)
    if found != root or len(path) > DEEPEST:
        raise InputError(
            "The consent is not in this batch",
            why="its path does not lead to the batch's root",
            remedy="Ask the hospital that anchored it for the consent's path again",
        )


def _above(one: bytes, other: bytes) -> bytes:
    return keccak(min(one, other) + max(one, other))
