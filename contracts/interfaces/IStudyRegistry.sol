// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInstitutionRegistry} from "./IInstitutionRegistry.sol";

/// @title IStudyRegistry
/// @notice What may be shared: sealed studies, whose they are, who holds them, and which ciphertext is the current one.
/// @dev A study's number is `keccak256(abi.encode(custodian, localId))` of the custodian that registered it, so nobody
/// can take another's; it keeps it when its custody is handed over. An operator of an institution that is not active
/// does nothing here.
interface IStudyRegistry {
    // ========================================================================
    // Types
    // ========================================================================

    /// @notice Whether a study may be shared.
    enum Status {
        Unknown,
        Active,
        Withdrawn,
        Erased
    }

    /// @notice All that is kept of a study.
    /// @param subject The patient's address.
    /// @param custodian The institution that holds it.
    /// @param epoch Counts its sealings under a new key, from 1.
    /// @param status Whether it may be shared.
    /// @param categories The kinds of images in it, a bit each.
    /// @param registeredAt When it was registered.
    /// @param formers Up to four institutions that held it before, 32 bits each, the latest in the lowest.
    /// @param manifestDigest The digest of the current sealed study's root.
    /// @param contentCommitment What is inside, whatever key it is sealed under; never changes.
    struct Study {
        address subject;
        uint32 custodian;
        uint32 epoch;
        Status status;
        uint64 categories;
        uint64 registeredAt;
        uint128 formers;
        bytes32 manifestDigest;
        bytes32 contentCommitment;
    }

    /// @notice What a decision needs to know of a study: two slots. The fields are those of `Study`.
    struct Standing {
        address subject;
        uint32 custodian;
        uint32 epoch;
        Status status;
        uint64 categories;
        uint128 formers;
    }

    // ========================================================================
    // Errors
    // ========================================================================

    /// @notice There is no contract at the address of the InstitutionRegistry.
    error StudyRegistry_NoCode(address institutions);

    /// @notice The account may not handle studies for the institution (0: it acts for none).
    error StudyRegistry_NotOperator(address account, uint32 institution, uint8 permissions);

    /// @notice The institution does not take part at present.
    error StudyRegistry_NotActive(uint32 institution, IInstitutionRegistry.Status status);

    /// @notice The institution does not hold the custodian role.
    error StudyRegistry_LacksRole(uint32 institution, uint16 roles);

    /// @notice One of these is zero.
    error StudyRegistry_Incomplete(
        bytes32 localId,
        address subject,
        uint64 categories,
        bytes32 manifestDigest,
        bytes32 contentCommitment
    );

    /// @notice The study is registered already.
    error StudyRegistry_AlreadyRegistered(bytes32 study);

    /// @notice The study is not registered.
    error StudyRegistry_Unknown(bytes32 study);

    /// @notice The institution does not hold the study.
    error StudyRegistry_NotCustodian(bytes32 study, uint32 institution);

    /// @notice Not in this status of the study.
    error StudyRegistry_WrongStatus(bytes32 study, Status status);

    /// @notice The study is in another epoch than the caller thought.
    error StudyRegistry_EpochDiffers(bytes32 study, uint32 expected, uint32 epoch);

    /// @notice The manifest's digest is zero, or the present one.
    error StudyRegistry_ManifestUnusable(bytes32 study, bytes32 manifestDigest);

    /// @notice The digest of the certificate of erasure is zero.
    error StudyRegistry_CertificateMissing(bytes32 study);

    /// @notice The epoch never was, or still is, the study's.
    error StudyRegistry_EpochInUse(bytes32 study, uint32 epoch, uint32 current);

    /// @notice A report of a disposal names no block, no node, or is zero.
    error StudyRegistry_ReportIncomplete(bytes32 study, uint32 blocks, uint32 nodes, bytes32 report);

    /// @notice Custody can't be offered to the custodian itself, nor to an institution that nobody knows.
    error StudyRegistry_OfferUnusable(bytes32 study, uint32 to);

    /// @notice The study was handed over four times, which is as often as a study can be.
    error StudyRegistry_FormersExhausted(bytes32 study);

    /// @notice Custody of the study is not offered to the institution.
    error StudyRegistry_NotOffered(bytes32 study, uint32 institution);

    // ========================================================================
    // Events
    // ========================================================================

    /// @notice A study was registered, in epoch 1.
    event StudyRegistered(
        bytes32 indexed study,
        uint32 indexed custodian,
        address indexed subject,
        uint64 categories,
        bytes32 manifestDigest,
        bytes32 contentCommitment
    );

    /// @notice A study was sealed anew: another key and other ciphertext, the same content commitment.
    event StudyRotated(
        bytes32 indexed study,
        uint32 indexed custodian,
        uint32 epoch,
        bytes32 manifestDigest,
        bytes32 previousManifestDigest
    );

    /// @notice A study was withdrawn from sharing.
    event StudyWithdrawn(bytes32 indexed study, uint32 indexed custodian);

    /// @notice A withdrawn study may be shared again.
    event StudyReinstated(bytes32 indexed study, uint32 indexed custodian);

    /// @notice A study was erased, for good.
    event StudyErased(bytes32 indexed study, uint32 indexed custodian, bytes32 certificate);

