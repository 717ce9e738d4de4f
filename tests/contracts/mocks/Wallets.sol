// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A contract that signs by EIP-1271, in one of several ways.
contract Wallet {
    enum Way {
        Owner, // yes, if its owner's key signed
        No, // another four bytes than those that say yes
        JunkBehind, // yes, with something in the 28 bytes that should be zero
        Short, // yes, in four bytes instead of a word
        Reverting, // yes, as the data of a revert
        Burning, // uses all the gas it gets
        Hungry, // yes, after using nearly all the gas it may use
        Long, // yes, in front of 33,000 bytes
        Silent // nothing
    }

    bytes4 private constant _YES = 0x1626ba7e;

    Way private immutable _WAY;
    address private immutable _OWNER;

    constructor(Way way, address owner) {
        _WAY = way;
        _OWNER = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (_WAY == Way.Owner) {
            address signer = ecrecover(digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64]));
            return signer == _OWNER ? _YES : bytes4(0xffffffff);
        }
        if (_WAY == Way.No) return 0xffffffff;
        if (_WAY == Way.Hungry) {
            uint256 end = gasleft() - 90_000;
            while (gasleft() > end) {}
            return _YES;
        }
        if (_WAY == Way.Burning) {
            while (true) {}
        }
        bytes4 yes = _YES;
        Way way = _WAY;
        assembly {
            mstore(0, yes)
            if eq(way, 2) {
                mstore8(31, 1)
                return(0, 32)
            }
            if eq(way, 3) { return(0, 4) }
            if eq(way, 4) { revert(0, 32) }
            if eq(way, 7) { return(0, 33000) }
            return(0, 0)
        }
    }
}
