// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What shows a consent that was not recorded by itself: its place in an anchored batch, and who signed it.
/// @param poster The institution that anchored the batch.
/// @param root The batch's Merkle root; 0 means that there is no evidence, and the other fields are not looked at.
/// @param path The siblings from the leaf up to the root, at most 32.
/// @param appointment The guardian's appointment that signed it, or 0 for the patient.
/// @param signature Over the directive, by a key: 65 bytes.
struct Evidence {
    uint32 poster;
    bytes32 root;
    bytes32[] path;
    uint32 appointment;
    bytes signature;
}
