// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive, Modifier} from "../../contracts/Directive.sol";
import {Evidence} from "../../contracts/Evidence.sol";
import {IConsentRegistry} from "../../contracts/interfaces/IConsentRegistry.sol";
import {Vocabulary} from "../../contracts/Vocabulary.sol";
import {Holders} from "./Holders.sol";

/// @title Patients
/// @notice Patients and their guardians, with real signatures, and what hospitals take down for them.
abstract contract Patients is Holders {
    /// @dev What is known of a directive, by its hash.
    struct Note {
        bytes body; // the directive, encoded
        uint8 kind;
        uint64 recordedAt;
        uint64 revokedAt;
        uint32 authority;
        uint32 generation;
        bytes evidence; // if it is in a batch, encoded
        uint64 anchoredAt;
        uint256 signer; // of the batch's signature
    }

    /// @dev What is known of a patient.
    struct Patient {
        uint256 key; // the private key of the present key
        uint32 generation;
        uint64 generationSince;
        bool hasPaper;
        bool signed;
        uint32 appointments;
        uint256 named; // the private key of the recovery account, or 0
        uint64 sequence;
        uint256 candidate;
        uint64 readyAt;
        uint32 attempt;
    }

    uint64 private constant _RESEARCH = uint64(1) << Vocabulary.PURPOSE_HRESCH;
    uint64 private constant _TREATMENT = uint64(1) << Vocabulary.PURPOSE_TREAT;
    uint256 internal constant WRITTEN_MOST = 48;
    uint32 private constant _LATER_TOO = type(uint32).max;

    bytes32[] internal written;
    mapping(bytes32 directive => Note) internal notes;
    mapping(address subject => Patient) internal patients;
    mapping(address subject => mapping(uint32 number => IConsentRegistry.AppointmentState)) internal appointed;
    mapping(address subject => mapping(uint32 number => uint256 key)) internal guardianKeys;
    mapping(address subject => mapping(bytes32 scope => uint64 purposes)) internal refused;
    mapping(address subject => mapping(bytes32 scope => uint64)) internal sequences;
    mapping(address subject => mapping(bytes32 scope => uint64 purposes)) internal taken;
    mapping(address subject => mapping(bytes32 scope => uint64)) internal takenSequences;
    uint256 private _successors;

    constructor() {
        for (uint256 i = 0; i < PATIENTS; ++i) patients[vm.addr(PATIENT + i)].key = PATIENT + i;
    }

    // ---- directives ----

    function record(uint256 seed) public {
        bytes32 id = _directive(seed);
        if (id == 0) return;
        address subject = _decoded(id).subject;
        uint32 appointment = _appointment(seed, subject);
        _record(id, subject, appointment, _signer(seed, subject, appointment));
    }

    /// @notice The same, of consent that the floor permits for long, so that it is for the engine to decide.
    function _recordForEngine(uint256 seed) internal returns (bytes32 id) {
        bytes32 study = _study(seed);
        if (study == 0 || written.length >= 2 * WRITTEN_MOST) return 0;
        id = _fullConsent(seed, study);
        address subject = known[study].subject;
        _record(id, subject, 0, patients[subject].key);
    }

    /// @dev A directive, not recorded yet, that covers a study for whoever asks.
    function _fullConsent(uint256 seed, bytes32 study) internal returns (bytes32) {
        Directive memory directive = _draft(seed, study);
        directive.subject = known[study].subject;
        directive.custodian = known[study].custodian;
        directive.study = 0;
        directive.grantee = _LATER_TOO;
        directive.categories = Vocabulary.CATEGORY_ALL;
        directive.purposes = _RESEARCH | _TREATMENT;
        if (!_once(seed, 102, 4)) directive.modifiers = _modifiers(seed);
        directive.generation = patients[directive.subject].generation;
        directive.notBefore = uint64(block.timestamp);
        directive.expiry = uint64(block.timestamp) + 100 * DAY;
        return _written(directive);
    }

    function _record(bytes32 id, address subject, uint32 appointment, uint256 key) private {
        bytes memory signature = _sign(key, address(consents), id);
        try consents.record(subject, id, appointment, signature) {
            _checkSpeaks(subject, appointment, key);
            if (appointment == 0) _endPaperIfAny(subject);
            else _hold(appointed[subject][appointment].powers & Vocabulary.GUARDIAN_GRANT != 0, "28: granted without GRANT");
            _recorded(id, subject, appointment == 0 ? 1 : 2, appointment);
            _effect(appointment == 0 ? bytes32("record") : bytes32("recordByGuardian"));
        } catch {}
    }

    function recordPaper(uint256 seed) public {
        bytes32 id = _directive(seed);
        if (id == 0) return;
        Directive memory directive = _decoded(id);
        if (patients[directive.subject].signed && _once(seed, 124, 2)) id = _ofUnsigned(seed);
        _recordPaper(seed, id);
    }

    function _recordPaper(uint256 seed, bytes32 id) internal {
        Directive memory directive = _decoded(id);
        address caller = _operator(seed, directive.custodian);
        uint256 second = _second(seed, directive.custodian);
        (uint32 custodian, ) = institutions.operator(caller);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("PaperConsent(address subject,bytes32 directive,uint32 custodian,bytes32 form)"),
                directive.subject,
                id,
                custodian,
                bytes32("form")
            )
        );
        bytes memory signature = _sign(second, address(consents), structHash);
        vm.prank(caller);
        try consents.recordPaper(directive.subject, id, "form", vm.addr(second), signature) {
            _checkTwo(caller, vm.addr(second));
            _hold(!patients[directive.subject].signed, "22: paper was recorded after the patient signed");
            patients[directive.subject].hasPaper = true;
            _recorded(id, directive.subject, 3, custodian);
            _effect("recordPaper");
        } catch {}
    }

    function anchor(uint256 seed) external {
        bytes32 id = _directive(seed);
        if (id == 0 || notes[id].anchoredAt != 0) return;
        address subject = _decoded(id).subject;
        Evidence memory evidence;
        evidence.appointment = _appointment(seed, subject);
        uint256 key = _signer(seed, subject, evidence.appointment);
        evidence.signature = _sign(key, address(consents), id);
        evidence.path = new bytes32[](1);
        evidence.path[0] = bytes32(seed);
        evidence.poster = uint32(1 + (_random(seed, 60) % 3));
        bytes32 leaf = consents.leafOf(evidence.poster, subject, id);
        evidence.root = leaf < evidence.path[0]
            ? keccak256(abi.encode(leaf, evidence.path[0]))
            : keccak256(abi.encode(evidence.path[0], leaf));
        address caller = vm.addr(FIRST + evidence.poster);
        (uint32 poster, ) = institutions.operator(caller);
        vm.prank(caller);
        try consents.anchor(evidence.root) {
            _hold(_isActive(poster) && _holds(poster, Vocabulary.ROLE_CUSTODIAN), "27: anchored by no custodian");
            if (poster != evidence.poster) return;
            notes[id].anchoredAt = uint64(block.timestamp);
            notes[id].evidence = abi.encode(evidence);
            notes[id].signer = key;
            _effect("anchor");
        } catch {}
    }

    function revoke(uint256 seed) external {
        bytes32 id = _directive(seed);
        if (id == 0 || !_once(seed, 61, 2)) return;
        address subject = _decoded(id).subject;
        uint32 appointment = _appointment(seed, subject);
        uint256 key = _signer(seed, subject, appointment);
        bytes32 structHash = keccak256(
            abi.encode(keccak256("Revocation(address subject,bytes32 directive)"), subject, id)
        );
        bytes memory signature = _sign(key, address(consents), structHash);
        vm.prank(vm.addr(STRANGER));
        try consents.revoke(subject, id, appointment, signature) {
            _checkSpeaks(subject, appointment, key);
            if (appointment == 0) _endPaperIfAny(subject);
            _revoked(id);
            _effect("revoke");
        } catch {
            bool speaks = appointment == 0 ? key == patients[subject].key : _speaks(subject, appointment, key);
            _hold(!speaks || notes[id].revokedAt != 0, "26: a withdrawal was hindered");
        }
    }

    function takeRevocation(uint256 seed) external {
        bytes32 id = _directive(seed);
        if (id == 0 || !_once(seed, 62, 3)) return;
        Directive memory directive = _decoded(id);
        address caller = _operator(seed, directive.custodian);
        vm.prank(caller);
        try consents.takeRevocation(directive, 1, "form") {
            _hold(
                _isOperator(caller, directive.custodian, Vocabulary.OPERATOR_CONSENTS),
                "27: a withdrawal was taken by another than the custodian"
            );
            _revoked(id);
            _effect("takeRevocation");
        } catch {}
    }

    function revokeAll(uint256 seed) external {
        if (!_once(seed, 63, 8)) return;
        address subject = _subject(seed);
        uint32 appointment = _appointment(seed, subject);
        uint256 key = _signer(seed, subject, appointment);
        uint32 next = patients[subject].generation + (_once(seed, 64, 5) ? 2 : 1);
        bytes32 structHash = keccak256(
            abi.encode(keccak256("RevocationOfAll(address subject,uint32 generation)"), subject, next)
        );
        bytes memory signature = _sign(key, address(consents), structHash);
        try consents.revokeAll(subject, next, appointment, signature) {
            _checkSpeaks(subject, appointment, key);
            _hold(next == patients[subject].generation + 1, "3: a generation was skipped");
            if (appointment == 0) patients[subject].signed = true;
            _movedOn(subject);
            _effect("revokeAll");
        } catch {
            _hold(!_speaks(subject, appointment, key) || next != patients[subject].generation + 1, "26: revokeAll was hindered");
        }
    }

    function endPaper(uint256 seed) external {
        if (!_once(seed, 65, 6)) return;
        address subject = _subject(seed);
        uint256 key = _signer(seed, subject, 0);
        bytes32 structHash = keccak256(abi.encode(keccak256("EndOfPaper(address subject)"), subject));
        bytes memory signature = _sign(key, address(consents), structHash);
        try consents.endPaper(subject, signature) {
            _hold(key == patients[subject].key, "28: another than the patient ended paper");
            patients[subject].signed = true;
            _effect("endPaper");
        } catch {}
    }

    // ---- refusals ----

    function refuse(uint256 seed) external {
        if (!_once(seed, 59, 2)) return;
        IConsentRegistry.Refusal memory refusal;
        refusal.subject = _subject(seed);
        uint256 kind = _random(seed, 66) % 4;
        if (kind == 1) refusal.custodian = uint32(1 + (_random(seed, 67) % 3));
        if (kind == 2) refusal.study = _study(seed);
        if (kind == 3) refusal.grantee = uint32(1 + (_random(seed, 68) % FOUNDERS));
        bytes32 scope = _scope(refusal.custodian, refusal.study, refusal.grantee);
        refusal.purposes = !_once(seed, 69, 3) ? 0 : uint64(1) << uint64(_purpose(seed) % 60);
        refusal.sequence = sequences[refusal.subject][scope] + (_once(seed, 70, 6) ? 0 : 1);
        uint32 appointment = _appointment(seed, refusal.subject);
        _refuse(seed, refusal, appointment, scope);
    }

    function takeRefusal(uint256 seed) external {
        if (!_once(seed, 71, 6)) return;
        bytes32 study = _once(seed, 72, 2) ? bytes32(0) : _study(seed);
        address subject = study == 0 ? _subject(seed) : known[study].subject;
        address caller = _operator(seed, study == 0 ? uint32(1 + (_random(seed, 73) % 3)) : known[study].custodian);
        (uint32 institution, ) = institutions.operator(caller);
        uint64 purposes = uint64(1) << uint64(_purpose(seed) % 60);
        vm.prank(caller);
        try consents.takeRefusal(subject, study, purposes, 1, "form") {
            _hold(study == 0 || known[study].custodian == institution, "27: a refusal was taken by another");
            bytes32 scope = _scope(study == 0 ? institution : 0, study, 0);
            taken[subject][scope] |= purposes;
            ++takenSequences[subject][scope];
            _effect("takeRefusal");
        } catch {}
    }

    function liftTakenRefusal(uint256 seed) external {
        bytes32 study = _once(seed, 72, 2) ? bytes32(0) : _study(seed);
        address subject = study == 0 ? _subject(seed) : known[study].subject;
        address caller = _operator(seed, study == 0 ? uint32(1 + (_random(seed, 73) % 3)) : known[study].custodian);
        (uint32 institution, ) = institutions.operator(caller);
        bytes32 scope = _scope(study == 0 ? institution : 0, study, 0);
        uint64 sequence = takenSequences[subject][scope] + (_once(seed, 74, 6) ? 0 : 1);
        uint256 second = _second(seed, institution);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("RefusalLift(address subject,uint32 custodian,bytes32 study,bytes32 form,uint64 sequence)"),
                subject,
                institution,
                study,
                bytes32("form"),
                sequence
            )
        );
        bytes memory signature = _sign(second, address(consents), structHash);
        vm.prank(caller);
        try consents.liftTakenRefusal(subject, study, "form", sequence, vm.addr(second), signature) {
            _checkTwo(caller, vm.addr(second));
            _hold(sequence == takenSequences[subject][scope] + 1, "23: a lifting was replayed");
            taken[subject][scope] = 0;
            takenSequences[subject][scope] = sequence;
            _effect("liftTakenRefusal");
        } catch {}
    }

    // ---- guardians ----

    function appoint(uint256 seed) external {
        address subject = _subject(seed);
        uint256 guardian = GUARDIAN + (_random(seed, 80) % GUARDIANS);
        IConsentRegistry.Appointment memory made = _made(seed, subject, guardian);
        uint256 key = _signer(seed, subject, 0);
        bytes memory signature = _sign(key, address(consents), _hashOf(made));
        try consents.appoint(made, signature) {
            _hold(key == patients[subject].key, "28: another than the patient appointed");
            patients[subject].signed = true;
            _appointed(made, guardian, false);
            _effect("appoint");
        } catch {}
    }

    function appointAttested(uint256 seed) external {
        address subject = _subject(seed);
        uint256 guardian = GUARDIAN + (_random(seed, 80) % GUARDIANS);
        IConsentRegistry.Appointment memory made = _made(seed, subject, guardian);
        if (!_once(seed, 83, 4)) made.powers &= Vocabulary.GUARDIAN_GRANT;
        if (made.custodian == 0) made.custodian = 1;
        address caller = _operator(seed, made.custodian);
        uint256 second = _second(seed, made.custodian);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "AttestedAppointment(Appointment appointment,bytes32 form)"
                    "Appointment(address subject,address guardian,uint8 powers,uint32 custodian,uint64 until,uint32 number)"
                ),
                _hashOf(made),
                bytes32("form")
            )
        );
        bytes memory signature = _sign(second, address(consents), structHash);
        vm.prank(caller);
        try consents.appointAttested(made, "form", vm.addr(second), signature) {
            _checkTwo(caller, vm.addr(second));
            _hold(_isOperator(caller, made.custodian, 0xff), "27: attested for another's studies");
            _hold(!patients[subject].signed, "22: a guardian was attested after the patient signed");
            patients[subject].hasPaper = true;
            _appointed(made, guardian, true);
            _effect("appointAttested");
        } catch {}
    }

    function dismiss(uint256 seed) external {
        address subject = _subject(seed);
        uint32 number = patients[subject].appointments;
        if (number == 0 || !_once(seed, 84, 3)) return;
        number = uint32(1 + (_random(seed, 85) % number));
        uint256 key = _once(seed, 86, 2) ? guardianKeys[subject][number] : _signer(seed, subject, 0);
        bytes32 structHash = keccak256(
            abi.encode(keccak256("Dismissal(address subject,uint32 number)"), subject, number)
        );
        bytes memory signature = _sign(key, address(consents), structHash);
        try consents.dismiss(subject, number, signature) {
            bool own = key == guardianKeys[subject][number];
            _hold(own || key == patients[subject].key, "28: another dismissed a guardian");
            _hold(!appointed[subject][number].ended, "21: dismissed twice");
            if (!own) patients[subject].signed = true;
            appointed[subject][number].ended = true;
            _effect("dismiss");
        } catch {}
    }

    // ---- recovery ----

    function nameRecovery(uint256 seed) external {
        address subject = _subject(seed);
        Patient storage patient = patients[subject];
        uint256 account = RECOVERER + (_random(seed, 87) % 3);
        uint64 sequence = patient.sequence + (_once(seed, 88, 6) ? 0 : 1);
        uint256 key = _signer(seed, subject, 0);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Recoverer(address subject,address account,uint64 sequence)"),
                subject,
                vm.addr(account),
                sequence
            )
        );
        bytes memory signature = _sign(key, address(consents), structHash);
        try consents.nameRecovery(subject, vm.addr(account), sequence, signature) {
            _hold(key == patient.key, "28: another than the patient named a recovery");
            _hold(sequence > patient.sequence, "23: a naming was replayed");
            patient.signed = true;
            patient.named = account;
            patient.sequence = sequence;
            _effect("nameRecovery");
        } catch {}
    }

    function startRecovery(uint256 seed) external {
        address subject = _subject(seed);
        Patient storage patient = patients[subject];
        uint256 candidate = SUCCESSOR + ++_successors;
        uint32 attempt = patient.attempt + (_once(seed, 89, 6) ? 0 : 1);
        uint32 appointment = _appointment(seed, subject);
        uint256 key = _once(seed, 90, 6) || patient.named == 0 ? RECOVERER : patient.named;
        if (appointment != 0) key = guardianKeys[subject][appointment];
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Recovery(address subject,address candidate,uint32 attempt)"),
                subject,
                vm.addr(candidate),
                attempt
            )
        );
        bytes memory signature = _sign(key, address(consents), structHash);
        if (appointment != 0) {
            _startByGuardian(seed, subject, candidate, appointment, signature);
            return;
        }
        try consents.startRecovery(subject, vm.addr(candidate), attempt, signature) {
            _hold(key == patient.named, "28: another than the named account started a recovery");
            _started(patient, candidate, attempt);
            _effect("startRecovery");
        } catch {}
    }

    function stopRecovery(uint256 seed) external {
        if (!_once(seed, 91, 4)) return;
        address subject = _subject(seed);
        Patient storage patient = patients[subject];
        uint256 key = _signer(seed, subject, 0);
        bytes32 structHash = keccak256(
            abi.encode(keccak256("RecoveryStop(address subject,uint32 attempt)"), subject, patient.attempt)
        );
        bytes memory signature = _sign(key, address(consents), structHash);
        try consents.stopRecovery(subject, patient.attempt, signature) {
            _hold(key == patient.key && patient.candidate != 0, "28: another stopped a recovery");
            patient.signed = true;
            patient.candidate = 0;
            _effect("stopRecovery");
        } catch {}
    }

    function finishRecovery(uint256 seed) external {
        address subject = _subject(seed);
        Patient storage patient = patients[subject];
        try consents.finishRecovery(subject) {
            _hold(patient.candidate != 0, "24: a recovery ended that nobody started");
            _hold(block.timestamp >= patient.readyAt, "24: a recovery ended before its delay");
            patient.key = patient.candidate;
            patient.candidate = 0;
            patient.signed = true;
            _movedOn(subject);
            _effect("finishRecovery");
        } catch {}
    }

    // ---- what holds of them, in every state ----

    function checkConsents() external {
        for (uint256 i = 0; i < PATIENTS; ++i) {
            address subject = vm.addr(PATIENT + i);
            Patient storage patient = patients[subject];
            IConsentRegistry.Subject memory found = consents.subjectOf(subject);
            _hold(found.generation == patient.generation, "3: a generation moved by no step");
            _hold(consents.keyOf(subject) == vm.addr(patient.key), "24: a key changed by no recovery");
            _hold((found.flags & 8 != 0) == patient.signed, "22: that the patient signed is not kept");
            bool isReplaced = patient.key != PATIENT + i;
            _hold((found.flags & 16 != 0) == isReplaced, "22: that another key took over is not kept");
            _hold(found.refusedPurposes == refused[subject][_scope(0, 0, 0)], "23: a refusal changed by no step");
            _checkRefusals(subject);
            _checkRecovery(subject);
            _hold(found.appointmentCount == patient.appointments, "21: appointments are not counted from 1");
            for (uint32 number = 1; number <= patient.appointments; ++number) {
                IConsentRegistry.AppointmentState memory state = consents.appointmentOf(subject, number);
                _hold(
                    keccak256(abi.encode(state)) == keccak256(abi.encode(appointed[subject][number])),
                    "21: an appointment changed by no step"
                );
                _hold(!state.attested || state.powers & Vocabulary.GUARDIAN_RECOVER == 0, "28: attested with RECOVER");
            }
        }
        for (uint256 i = 0; i < written.length; ++i) {
            Note storage note = notes[written[i]];
            IConsentRegistry.Commitment memory found = consents.commitment(
                abi.decode(note.body, (Directive)).subject,
                written[i]
            );
            _hold(
                found.kind == note.kind &&
                    found.recordedAt == note.recordedAt &&
                    found.revokedAt == note.revokedAt &&
                    found.authority == note.authority &&
                    found.generation == note.generation,
                "20: a directive's record changed by no step"
            );
            if (note.anchoredAt == 0) continue;
            Evidence memory evidence = abi.decode(note.evidence, (Evidence));
            _hold(
                consents.anchoredAt(evidence.poster, evidence.root) == note.anchoredAt,
                "25: when a batch was anchored changed"
            );
        }
    }

    // ---- internals ----

    /// @dev In every narrow scope: what the patient signed, and what hospitals took.
    function _checkRefusals(address subject) private {
        for (uint32 id = 1; id <= FOUNDERS; ++id) {
            _checkRefusal(subject, 0, 0, id);
            if (id <= 3) _checkRefusal(subject, id, 0, 0);
        }
        for (uint256 i = 0; i < held.length; ++i) _checkRefusal(subject, 0, held[i], 0);
    }

    function _checkRefusal(address subject, uint32 custodian, bytes32 study, uint32 grantee) private {
        bytes32 scope = _scope(custodian, study, grantee);
        (uint64 purposes, uint64 sequence) = consents.refusalOf(subject, custodian, study, grantee);
        _hold(purposes == refused[subject][scope], "23: a refusal changed by no step");
        _hold(sequence == sequences[subject][scope], "23: a refusal's sequence changed by no step");
        if (grantee != 0) return;
        (purposes, sequence) = consents.takenRefusalOf(subject, custodian, study);
        _hold(purposes == taken[subject][scope], "23: a refusal that was taken changed by no step");
        _hold(sequence == takenSequences[subject][scope], "23: the sequence of what was taken changed by no step");
    }

    function _checkRecovery(address subject) private {
        Patient storage patient = patients[subject];
        (address named, uint64 sequence, address candidate, uint64 readyAt, uint32 attempt) = consents.recoveryOf(
            subject
        );
        _hold(named == (patient.named == 0 ? address(0) : vm.addr(patient.named)), "24: the named account changed");
        _hold(sequence == patient.sequence && attempt == patient.attempt, "24: an attempt was lost");
        _hold(candidate == (patient.candidate == 0 ? address(0) : vm.addr(patient.candidate)), "24: another candidate");
        _hold(candidate == address(0) || readyAt == patient.readyAt, "24: when a recovery may end changed");
    }

    function _isLive(address subject, uint32 number) internal view returns (bool) {
        IConsentRegistry.AppointmentState storage found = appointed[subject][number];
        return
            found.guardian != address(0) &&
            !found.ended &&
            block.timestamp < found.until &&
            !(found.attested && patients[subject].signed);
    }

    function _refusedOf(address subject, uint32 custodian, bytes32 study) internal view returns (uint64) {
        return refused[subject][_scope(custodian, study, 0)] | taken[subject][_scope(custodian, study, 0)];
    }

    function _scope(uint32 custodian, bytes32 study, uint32 grantee) internal pure returns (bytes32) {
        return keccak256(abi.encode(custodian, study, grantee));
    }

    function _decoded(bytes32 id) internal view returns (Directive memory) {
        return abi.decode(notes[id].body, (Directive));
    }

    function _subject(uint256 seed) internal pure returns (address) {
        return vm.addr(PATIENT + (_random(seed, 41) % PATIENTS));
    }

    function _purpose(uint256 seed) internal pure returns (uint8) {
        uint8[8] memory some = [
            Vocabulary.PURPOSE_TREAT,
            Vocabulary.PURPOSE_ETREAT,
            Vocabulary.PURPOSE_BTG,
            Vocabulary.PURPOSE_HRESCH,
            Vocabulary.PURPOSE_CLINTRCH,
            Vocabulary.PURPOSE_DSRCH,
            Vocabulary.PURPOSE_POARCH,
            200
        ];
        return some[_random(seed, 92) % 8];
    }

    /// @dev A new directive, or one that was written before; 0 while there is no study to write one about.
    function _directive(uint256 seed) internal returns (bytes32 id) {
        if (written.length != 0 && (written.length >= WRITTEN_MOST || _once(seed, 93, 3))) {
            return written[_random(seed, 94) % written.length];
        }
        bytes32 study = _study(seed);
        return study == 0 ? bytes32(0) : _written(_draft(seed, study));
    }

    /// @dev Anything that a patient might write, right or wrong.
    function _draft(uint256 seed, bytes32 study) private view returns (Directive memory directive) {
        directive.subject = _once(seed, 95, 10) ? _subject(seed) : known[study].subject;
        directive.custodian = _once(seed, 96, 10) ? 2 : known[study].custodian;
        directive.study = _once(seed, 97, 2) ? study : bytes32(0);
        directive.grantee = _once(seed, 98, 3) ? uint32(1 + (_random(seed, 99) % 4)) : _once(seed, 110, 2) ? 0 : _LATER_TOO;
        directive.categories = _once(seed, 111, 4) ? 1 : Vocabulary.CATEGORY_ALL;
        directive.purposes = _once(seed, 112, 3) ? _RESEARCH : _TREATMENT;
        if (_once(seed, 125, 3)) directive.purposes = _RESEARCH | _TREATMENT;
        directive.permission = _permission(seed);
        if (_once(seed, 126, 3)) directive.modifiers = _modifiers(seed);
        directive.vocabulary = _once(seed, 127, 24) ? 2 : 1;
        directive.generation = patients[directive.subject].generation + (_once(seed, 113, 8) ? 1 : 0);
        directive.notBefore = uint64(block.timestamp) + (_once(seed, 114, 6) ? DAY : 0);
        directive.expiry = directive.notBefore + uint64(1 + (_random(seed, 115) % (500 * DAY)));
        if (_once(seed, 109, 4)) directive.expiry = directive.notBefore + DAY;
        if (_once(seed, 128, 32)) directive.expiry = directive.notBefore;
        directive.salt = bytes32(seed);
    }

    function _written(Directive memory directive) private returns (bytes32 id) {
        id = consents.hashDirective(directive);
        if (notes[id].body.length != 0) return id;
        written.push(id);
        notes[id].body = abi.encode(directive);
    }

    /// @dev General research, mostly.
    function _permission(uint256 seed) private pure returns (uint16) {
        uint16[6] memory others = [
            0,
            Vocabulary.DUO_NRES,
            Vocabulary.DUO_HMB,
            Vocabulary.DUO_DS,
            Vocabulary.DUO_POA,
            Vocabulary.DUO_CC
        ];
        return _once(seed, 104, 2) ? others[_random(seed, 105) % 6] : Vocabulary.DUO_GRU;
    }

    /// @dev One modifier, of any code; its value is one that can fit, or none.
    function _modifiers(uint256 seed) private view returns (Modifier[] memory made) {
        uint16[19] memory codes = [
            Vocabulary.DUO_DS,
            Vocabulary.DUO_RS,
            Vocabulary.DUO_NMDS,
            Vocabulary.DUO_GSO,
            Vocabulary.DUO_NPUNCU,
            Vocabulary.DUO_PUB,
            Vocabulary.DUO_COL,
            Vocabulary.DUO_IRB,
            Vocabulary.DUO_GS,
            Vocabulary.DUO_MOR,
            Vocabulary.DUO_TS,
            Vocabulary.DUO_US,
            Vocabulary.DUO_PS,
            Vocabulary.DUO_IS,
            Vocabulary.DUO_RTN,
            Vocabulary.DUO_NPOA,
            Vocabulary.DUO_NPU,
            Vocabulary.DUO_NCU,
            999
        ];
        bytes32[5] memory values = [DISEASE, bytes32("AA"), bytes32(uint256(1)), bytes32(uint256(4)), bytes32(0)];
        made = new Modifier[](1);
        made[0].code = codes[_random(seed, 106) % 19];
        made[0].value = values[_random(seed, 107) % 5];
        if (made[0].code == Vocabulary.DUO_PS && planned.length != 0) made[0].value = planned[0];
    }

    /// @dev The latest directive of a patient who never signed, if there is one; else any.
    function _ofUnsigned(uint256 seed) private view returns (bytes32) {
        for (uint256 i = written.length; i > 0; --i) {
            if (!patients[_decoded(written[i - 1]).subject].signed) return written[i - 1];
        }
        return written[_random(seed, 94) % written.length];
    }

    /// @dev No guardian, mostly; else one of those that were ever appointed, live or not.
    function _appointment(uint256 seed, address subject) internal view returns (uint32) {
        uint32 count = patients[subject].appointments;
        return count == 0 || !_once(seed, 116, 3) ? 0 : uint32(1 + (_random(seed, 117) % count));
    }

    /// @dev Mostly who may sign; now and then the first key of all, or a stranger's.
    function _signer(uint256 seed, address subject, uint32 appointment) internal view returns (uint256) {
        uint256 other = _random(seed, 118) % 12;
        if (other == 0) return STRANGER;
        if (other == 1) return PATIENT + (_random(seed, 41) % PATIENTS);
        if (appointment != 0) return guardianKeys[subject][appointment];
        // The last patient is one who mostly does not sign: paper and attested guardians are for such.
        if (subject == vm.addr(PATIENT + PATIENTS - 1) && !_once(seed, 123, 24)) return STRANGER;
        return patients[subject].key;
    }

    function _speaks(address subject, uint32 appointment, uint256 key) internal view returns (bool) {
        if (appointment == 0) return key == patients[subject].key;
        return _isLive(subject, appointment) && key == guardianKeys[subject][appointment];
    }

    function _checkSpeaks(address subject, uint32 appointment, uint256 key) private {
        _hold(_speaks(subject, appointment, key), "28: somebody spoke who is neither patient nor live guardian");
    }

    function _second(uint256 seed, uint32 institution) internal pure returns (uint256) {
        return _once(seed, 119, 6) ? _operatorKey(seed, institution) : (_once(seed, 903, 2) ? SECOND : FIRST) + institution;
    }

    function _checkTwo(address first, address second) private {
        (uint32 institution, ) = institutions.operator(first);
        _hold(first != second && _isOperator(second, institution, Vocabulary.OPERATOR_CONSENTS), "29: one alone attested");
        _hold(_isActive(institution), "27: a suspended institution attested");
    }

    function _endPaperIfAny(address subject) private {
        if (patients[subject].hasPaper) patients[subject].signed = true;
    }

    function _recorded(bytes32 id, address subject, uint8 kind, uint32 authority) private {
        Note storage note = notes[id];
        _hold(note.recordedAt == 0, "1: recorded twice");
        _hold(note.revokedAt == 0, "2: recorded after it was withdrawn");
        note.kind = kind;
        note.recordedAt = uint64(block.timestamp);
        note.authority = authority;
        note.generation = patients[subject].generation;
    }

    function _revoked(bytes32 id) private {
        _hold(notes[id].revokedAt == 0, "1: withdrawn twice");
        notes[id].revokedAt = uint64(block.timestamp);
    }

    function _movedOn(address subject) private {
        ++patients[subject].generation;
        patients[subject].generationSince = uint64(block.timestamp) + 1;
    }

    function _refuse(
        uint256 seed,
        IConsentRegistry.Refusal memory refusal,
        uint32 appointment,
        bytes32 scope
    ) private {
        uint256 key = _signer(seed, refusal.subject, appointment);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "Refusal(address subject,uint32 custodian,bytes32 study,uint32 grantee,uint64 purposes,uint64 sequence)"
                ),
                refusal
            )
        );
        bytes memory signature = _sign(key, address(consents), structHash);
        try consents.refuse(refusal, appointment, signature) {
            _checkSpeaks(refusal.subject, appointment, key);
            uint64 before = refused[refusal.subject][scope];
            _hold(appointment == 0 || before & ~refusal.purposes == 0, "23: a guardian lifted a refusal");
            _hold(refusal.sequence > sequences[refusal.subject][scope], "23: a refusal was replayed");
            if (appointment == 0) patients[refusal.subject].signed = true;
            refused[refusal.subject][scope] = refusal.purposes;
            sequences[refusal.subject][scope] = refusal.sequence;
            _effect("refuse");
        } catch {}
    }

    function _made(
        uint256 seed,
        address subject,
        uint256 guardian
    ) private view returns (IConsentRegistry.Appointment memory) {
        return
            IConsentRegistry.Appointment({
                subject: subject,
                guardian: vm.addr(guardian),
                powers: uint8((_random(seed, 120) | (_random(seed, 103) & 1)) & Vocabulary.GUARDIAN_ALL),
                custodian: _once(seed, 108, 2) ? 0 : uint32(_random(seed, 121) % 3),
                until: uint64(block.timestamp + 1 + (_random(seed, 122) % (30 * DAY))),
                number: patients[subject].appointments + 1
            });
    }

    function _hashOf(IConsentRegistry.Appointment memory made) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "Appointment(address subject,address guardian,uint8 powers,uint32 custodian,uint64 until,uint32 number)"
                    ),
                    made
                )
            );
    }

    function _appointed(IConsentRegistry.Appointment memory made, uint256 guardian, bool attested) private {
        patients[made.subject].appointments = made.number;
        guardianKeys[made.subject][made.number] = guardian;
        appointed[made.subject][made.number] = IConsentRegistry.AppointmentState({
            guardian: made.guardian,
            until: uint40(made.until),
            custodian: made.custodian,
            powers: made.powers,
            attested: attested,
            ended: false
        });
    }

    function _started(Patient storage patient, uint256 candidate, uint32 attempt) private {
        _hold(patient.candidate == 0, "24: a recovery started during another");
        _hold(attempt == patient.attempt + 1, "24: a recovery was replayed");
        patient.candidate = candidate;
        patient.attempt = attempt;
        patient.readyAt = uint64(block.timestamp) + KEY_RECOVERY_DELAY;
    }

    function _startByGuardian(
        uint256 seed,
        address subject,
        uint256 candidate,
        uint32 appointment,
        bytes memory signature
    ) private {
        bytes32 study = _study(seed);
        for (uint256 i = 0; i < held.length && known[study].subject != subject; ++i) study = held[i];
        if (study == 0) return;
        uint32 attempt = patients[subject].attempt + (_once(seed, 89, 6) ? 0 : 1);
        address caller = _operator(seed, known[study].custodian);
        (uint32 institution, ) = institutions.operator(caller);
        vm.prank(caller);
        try
            consents.startRecoveryByGuardian(subject, vm.addr(candidate), attempt, appointment, study, signature)
        {
            _hold(_isLive(subject, appointment), "28: a guardian recovered after the end");
            IConsentRegistry.AppointmentState storage found = appointed[subject][appointment];
            _hold(found.powers & Vocabulary.GUARDIAN_RECOVER != 0, "28: a guardian recovered without RECOVER");
            _hold(found.custodian == 0 || found.custodian == institution, "28: a guardian recovered elsewhere");
            _hold(known[study].custodian == institution && known[study].subject == subject, "28: recovered by a stranger");
            _started(patients[subject], candidate, attempt);
            _effect("startRecoveryByGuardian");
        } catch {}
    }
}
