// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An engine that permits everything: what it lets through is what the floor lets through.
contract PermissiveEngine {
    uint16 public immutable VERSION;

    constructor(uint16 version) {
        VERSION = version;
    }

    // An engine answers any call of `evaluate`: its arguments don't matter here.
    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback() external {
        assembly ("memory-safe") {
            mstore(0, 0)
            return(0, 32)
        }
    }
}

/// @notice An engine that never answers.
contract FailingEngine {
    uint16 public immutable VERSION;

    constructor(uint16 version) {
        VERSION = version;
    }

    // solhint-disable-next-line no-complex-fallback, payable-fallback
    fallback() external {
        revert();
    }
}
