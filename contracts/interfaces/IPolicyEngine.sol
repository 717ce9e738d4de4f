// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive} from "../Directive.sol";
import {Query} from "../Query.sol";

/// @title IPolicyEngine
/// @notice What else must hold once the floor permits: DUO terms, projects, obligations. It can only narrow.
/// @dev All that the ledger knows of an engine, so that the consortium can replace one by another.
interface IPolicyEngine {
    /// @notice What the engine is told beside the query and the directive.
    /// @param requester The institution that asks.
    /// @param country Its country.
    /// @param attributes Its attributes, a bit each.
    /// @param recordedAt When the directive was recorded.
    /// @param time The time of the decision.
    /// @param custodian The institution that holds the study.
    struct Facts {
        uint32 requester;
        bytes2 country;
        uint8 attributes;
        uint64 recordedAt;
        uint64 time;
        uint32 custodian;
    }

    /// @notice There is no contract at this address.
    error PolicyEngine_NoCode(address account);

    /// @notice The first rule that fails (docs/policy.md, steps of the engine), or 0.
    ///
    /// Warning: says nothing of the floor; only the ledger's answer is a decision.
    ///
    /// @return reason 0 or 200 to 299; the ledger takes anything else for a failure.
    function evaluate(
        Facts calldata facts,
        Query calldata query,
        Directive calldata directive
    ) external view returns (uint16 reason);

    // solhint-disable func-name-mixedcase
    /// @notice The version of these rules; it stands in the ledger's events.
    function VERSION() external view returns (uint16);
}
