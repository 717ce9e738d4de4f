// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A contract that answers a word to whatever it is asked, its version too, in one of several ways.
contract Versioned {
    enum Way {
        Word, // the word, as it should
        Reverting, // the word, as the data of a revert
        Burning, // uses all the gas it gets
        Short, // the word's first 31 bytes
        Long // the word, in front of 33,000 bytes
    }

    Way private immutable _WAY;
    uint256 private immutable _WORD;

    constructor(Way way, uint256 word) {
        _WAY = way;
        _WORD = word;
    }

    fallback() external {
        Way way = _WAY;
        uint256 word = _WORD;
        if (way == Way.Burning) {
            while (true) {}
        }
        assembly {
            mstore(0, word)
            if eq(way, 1) { revert(0, 32) }
            if eq(way, 3) { return(0, 31) }
            if eq(way, 4) { return(0, 33000) }
            return(0, 32)
        }
    }
}
