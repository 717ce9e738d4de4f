// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Askers} from "./Askers.sol";

/// @notice All that anybody does, in one contract, so that all of it meets.
contract Handler is Askers {}

/// @notice What holds whatever anybody sends in any order (docs/contracts.md, Invariants).
contract InvariantsTest {
    Handler private _handler;

    // Forge fuzzes the functions of these contracts, and these only.
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function setUp() external {
        _handler = new Handler();
    }

    function invariant_holds() external {
        _handler.checkMembers();
        _handler.checkProposals();
        _handler.checkProjects();
        _handler.checkStudies();
        _handler.checkConsents();
        _handler.checkRequests();
        string memory broken = _handler.broken();
        require(bytes(broken).length == 0, broken);
    }
}
