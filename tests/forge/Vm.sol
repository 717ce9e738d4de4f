// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What these tests use of Forge, declared here: npm's package of the usual library's name is another project.
interface Vm {
    function addr(uint256 key) external pure returns (address);

    function etch(address target, bytes calldata code) external;

    function getCode(string calldata artifact) external view returns (bytes memory);

    function prank(address sender) external;

    function sign(uint256 key, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);

    function toString(uint256 value) external pure returns (string memory);

    function warp(uint256 time) external;
}
