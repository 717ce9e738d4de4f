// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a requester asks.
/// @param study The study's number in the StudyRegistry.
/// @param purpose The index of one purpose; any value is an answer, an unknown one a denial.
/// @param categories The kinds of images asked for, a bit each.
/// @param project A research project, or 0.
/// @param obligations The obligations accepted, a bit each.
struct Query {
    bytes32 study;
    uint8 purpose;
    uint64 categories;
    bytes32 project;
    uint64 obligations;
}
