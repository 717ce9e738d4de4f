// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice An account that does whatever it is told.
contract Agent {
    function act(address to, bytes calldata data) external {
        (bool success, ) = to.call(data);
        require(success, "the call failed");
    }
}

/// @notice Many calls in one transaction, each by an agent.
contract Crowd {
    struct Call {
        Agent agent;
        address to;
        bytes data;
    }

    function act(Call[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            calls[i].agent.act(calls[i].to, calls[i].data);
        }
    }
}