    /// @notice The custodian attested that the blocks of an epoch were unpinned, collected and found absent.
    event DisposalAttested(
        bytes32 indexed study,
        uint32 indexed custodian,
        uint32 epoch,
        uint32 blocks,
        uint32 nodes,
        bytes32 report
    );

    /// @notice The custodian offered custody of a study; to 0: to nobody any more.
    event CustodyOffered(bytes32 indexed study, uint32 indexed custodian, uint32 indexed to);

    /// @notice Another institution holds the study from now on.
    event CustodyTransferred(bytes32 indexed study, uint32 indexed from, uint32 indexed to);

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @notice Register a sealed study of a patient.
    ///
    /// Requirements:
    /// - The caller is an operator for studies of an active institution.
    /// - The institution holds the custodian role.
    /// - No argument is zero.
    /// - The study is not registered, nor was it ever.
    ///
    /// Warning: the custodian enrols the patient's address; the chain can't know that it is the patient's. Nor can it
    /// know that the categories or the content are what they are said to be.
    ///
    /// @param localId The custodian's digest of the study under a secret; never a DICOM UID.
    /// @return study The study's number.
    function register(
        bytes32 localId,
        address subject,
        uint64 categories,
        bytes32 manifestDigest,
        bytes32 contentCommitment
    ) external returns (bytes32 study);

    /// @notice Replace the ciphertext by one under a new key; the epoch is the next one from now on.
    ///
    /// Requirements:
    /// - The study is registered.
    /// - The caller is an operator for studies of its custodian, which is active.
    /// - The study is not erased.
    /// - `expectedEpoch` is the present one.
    /// - The digest is neither zero nor the present one.
    ///
    /// Warning: going back to a manifest of before the last is not seen here; it stands in the events.
    ///
    /// @param expectedEpoch The epoch that the caller rotates away from: of two rotations at once only one counts.
    function rotate(bytes32 study, uint32 expectedEpoch, bytes32 manifestDigest) external;

    /// @notice Withdraw a study from sharing, until it is reinstated.
    ///
    /// Requirements:
    /// - The study is registered.
    /// - The caller is an operator for studies of its custodian, which is active.
    /// - The study is active.
    function withdraw(bytes32 study) external;

    /// @notice Share a withdrawn study again.
    ///
    /// Requirements:
    /// - The study is registered.
    /// - The caller is an operator for studies of its custodian, which is active.
    /// - The study is withdrawn.
    function reinstate(bytes32 study) external;

    /// @notice Record that a study was erased: no way leads back.
    ///
    /// Requirements:
    /// - The study is registered.
    /// - The caller is an operator for studies of its custodian, which is active.
    /// - The study is not erased.
    /// - The certificate is not zero.
    ///
    /// Warning: the chain records the custodian's word; it can't see that keys were destroyed.
    ///
    /// @param certificate The digest of the certificate of erasure.
    function erase(bytes32 study, bytes32 certificate) external;

    /// @notice Attest that the blocks of an epoch that is over were unpinned, collected and found absent. May be said
    /// more than once, of other nodes.
    ///
    /// Requirements:
    /// - The study is registered.
    /// - The caller is an operator for studies of its custodian, which is active.
    /// - The epoch is one before the present; of an erased study also the present.
    /// - Neither the blocks, the nodes nor the report are zero.
    ///
    /// Warning: an attestation, not a proof; of nodes that the custodian does not run it says nothing.
    ///
    /// @param blocks How many blocks.
    /// @param nodes At how many nodes.
    /// @param report The digest of the report.
    function attestDisposal(bytes32 study, uint32 epoch, uint32 blocks, uint32 nodes, bytes32 report) external;

    /// @notice Offer another institution the custody of a study (a merger, a closure), in place of any offer before; to
    /// 0, take the offer back.
    ///
    /// Requirements:
    /// - The study is registered.
    /// - The caller is an operator for studies of its custodian, which is active.
    /// - The study is not erased.
    /// - The institution is known and another than the custodian, or 0.
    /// - The study was handed over less than four times.
    function offerCustody(bytes32 study, uint32 to) external;

    /// @notice Take the custody of a study that is offered. Its number, epoch and status stay.
    ///
    /// Requirements:
    /// - The study is registered.
    /// - The caller is an operator for studies of an active institution.
    /// - The institution holds the custodian role.
    /// - The study is offered to it.
    /// - The study is not erased.
    ///
    /// Warning: what a patient allowed names the custodian, and ends with its custody; what they refused a former one
    /// goes on counting. The sealed study, its keys and its secret are handed over outside the chain; the custodian
    /// that gave it up may still have them.
    function acceptCustody(bytes32 study) external;

    // ========================================================================
    // Views
    // ========================================================================

    /// @notice All that is kept of a study; zeros for an unknown one.
    function study(bytes32 id) external view returns (Study memory);

    /// @notice What a decision needs to know of a study; zeros for an unknown one.
    function standing(bytes32 id) external view returns (Standing memory);

    /// @notice The digest of the current sealed study's root; 0 for an unknown study.
    function manifestDigest(bytes32 id) external view returns (bytes32);

    /// @notice To which institution a study's custody is offered, 0 for none.
    function offeredTo(bytes32 study) external view returns (uint32);

    /// @notice The number of a custodian's study.
    function studyId(uint32 custodian, bytes32 localId) external pure returns (bytes32);

    /// @notice The InstitutionRegistry that says who may act.
    function institutions() external view returns (IInstitutionRegistry);
}
