// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IStudyRegistry} from "./interfaces/IStudyRegistry.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title StudyRegistry
/// @notice See {IStudyRegistry}.
contract StudyRegistry is IStudyRegistry {
    // ========================================================================
    // Constants
    // ========================================================================

    uint32 private constant _FIRST_EPOCH = 1;

    uint32 private constant _NO_EPOCH = 0;

    bytes32 private constant _NO_DIGEST = bytes32(0);

    uint32 private constant _NOBODY = 0;

    /// @notice The bits of one former custodian, and where the fourth begins.
    uint128 private constant _FORMER_BITS = 32;
    uint128 private constant _FOURTH_FORMER = 96;

    // ========================================================================
    // State
    // ========================================================================

    IInstitutionRegistry private immutable _INSTITUTIONS;

    // Four slots: subject 20, custodian 4, epoch 4, status 1: 29 bytes; categories 8, registeredAt 8, formers
    // 16: 32 bytes; manifestDigest; contentCommitment.
    mapping(bytes32 id => Study study) private _studies;

    mapping(bytes32 id => uint32 institution) private _offers;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// Requirements:
    /// - It has code.
    ///
    /// @param registry The InstitutionRegistry that says who may act.
    constructor(IInstitutionRegistry registry) {
        // Check: it has code.
        if (address(registry).code.length == 0) revert StudyRegistry_NoCode(address(registry));

        // Effect: asked from now on.
        _INSTITUTIONS = registry;
    }

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IStudyRegistry
    function register(
        bytes32 localId,
        address subject,
        uint64 categories,
        bytes32 manifest,
        bytes32 contentCommitment
    ) external returns (bytes32 id) {
        // Check: the caller is an operator for studies of an active institution.
        (uint32 custodian, uint16 roles) = _activeInstitutionOfOperator();

        // Check: the institution holds the custodian role.
        if (roles & Vocabulary.ROLE_CUSTODIAN == 0) revert StudyRegistry_LacksRole(custodian, roles);

        // Check: no argument is zero.
        if (
            localId == _NO_DIGEST ||
            subject == address(0) ||
            categories == 0 ||
            manifest == _NO_DIGEST ||
            contentCommitment == _NO_DIGEST
        ) revert StudyRegistry_Incomplete(localId, subject, categories, manifest, contentCommitment);

        // Check: the study is not registered.
        id = studyId(custodian, localId);
        if (_studies[id].status != Status.Unknown) revert StudyRegistry_AlreadyRegistered(id);

        // Effect: active, in its first epoch.
        _studies[id] = Study({
            subject: subject,
            custodian: custodian,
            epoch: _FIRST_EPOCH,
            status: Status.Active,
            categories: categories,
            registeredAt: uint64(block.timestamp),
            formers: 0,
            manifestDigest: manifest,
            contentCommitment: contentCommitment
        });
        emit StudyRegistered(id, custodian, subject, categories, manifest, contentCommitment);
    }

    /// @inheritdoc IStudyRegistry
    function rotate(bytes32 id, uint32 expectedEpoch, bytes32 manifest) external {
        // Check: the study is registered, and the caller acts for its custodian.
        Study storage found = _studyOfCaller(id);

        // Check: the study is not erased.
        if (found.status == Status.Erased) revert StudyRegistry_WrongStatus(id, Status.Erased);

        // Check: the expected epoch is the present one.
        uint32 epoch = found.epoch;
        if (epoch != expectedEpoch) revert StudyRegistry_EpochDiffers(id, expectedEpoch, epoch);

        // Check: the digest is neither zero nor the present one.
        bytes32 previous = found.manifestDigest;
        if (manifest == _NO_DIGEST || manifest == previous) revert StudyRegistry_ManifestUnusable(id, manifest);

        // Effect: the next epoch, with its manifest.
        found.epoch = epoch + 1;
        found.manifestDigest = manifest;
        emit StudyRotated(id, found.custodian, epoch + 1, manifest, previous);
    }

    /// @inheritdoc IStudyRegistry
    function withdraw(bytes32 id) external {
        // Check: the study is registered, and the caller acts for its custodian.
        Study storage found = _studyOfCaller(id);

        // Check: the study is active.
        if (found.status != Status.Active) revert StudyRegistry_WrongStatus(id, found.status);

        // Effect: withdrawn.
        found.status = Status.Withdrawn;
        emit StudyWithdrawn(id, found.custodian);
    }

    /// @inheritdoc IStudyRegistry
    function reinstate(bytes32 id) external {
        // Check: the study is registered, and the caller acts for its custodian.
        Study storage found = _studyOfCaller(id);

        // Check: the study is withdrawn.
        if (found.status != Status.Withdrawn) revert StudyRegistry_WrongStatus(id, found.status);

        // Effect: active again.
        found.status = Status.Active;
        emit StudyReinstated(id, found.custodian);
    }

    /// @inheritdoc IStudyRegistry
    function erase(bytes32 id, bytes32 certificate) external {
        // Check: the study is registered, and the caller acts for its custodian.
        Study storage found = _studyOfCaller(id);

        // Check: the study is not erased.
        if (found.status == Status.Erased) revert StudyRegistry_WrongStatus(id, Status.Erased);

        // Check: the certificate is not zero.
        if (certificate == _NO_DIGEST) revert StudyRegistry_CertificateMissing(id);

        // Effect: erased, for good.
        found.status = Status.Erased;
        emit StudyErased(id, found.custodian, certificate);
    }

    /// @inheritdoc IStudyRegistry
    function attestDisposal(bytes32 id, uint32 epoch, uint32 blocks, uint32 nodes, bytes32 report) external {
        // Check: the study is registered, and the caller acts for its custodian.
        Study storage found = _studyOfCaller(id);

        // Check: the epoch is one before the present; of an erased study also the present.
        uint32 current = found.epoch;
        bool over = epoch < current || (epoch == current && found.status == Status.Erased);
        if (epoch == _NO_EPOCH || !over) revert StudyRegistry_EpochInUse(id, epoch, current);

        // Check: neither the blocks, the nodes nor the report are zero.
        if (blocks == 0 || nodes == 0 || report == _NO_DIGEST) {
            revert StudyRegistry_ReportIncomplete(id, blocks, nodes, report);
        }

        // Effect: none but the event; an attestation changes no decision.
        emit DisposalAttested(id, found.custodian, epoch, blocks, nodes, report);
    }

    /// @inheritdoc IStudyRegistry
    function offerCustody(bytes32 id, uint32 to) external {
        // Check: the study is registered, and the caller acts for its custodian.
        Study storage found = _studyOfCaller(id);

        // Check: the study is not erased.
        if (found.status == Status.Erased) revert StudyRegistry_WrongStatus(id, Status.Erased);

        // Check: the institution is known and another than the custodian, or 0.
        uint32 custodian = found.custodian;
        if (to == custodian || (to != _NOBODY && !_isKnown(to))) revert StudyRegistry_OfferUnusable(id, to);

        // Check: the study was handed over less than four times.
        if (found.formers >> _FOURTH_FORMER != 0) revert StudyRegistry_FormersExhausted(id);

        // Effect: the one offer.
        _offers[id] = to;
        emit CustodyOffered(id, custodian, to);
    }

    /// @inheritdoc IStudyRegistry
    function acceptCustody(bytes32 id) external {
        // Check: the study is registered.
        Study storage found = _studies[id];
        if (found.status == Status.Unknown) revert StudyRegistry_Unknown(id);

        // Check: the caller is an operator for studies of an active institution.
        (uint32 to, uint16 roles) = _activeInstitutionOfOperator();

        // Check: the institution holds the custodian role.
        if (roles & Vocabulary.ROLE_CUSTODIAN == 0) revert StudyRegistry_LacksRole(to, roles);

        // Check: the study is offered to it.
        if (_offers[id] != to) revert StudyRegistry_NotOffered(id, to);

        // Check: the study is not erased.
        if (found.status == Status.Erased) revert StudyRegistry_WrongStatus(id, Status.Erased);

        // Effect: held by it; the one before is the latest of the former ones; the offer is gone.
        uint32 from = found.custodian;
        found.formers = (found.formers << _FORMER_BITS) | from;
        found.custodian = to;
        delete _offers[id];
        emit CustodyTransferred(id, from, to);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IStudyRegistry
    function study(bytes32 id) external view returns (Study memory) {
        return _studies[id];
    }

    /// @inheritdoc IStudyRegistry
    function standing(bytes32 id) external view returns (Standing memory) {
        Study storage found = _studies[id];
        return
            Standing({
                subject: found.subject,
                custodian: found.custodian,
                epoch: found.epoch,
                status: found.status,
                categories: found.categories,
                formers: found.formers
            });
    }

    /// @inheritdoc IStudyRegistry
    function manifestDigest(bytes32 id) external view returns (bytes32) {
        return _studies[id].manifestDigest;
    }

    /// @inheritdoc IStudyRegistry
    function offeredTo(bytes32 id) external view returns (uint32) {
        return _offers[id];
    }

    /// @inheritdoc IStudyRegistry
    function institutions() external view returns (IInstitutionRegistry) {
        return _INSTITUTIONS;
    }

    /// @inheritdoc IStudyRegistry
    function studyId(uint32 custodian, bytes32 localId) public pure returns (bytes32) {
        return keccak256(abi.encode(custodian, localId));
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev The study, if it is registered and the caller is an operator for studies of its custodian.
    function _studyOfCaller(bytes32 id) private view returns (Study storage found) {
        // Check: the study is registered.
        found = _studies[id];
        if (found.status == Status.Unknown) revert StudyRegistry_Unknown(id);

        // Check: the caller is an operator for studies of its custodian, which is active.
        (uint32 institution, ) = _activeInstitutionOfOperator();
        if (institution != found.custodian) revert StudyRegistry_NotCustodian(id, institution);
    }

    /// @dev Whether there is an institution of this number.
    function _isKnown(uint32 institution) private view returns (bool) {
        return _INSTITUTIONS.standing(institution).status != IInstitutionRegistry.Status.Unknown;
    }

    /// @dev The caller's institution and its roles, if the caller may handle its studies and it is active.
    function _activeInstitutionOfOperator() private view returns (uint32, uint16) {
        (uint32 institution, uint8 permissions, IInstitutionRegistry.Standing memory found) = _INSTITUTIONS.actingFor(
            msg.sender
        );
        if (permissions & Vocabulary.OPERATOR_STUDIES == 0) {
            revert StudyRegistry_NotOperator(msg.sender, institution, permissions);
        }
        if (found.status != IInstitutionRegistry.Status.Active) {
            revert StudyRegistry_NotActive(institution, found.status);
        }
        return (institution, found.roles);
    }
}
