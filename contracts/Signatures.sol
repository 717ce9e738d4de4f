// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Signatures
/// @notice Whether a signature over a digest is a signer's: by its key when it has no code, else by its own word
/// (EIP-1271).
/// @dev A wallet's answer may change from call to call, so it is asked where something is recorded and nowhere else.
library Signatures {
    /// @notice The gas that a wallet may use to answer.
    uint256 internal constant WALLET_GAS = 100_000;

    uint256 private constant _LENGTH = 65;

    /// @notice Whether the signature is the signer's. A key's is 65 bytes (r, s, v) with s in the lower half of the
    /// curve's order and v 27 or 28; the zero address signs nothing.
    function isValid(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        if (signer.code.length != 0) return _isValidOfWallet(signer, digest, signature);
        return isValidOfKey(signer, digest, signature);
    }

    /// @notice Whether the signature is that of the signer's key, whatever code the signer has: the same answer for
    /// ever.
    function isValidOfKey(address signer, bytes32 digest, bytes calldata signature) internal pure returns (bool) {
        if (signer == address(0) || signature.length != _LENGTH) return false;

        // r, s and v, of which the length was checked: slices would check it three times more.
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            r := calldataload(signature.offset)
            s := calldataload(add(signature.offset, 0x20))
            v := byte(0, calldataload(add(signature.offset, 0x40)))
        }

        // OpenZeppelin refuses a high s, and an answer of zero, each by its error.
        (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecover(digest, v, r, s);
        return failure == ECDSA.RecoverError.NoError && recovered == signer;
    }

    function _isValidOfWallet(
        address wallet,
        bytes32 digest,
        bytes calldata signature
    ) private view returns (bool valid) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 yes = bytes32(IERC1271.isValidSignature.selector);

        // In assembly, so that no more than one word of the answer is copied, however long it is.
        assembly ("memory-safe") {
            valid := staticcall(WALLET_GAS, wallet, add(question, 0x20), mload(question), 0x00, 0x20)
            valid := and(valid, and(gt(returndatasize(), 0x1f), eq(mload(0x00), yes)))
        }
    }
}
