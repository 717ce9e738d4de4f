// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IConsortium} from "./interfaces/IConsortium.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IStudyRegistry} from "./interfaces/IStudyRegistry.sol";
import {Signatures} from "./Signatures.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title Subjects
/// @notice The part of the ConsentRegistry that knows patients, their keys and generations, and who speaks for an
/// institution.
abstract contract Subjects is IConsentRegistry, EIP712 {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice A refusal for less than everybody was set.
    uint8 internal constant _FLAG_NARROW = 1;

    /// @notice A hospital took a refusal.
    uint8 internal constant _FLAG_TAKEN = 2;

    /// @notice A hospital recorded paper, or attested a guardian.
    uint8 internal constant _FLAG_PAPER = 4;

    /// @notice The patient signed with a key, which ends what stands under `_FLAG_PAPER`.
    uint8 internal constant _FLAG_OWN_KEY = 8;

    /// @notice Another key took over.
    uint8 internal constant _FLAG_SUCCESSOR = 16;

    uint64 internal constant _NEVER = 0;

    bytes32 internal constant _NO_DIGEST = bytes32(0);

    bytes32 private constant _END_OF_PAPER_TYPEHASH = keccak256("EndOfPaper(address subject)");

    // ========================================================================
    // State
    // ========================================================================

    IInstitutionRegistry internal immutable _INSTITUTIONS;

    IStudyRegistry internal immutable _STUDIES;

    /// @notice How long after it was recorded paper counts, in seconds.
    uint64 internal immutable _PAPER_DELAY;

    /// @notice How long the old key can stop a recovery, in seconds.
    uint64 internal immutable _KEY_RECOVERY_DELAY;

    // One slot: generation 4, refusedPurposes 8, refusalSequence 8, appointmentCount 4, generationSince 5, flags 1:
    // 30 bytes.
    mapping(address subject => Subject state) internal _subjects;

    // Read only with `_FLAG_SUCCESSOR`.
    mapping(address subject => address key) private _successors;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// Requirements:
    /// - Each has code.
    ///
    /// @param registry The InstitutionRegistry that says who speaks for an institution.
    /// @param studyRegistry The StudyRegistry that says who holds a study, and whose it is.
    constructor(IInstitutionRegistry registry, IStudyRegistry studyRegistry) EIP712("PixelPact", "1") {
        // Check: each has code.
        if (address(registry).code.length == 0) revert ConsentRegistry_NoCode(address(registry));
        if (address(studyRegistry).code.length == 0) revert ConsentRegistry_NoCode(address(studyRegistry));

        // Effect: asked from now on; the terms never change.
        _INSTITUTIONS = registry;
        _STUDIES = studyRegistry;
        IConsortium.Terms memory terms = registry.terms();
        _PAPER_DELAY = terms.paperDelay;
        _KEY_RECOVERY_DELAY = terms.keyRecoveryDelay;
    }

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function endPaper(address subject, bytes calldata signature) external {
        // Check: they were not ended before.
        _checkPaperStands(subject);

        // Check: the signature is the subject's.
        _checkSignature(keyOf(subject), keccak256(abi.encode(_END_OF_PAPER_TYPEHASH, subject)), signature);

        // Effect: ended.
        _setOwnKey(subject);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function generation(address subject) external view returns (uint32) {
        return _subjects[subject].generation;
    }

    /// @inheritdoc IConsentRegistry
    function subjectOf(address subject) external view returns (Subject memory) {
        return _subjects[subject];
    }

    /// @inheritdoc IConsentRegistry
    function institutions() external view returns (IInstitutionRegistry) {
        return _INSTITUTIONS;
    }

    /// @inheritdoc IConsentRegistry
    function studies() external view returns (IStudyRegistry) {
        return _STUDIES;
    }

    /// @inheritdoc IConsentRegistry
    function keyOf(address subject) public view returns (address) {
        return _keyWith(subject, _subjects[subject].flags);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev The key of a subject of these flags.
    function _keyWith(address subject, uint8 flags) internal view returns (address) {
        return flags & _FLAG_SUCCESSOR == 0 ? subject : _successors[subject];
    }

    /// @dev The next generation; directives of those before count no more.
    function _moveOn(address subject) internal returns (uint32 next) {
        Subject storage state = _subjects[subject];
        next = state.generation + 1;
        state.generation = next;
        // The second that follows: of a batch that was anchored in this one nobody knows whether it was before.
        state.generationSince = uint40(block.timestamp + 1);
    }

    /// @dev The key takes over; nothing that a hospital attested for one who can't sign counts from now on.
    function _setSuccessor(address subject, address key) internal {
        _setOwnKey(subject);
        _subjects[subject].flags |= _FLAG_SUCCESSOR;
        _successors[subject] = key;
    }

    /// @dev The subject signed with a key.
    function _setOwnKey(address subject) internal {
        Subject storage state = _subjects[subject];
        uint8 flags = state.flags;
        if (flags & _FLAG_OWN_KEY == 0) _addOwnKey(state, subject, flags);
    }

    /// @dev The subject, of these flags, signed with a key for the first time that is kept.
    function _addOwnKey(Subject storage state, address subject, uint8 flags) internal {
        state.flags = flags | _FLAG_OWN_KEY;
        emit PaperEnded(subject);
    }

    /// @dev Reverts if the subject signed with a key.
    function _checkPaperStands(address subject) internal view {
        if (_subjects[subject].flags & _FLAG_OWN_KEY != 0) revert ConsentRegistry_PaperEnded(subject);
    }

    /// @dev Reverts unless the signature over a struct of this domain is the signer's.
    function _checkSignature(address signer, bytes32 structHash, bytes calldata signature) internal view {
        bytes32 digest = _hashTypedDataV4(structHash);
        if (!Signatures.isValid(signer, digest, signature)) revert ConsentRegistry_SignatureInvalid(signer, digest);
    }

    /// @dev The caller's institution and its roles, if the caller may speak for it in matters of consent and it is
    /// active.
    function _institutionOfOperator() internal view returns (uint32, uint16) {
        (uint32 institution, uint8 permissions, IInstitutionRegistry.Standing memory found) = _INSTITUTIONS.actingFor(
            msg.sender
        );
        if (permissions & Vocabulary.OPERATOR_CONSENTS == 0) {
            revert ConsentRegistry_NotOperator(msg.sender, institution, permissions);
        }
        if (found.status != IInstitutionRegistry.Status.Active) {
            revert ConsentRegistry_NotActive(institution, found.status);
        }
        return (institution, found.roles);
    }

    /// @dev The same, if the institution holds the custodian role.
    function _custodianOfOperator() internal view returns (uint32) {
        (uint32 institution, uint16 roles) = _institutionOfOperator();
        if (roles & Vocabulary.ROLE_CUSTODIAN == 0) revert ConsentRegistry_LacksRole(institution, roles);
        return institution;
    }

    /// @dev Reverts unless another operator for consents of the caller's institution signed.
    function _checkSecond(
        uint32 institution,
        address second,
        bytes32 structHash,
        bytes calldata signature
    ) internal view {
        if (second == msg.sender) revert ConsentRegistry_SecondIsFirst(second);
        (uint32 its, uint8 permissions) = _INSTITUTIONS.operator(second);
        if (its != institution || permissions & Vocabulary.OPERATOR_CONSENTS == 0) {
            revert ConsentRegistry_NotOperator(second, its, permissions);
        }
        _checkSignature(second, structHash, signature);
    }

    /// @dev Reverts unless the institution holds the study, and it is the subject's.
    function _checkHeld(bytes32 study, address subject, uint32 institution) internal view {
        IStudyRegistry.Standing memory found = _STUDIES.standing(study);
        if (found.custodian != institution) revert ConsentRegistry_NotCustodian(institution, found.custodian);
        if (found.subject != subject) revert ConsentRegistry_NotSubject(study, subject);
    }

    /// @dev Reverts without a digest.
    function _checkDigest(bytes32 digest) internal pure {
        if (digest == _NO_DIGEST) revert ConsentRegistry_DigestMissing();
    }
}
