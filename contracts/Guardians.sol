// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {Signatures} from "./Signatures.sol";
import {Subjects} from "./Subjects.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title Guardians
/// @notice The part of the ConsentRegistry that knows who may act for a patient.
abstract contract Guardians is Subjects {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice The longest appointment: 18 years of 365.25 days, in seconds.
    uint64 private constant _MAX_APPOINTMENT = 568_080_000;

    /// @notice The subject signs, nobody for it.
    uint32 internal constant _NO_APPOINTMENT = 0;

    /// @notice Withdrawing and refusing, which every guardian may.
    uint8 internal constant _NO_POWER = 0;

    uint32 private constant _ANY_CUSTODIAN = 0;

    bytes32 private constant _APPOINTMENT_TYPEHASH =
        keccak256(
            "Appointment(address subject,address guardian,uint8 powers,uint32 custodian,uint64 until,uint32 number)"
        );

    bytes32 private constant _ATTESTED_APPOINTMENT_TYPEHASH =
        keccak256(
            "AttestedAppointment(Appointment appointment,bytes32 form)"
            "Appointment(address subject,address guardian,uint8 powers,uint32 custodian,uint64 until,uint32 number)"
        );

    bytes32 private constant _DISMISSAL_TYPEHASH = keccak256("Dismissal(address subject,uint32 number)");

    // ========================================================================
    // State
    // ========================================================================

    // One slot: guardian 20, until 5, custodian 4, powers 1, attested 1, ended 1: 32 bytes.
    mapping(address subject => mapping(uint32 number => AppointmentState state)) private _appointments;

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function appoint(Appointment calldata appointment, bytes calldata signature) external {
        _checkAppointment(appointment);

        // Check: the signature is the subject's.
        _checkSignature(keyOf(appointment.subject), _hashOfAppointment(appointment), signature);

        // Effect: live from now on.
        _setOwnKey(appointment.subject);
        _addAppointment(appointment, false);
        emit GuardianAppointed(
            appointment.subject,
            appointment.guardian,
            appointment.number,
            appointment.powers,
            appointment.custodian,
            appointment.until,
            _NO_DIGEST,
            address(0),
            address(0)
        );
    }

    /// @inheritdoc IConsentRegistry
    function appointAttested(
        Appointment calldata appointment,
        bytes32 form,
        address second,
        bytes calldata signature
    ) external {
        // Check: the caller is an operator for consents of an active custodian, for whose studies it is.
        uint32 institution = _custodianOfOperator();
        if (appointment.custodian != institution) {
            revert ConsentRegistry_NotCustodian(institution, appointment.custodian);
        }

        // Check: the form's digest is not zero.
        _checkDigest(form);

        // Check: the subject never signed with a key.
        _checkPaperStands(appointment.subject);

        // Check: without the power to recover: two people and a guardian of their choice would be a key.
        if (appointment.powers & Vocabulary.GUARDIAN_RECOVER != 0) {
            revert ConsentRegistry_PowersUnusable(appointment.powers);
        }
        _checkAppointment(appointment);

        // Check: the second is another account of the same institution, an operator for consents, who signed.
        _checkSecond(
            institution,
            second,
            keccak256(abi.encode(_ATTESTED_APPOINTMENT_TYPEHASH, _hashOfAppointment(appointment), form)),
            signature
        );

        // Effect: live from now on, until the subject signs with a key.
        _subjects[appointment.subject].flags |= _FLAG_PAPER;
        _addAppointment(appointment, true);
        emit GuardianAppointed(
            appointment.subject,
            appointment.guardian,
            appointment.number,
            appointment.powers,
            appointment.custodian,
            appointment.until,
            form,
            msg.sender,
            second
        );
    }

    /// @inheritdoc IConsentRegistry
    function dismiss(address subject, uint32 number, bytes calldata signature) external {
        // Check: there is such an appointment, and it was not dismissed.
        AppointmentState storage found = _appointments[subject][number];
        address guardian = found.guardian;
        if (guardian == address(0) || found.ended) revert ConsentRegistry_GuardianEnded(subject, number);

        // Check: the signature is the subject's, or the guardian's.
        // The subject's first: a guardian that is a wallet contract may say yes to what the subject signed.
        address key = keyOf(subject);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_DISMISSAL_TYPEHASH, subject, number)));
        if (Signatures.isValid(key, digest, signature)) {
            _setOwnKey(subject);
        } else if (!Signatures.isValid(guardian, digest, signature)) {
            revert ConsentRegistry_SignatureInvalid(key, digest);
        }

        // Effect: ended, for good.
        found.ended = true;
        emit GuardianDismissed(subject, guardian, number);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function appointmentOf(address subject, uint32 number) external view returns (AppointmentState memory) {
        return _appointments[subject][number];
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev Reverts unless the signature is the subject's, or, with an appointment, the guardian's, who has the power.
    /// The flags are the subject's.
    function _checkAuthority(
        address subject,
        uint8 flags,
        uint32 appointment,
        uint8 power,
        bytes32 structHash,
        bytes calldata signature
    ) internal view {
        address signer = appointment == _NO_APPOINTMENT
            ? _keyWith(subject, flags)
            : _guardianWith(subject, flags, appointment, power);
        _checkSignature(signer, structHash, signature);
    }

    /// @dev The guardian of a live appointment that gives the power.
    function _guardianWith(
        address subject,
        uint8 flags,
        uint32 appointment,
        uint8 power
    ) internal view returns (address) {
        AppointmentState memory found = _appointments[subject][appointment];
        if (!_isLive(found, flags)) revert ConsentRegistry_GuardianEnded(subject, appointment);
        if (found.powers & power != power) revert ConsentRegistry_PowerMissing(subject, appointment, power);
        return found.guardian;
    }

    /// @dev The guardian of an appointment, live or not; the zero address for an unknown one.
    function _guardianOf(address subject, uint32 appointment) internal view returns (address) {
        return _appointments[subject][appointment].guardian;
    }

    /// @dev Reverts if the appointment is for another institution's studies.
    function _checkWithin(address subject, uint32 appointment, uint32 institution) internal view {
        uint32 custodian = _appointments[subject][appointment].custodian;
        if (custodian != _ANY_CUSTODIAN && custodian != institution) {
            revert ConsentRegistry_AppointmentElsewhere(subject, appointment, custodian);
        }
    }

    /// @dev Why what the guardian allowed does not count for this custodian's studies, or 0.
    function _flawOfGuardian(
        address subject,
        uint8 flags,
        uint32 appointment,
        uint32 custodian
    ) internal view returns (uint16) {
        AppointmentState memory found = _appointments[subject][appointment];
        if (!_isLive(found, flags)) return Vocabulary.REASON_GUARDIAN_ENDED;
        if (
            found.powers & Vocabulary.GUARDIAN_GRANT == 0 ||
            (found.custodian != _ANY_CUSTODIAN && found.custodian != custodian)
        ) return Vocabulary.REASON_AUTHORITY_EXCEEDED;
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev Whether a guardian acts: known, not dismissed, before the end, and, if attested, of one who can't sign.
    function _isLive(AppointmentState memory found, uint8 flags) private view returns (bool) {
        return
            found.guardian != address(0) &&
            !found.ended &&
            block.timestamp < found.until &&
            !(found.attested && flags & _FLAG_OWN_KEY != 0);
    }

    /// @dev What every appointment must be.
    function _checkAppointment(Appointment calldata appointment) private view {
        // Check: the guardian is somebody, and neither the subject nor its present key.
        address subject = appointment.subject;
        address guardian = appointment.guardian;
        if (guardian == address(0) || guardian == subject || guardian == keyOf(subject)) {
            revert ConsentRegistry_GuardianUnusable(subject, guardian);
        }

        // Check: the powers are ones that the vocabulary has.
        if (appointment.powers & ~Vocabulary.GUARDIAN_ALL != 0) {
            revert ConsentRegistry_PowersUnusable(appointment.powers);
        }

        // Check: it ends after now, and at most 18 years from now.
        uint64 until = appointment.until;
        if (until <= block.timestamp || until > block.timestamp + _MAX_APPOINTMENT) {
            revert ConsentRegistry_UntilOutOfRange(until);
        }

        // Check: the number follows that of the last one.
        uint32 expected = _subjects[subject].appointmentCount + 1;
        if (appointment.number != expected) {
            revert ConsentRegistry_AppointmentDiffers(subject, appointment.number, expected);
        }
    }

    /// @dev Keep an appointment.
    function _addAppointment(Appointment calldata appointment, bool attested) private {
        _subjects[appointment.subject].appointmentCount = appointment.number;
        _appointments[appointment.subject][appointment.number] = AppointmentState({
            guardian: appointment.guardian,
            until: uint40(appointment.until),
            custodian: appointment.custodian,
            powers: appointment.powers,
            attested: attested,
            ended: false
        });
    }

    /// @dev The EIP-712 struct hash of an appointment.
    function _hashOfAppointment(Appointment calldata appointment) private pure returns (bytes32) {
        return keccak256(abi.encode(_APPOINTMENT_TYPEHASH, appointment));
    }
}
