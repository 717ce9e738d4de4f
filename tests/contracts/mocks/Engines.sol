// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice A PolicyEngine that answers whatever it is told to, in one of several ways.
contract Engine {
    enum Way {
        Word, // the word, as it should
        Reverting, // the word, as the data of a revert
        Burning, // uses all the gas it gets
        Hungry, // the word, after using nearly all the gas it may use
        Long, // the word, in front of 33,000 bytes
        Short, // the word's first 31 bytes
        Vanishing // the word, until `vanish`
    }

    uint16 public immutable VERSION;

    Way public way;
    uint256 public word;

    constructor(uint16 version) {
        VERSION = version;
    }

    function set(Way newWay, uint256 newWord) external {
        way = newWay;
        word = newWord;
    }

    function vanish() external {
        selfdestruct(payable(msg.sender));
    }

    fallback() external {
        Way present = way;
        uint256 answer = word;
        if (present == Way.Burning) {
            while (true) {}
        }
        if (present == Way.Hungry) {
            uint256 end = gasleft() - 190_000;
            while (gasleft() > end) {}
        }
        assembly {
            mstore(0, answer)
            if eq(present, 1) { revert(0, 32) }
            if eq(present, 4) { return(0, 33000) }
            if eq(present, 5) { return(0, 31) }
            return(0, 32)
        }
    }
}
