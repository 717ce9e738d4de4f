// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive} from "../Directive.sol";

/// @title IConsentRegistry
/// @notice What the patient wants: signed directives (as commitments), withdrawals and refusals.
/// @dev Anyone may send any of these; the patient's EIP-712 signature is what counts, and everything is kept under the
/// patient's address, so nobody can touch another's. A subject without code signs with its key: 65 bytes, low s. One
/// with code answers by EIP-1271 with at most 100,000 gas, once, here; never in a decision. Withdrawing is absorbing.
interface IConsentRegistry {
    // ========================================================================
    // Types
    // ========================================================================

    /// @notice What is kept of a directive.
    /// @param kind How consent was shown: 0 not at all, 1 by the patient's signature.
    /// @param recordedAt When it was recorded, 0 for never.
    /// @param revokedAt When it was withdrawn, 0 for never; may be set without the others.
    struct Commitment {
        uint8 kind;
        uint64 recordedAt;
        uint64 revokedAt;
    }

    /// @notice What a patient refuses, whatever was allowed, as the patient signs it (EIP-712).
    /// @param subject The patient's address.
    /// @param custodian Refused of this institution's studies, or 0.
    /// @param study Refused of this study, or 0.
    /// @param grantee Refused to this institution, or 0. With none of the three set, refused to everybody.
    /// @param purposes The purposes, a bit each; a purpose covers its descendants. 0 lifts the refusal.
    /// @param sequence Greater than that of the last one of this scope.
    struct Refusal {
        address subject;
        uint32 custodian;
        bytes32 study;
        uint32 grantee;
        uint64 purposes;
        uint64 sequence;
    }

    // ========================================================================
    // Errors
    // ========================================================================

    /// @notice The signature over this digest is not the subject's.
    error ConsentRegistry_SignatureInvalid(address subject, bytes32 digest);

    /// @notice The directive was recorded before.
    error ConsentRegistry_AlreadyRecorded(address subject, bytes32 directive, uint64 recordedAt);

    /// @notice The directive was withdrawn before.
    error ConsentRegistry_AlreadyRevoked(address subject, bytes32 directive, uint64 revokedAt);

    /// @notice Not the generation that follows the subject's present one.
    error ConsentRegistry_GenerationDiffers(address subject, uint32 generation, uint32 expected);

    /// @notice More than one of the three is set.
    error ConsentRegistry_ScopeAmbiguous(uint32 custodian, bytes32 study, uint32 grantee);

    /// @notice Not newer than what is stored of this scope.
    error ConsentRegistry_SequencePast(address subject, uint64 sequence, uint64 stored);

    // ========================================================================
    // Events
    // ========================================================================

    /// @notice A directive was recorded.
    event DirectiveRecorded(address indexed subject, bytes32 indexed directive);

    /// @notice A directive was withdrawn, for good.
    event DirectiveRevoked(address indexed subject, bytes32 indexed directive);

    /// @notice A patient withdrew all directives of the generations before.
    event AllRevoked(address indexed subject, uint32 generation);

    /// @notice A patient's refusal in this scope is from now on these purposes.
    event RefusalSet(
        address indexed subject,
        uint32 indexed custodian,
        bytes32 indexed study,
        uint32 grantee,
        uint64 purposes,
        uint64 sequence
    );

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @notice Record a directive by its hash; the body stays off the chain until it is used.
    ///
    /// Requirements:
    /// - The directive was not withdrawn.
    /// - The directive was not recorded.
    /// - The signature is the subject's.
    ///
    /// Warning: the body is not seen. A hash of something else that the patient signed under this domain can be
    /// recorded, and is of no use: no directive hashes to it. The form is checked in each decision.
    ///
    /// @param subject The patient.
    /// @param directiveHash The EIP-712 struct hash (`hashDirective`).
    /// @param signature The patient's, over the directive.
    function record(address subject, bytes32 directiveHash, bytes calldata signature) external;

    /// @notice Withdraw a directive for good, also one that was not recorded yet.
    ///
    /// Requirements:
    /// - The directive was not withdrawn.
    /// - The signature is the subject's.
    ///
    /// @param signature The patient's, over `Revocation(address subject,bytes32 directive)`.
    function revoke(address subject, bytes32 directiveHash, bytes calldata signature) external;

    /// @notice Withdraw all directives of the present generation and before, known or not.
    ///
    /// Requirements:
    /// - The generation is the subject's present one + 1.
    /// - The signature is the subject's.
    ///
    /// @param generation The present one + 1.
    /// @param signature The patient's, over `RevocationOfAll(address subject,uint32 generation)`.
    function revokeAll(address subject, uint32 generation, bytes calldata signature) external;

    /// @notice Refuse purposes in a scope, in place of what was refused there; none lifts the refusal.
    ///
    /// Requirements:
    /// - At most one of custodian, study and grantee is set.
    /// - The sequence is greater than the scope's stored one.
    /// - The signature is the subject's.
    ///
    /// Warning: a sequence of 2^64-1 is the scope's last.
    ///
    /// @param signature The patient's, over the refusal.
    function refuse(Refusal calldata refusal, bytes calldata signature) external;

    // ========================================================================
    // Views
    // ========================================================================

    /// @notice What is kept of a directive; zeros for an unknown one.
    function commitment(address subject, bytes32 directiveHash) external view returns (Commitment memory);

    /// @notice The subject's generation, from 0. Only directives of this generation count.
    function generation(address subject) external view returns (uint32);

    /// @notice The purposes that the subject refuses to a grantee for a study of a custodian: the union of the four
    /// scopes that apply.
    function refusedPurposes(
        address subject,
        uint32 custodian,
        bytes32 study,
        uint32 grantee
    ) external view returns (uint64);

    /// @notice Everything that a decision needs: the directive's commitment, the subject's generation, and the purposes
    /// refused.
    function standing(
        address subject,
        bytes32 directiveHash,
        uint32 custodian,
        bytes32 study,
        uint32 grantee
    ) external view returns (Commitment memory commitment, uint32 generation, uint64 refused);

    /// @notice The EIP-712 struct hash of a directive.
    function hashDirective(Directive calldata directive) external pure returns (bytes32);
}
