// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive} from "../../contracts/Directive.sol";
import {Evidence} from "../../contracts/Evidence.sol";
import {IAccessLedger} from "../../contracts/interfaces/IAccessLedger.sol";
import {IConsentRegistry} from "../../contracts/interfaces/IConsentRegistry.sol";
import {IProjectRegistry} from "../../contracts/interfaces/IProjectRegistry.sol";
import {IStudyRegistry} from "../../contracts/interfaces/IStudyRegistry.sol";
import {Query} from "../../contracts/Query.sol";
import {Vocabulary} from "../../contracts/Vocabulary.sol";
import {Patients} from "./Patients.sol";

/// @title Askers
/// @notice Requesters and custodians before the ledger; the floor of the decision is computed here once more, from
/// what the handlers know of consents, and compared to every answer.
abstract contract Askers is Patients {
    /// @dev What is known of a request.
    struct Asked {
        bytes32 id;
        uint64 nonce;
        uint32 requester;
        uint32 custodian;
        bytes32 directive;
        Query query;
        bool emergency;
        IAccessLedger.Status status;
        uint64 time;
        uint32 served;
        uint32 confirmed;
        uint32 disputed;
        bool reviewed;
    }

    Asked[] internal asked;
    mapping(bytes32 id => mapping(uint32 epoch => bool)) internal servedIn;

    // ---- requests ----

    function request(uint256 seed) public {
        bytes32 study = _study(seed);
        if (study == 0 || written.length == 0) return;
        Asked memory made;
        made.nonce = uint64(_random(seed, 131));
        made.requester = uint32(1 + (_random(seed, 130) % FOUNDERS));
        made.directive = _once(seed, 152, 32) ? bytes32(0) : _fitting(seed, study);
        made.query = _query(seed, study);
        if (made.directive != 0 && !_once(seed, 129, 4)) _aim(made);
        address caller = _operator(seed, made.requester);
        (made.requester, ) = institutions.operator(caller);
        _request(caller, made, _decodedOrNone(made.directive), _evidenceOf(made.directive));
    }

    function release(uint256 seed) public {
        if (asked.length == 0) return;
        uint256 place = _recentRequest(seed);
        uint32 custodian = known[asked[place].query.study].custodian;
        IAccessLedger.Release memory release_;
        release_.requester = asked[place].requester;
        release_.epoch = known[asked[place].query.study].epoch;
        if (_once(seed, 134, 8) && release_.epoch != 0) --release_.epoch;
        release_.keyVersion = institutions.standing(release_.requester).keyVersion;
        release_.keyDigest = institutions.keyDigest(release_.requester, release_.keyVersion);
        if (_once(seed, 135, 12)) release_.keyDigest = "another";
        if (_once(seed, 128, 24)) ++release_.keyVersion;
        release_.envelopeDigest = "envelope";
        release_.person = "person";
        _release(_operator(seed, custodian), place, release_);
    }

    /// @notice A consent, a request that cites what there is, and its release.
    function consentAndServe(uint256 seed) external {
        record(seed);
        uint256 count = asked.length;
        request(seed);
        if (asked.length != count) release(0);
    }

    /// @notice A request, and its release at once.
    function serve(uint256 seed) external {
        uint256 count = asked.length;
        request(seed);
        if (asked.length != count) release(0);
    }

    /// @notice Paper, for the first study of a patient who never signed, and a request and its release after the delay.
    function paperAndServe(uint256 seed) external {
        if (!_once(seed, 157, 3) || written.length >= 2 * WRITTEN_MOST) return;
        bytes32 study;
        for (uint256 i = 0; i < held.length && study == 0; ++i) {
            if (!patients[known[held[i]].subject].signed) study = held[i];
        }
        if (study == 0) return;
        Asked memory made;
        made.nonce = uint64(_random(seed, 131));
        made.directive = _fullConsent(seed, study);
        made.query.study = study;
        _aim(made);
        _recordPaper(seed, made.directive);
        clock += PAPER_DELAY;
        vm.warp(clock);
        address caller = _operator(seed, uint32(1 + (_random(seed, 130) % FOUNDERS)));
        (made.requester, ) = institutions.operator(caller);
        uint256 count = asked.length;
        _request(caller, made, _decoded(made.directive), _evidenceOf(0));
        if (asked.length != count) release(0);
    }

    function confirm(uint256 seed) external {
        if (asked.length == 0) return;
        Asked storage found = asked[_recentRequest(seed)];
        uint32 epoch = found.served + (_once(seed, 136, 8) ? 1 : 0);
        address caller = _operator(seed, found.requester);
        vm.prank(caller);
        try ledger.confirm(found.nonce, found.query, found.directive, epoch, "person") {
            _checkServed(found, caller, epoch);
            _hold(found.confirmed != epoch, "10: confirmed twice");
            found.confirmed = epoch;
            _effect("confirm");
        } catch {}
    }

    function dispute(uint256 seed) external {
        if (asked.length == 0) return;
        Asked storage found = asked[_recentRequest(seed)];
        uint32 epoch = found.served + (_once(seed, 136, 8) ? 1 : 0);
        address caller = _operator(seed, found.requester);
        vm.prank(caller);
        try ledger.dispute(found.nonce, found.query, found.directive, epoch, 1, "person") {
            _checkServed(found, caller, epoch);
            _hold(found.disputed != epoch, "10: disputed twice");
            found.disputed = epoch;
            _effect("dispute");
        } catch {}
    }

    function refuseRequest(uint256 seed) external {
        if (asked.length == 0 || !_once(seed, 137, 4)) return;
        Asked storage found = asked[_recentRequest(seed)];
        address caller = _operator(seed, known[found.query.study].custodian);
        vm.prank(caller);
        try ledger.refuse(found.nonce, found.query, found.directive, found.requester, 400, "person") {
            uint32 custodian = known[found.query.study].custodian;
            _hold(_isOperator(caller, custodian, Vocabulary.OPERATOR_RELEASES), "27: refused by another");
            _hold(found.status == IAccessLedger.Status.Permitted, "7: refused what was not permitted");
            found.status = IAccessLedger.Status.Refused;
            _effect("refuseRequest");
        } catch {}
    }

    // ---- emergencies ----

    function emergency(uint256 seed) public {
        bytes32 study = _study(seed);
        if (study == 0) return;
        IAccessLedger.Emergency memory made;
        made.study = study;
        made.categories = _once(seed, 138, 6) ? 1 : 3;
        made.justification = "reason";
        uint256 second = _second(seed, uint32(1 + (_random(seed, 139) % FOUNDERS)));
        made.second = vm.addr(second);
        made.person = "one";
        made.secondPerson = _once(seed, 140, 8) ? bytes32("one") : bytes32("another");
        made.until = uint64(block.timestamp) + uint64(_once(seed, 158, 4) ? (_random(seed, 159) % 3) * 3_600 : 3_600);
        address caller = _operator(seed, uint32(1 + (_random(seed, 139) % FOUNDERS)));
        Asked memory kept;
        kept.nonce = uint64(_random(seed, 141));
        (kept.requester, ) = institutions.operator(caller);
        kept.query = Query(study, Vocabulary.PURPOSE_BTG, made.categories, 0, 0);
        kept.id = ledger.requestId(kept.requester, kept.nonce, kept.query, 0);
        kept.emergency = true;
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "EmergencyAccess(bytes32 request,bytes32 justification,bytes32 person,bytes32 secondPerson,uint64 until)"
                ),
                kept.id,
                made.justification,
                made.person,
                made.secondPerson,
                made.until
            )
        );
        if (_once(seed, 142, 8)) second = STRANGER;
        _emergency(caller, made, kept, _sign(second, address(ledger), structHash), second);
    }

    /// @notice An emergency, and its release at once.
    function serveEmergency(uint256 seed) external {
        uint256 count = asked.length;
        emergency(seed);
        if (asked.length != count) release(0);
    }

    function review(uint256 seed) external {
        if (asked.length == 0) return;
        Asked storage found = asked[_recentRequest(seed)];
        address caller = _operator(seed, _once(seed, 143, 3) ? 5 : found.custodian);
        (uint32 reviewer, ) = institutions.operator(caller);
        vm.prank(caller);
        try ledger.review(found.id, IAccessLedger.Verdict.Justified, "report", "person") {
            _hold(found.emergency && found.status != IAccessLedger.Status.Denied, "18: reviewed what is no emergency");
            _hold(!found.reviewed, "18: reviewed twice");
            _hold(reviewer != found.requester, "18: the requester reviewed itself");
            _hold(
                reviewer == found.custodian || _holds(reviewer, Vocabulary.ROLE_ETHICS_BOARD),
                "18: reviewed by neither custodian nor board"
            );
            _hold(_isActive(reviewer), "27: a suspended institution reviewed");
            found.reviewed = true;
            _effect("review");
        } catch {}
    }

    // ---- what holds of them, in every state ----

    function checkRequests() external {
        uint32 count = institutions.institutionCount();
        uint256[] memory total = new uint256[](count + 1);
        uint256[] memory unreviewed = new uint256[](count + 1);
        for (uint256 i = 0; i < asked.length; ++i) {
            Asked storage kept = asked[i];
            IAccessLedger.Request memory found = ledger.requestOf(kept.id);
            _hold(found.status == kept.status, "7: a request's status changed by no step");
            _hold(found.requester == kept.requester && found.custodian == kept.custodian, "11: who asked whom changed");
            _hold(found.requestedAt == kept.time && found.isEmergency == kept.emergency, "11: when it was asked changed");
            _hold(found.servedEpoch == kept.served, "8: served by no release");
            _hold(found.confirmedEpoch == kept.confirmed, "10: confirmed by no step");
            _hold(found.disputedEpoch == kept.disputed, "10: disputed by no step");
            _hold(found.isReviewed == kept.reviewed, "18: reviewed by no step");
            if (!kept.emergency || kept.status == IAccessLedger.Status.Denied) continue;
            ++total[kept.requester];
            if (!kept.reviewed) ++unreviewed[kept.requester];
        }
        for (uint32 id = 1; id <= count; ++id) {
            (uint32 all, uint32 open) = ledger.emergenciesOf(id);
            _hold(all == total[id] && open == unreviewed[id], "18: emergencies are miscounted");
        }
    }

    /// @notice Whether what is permitted now, of all that was ever written, is what the floor permits.
    function checkDecisions(uint256 seed) external {
        if (held.length == 0 || written.length == 0) return;
        Asked memory made;
        made.requester = uint32(1 + (_random(seed, 153) % FOUNDERS));
        made.query = _query(seed, _study(seed));
        for (uint256 i = 0; i < written.length; ++i) {
            made.directive = written[i];
            Directive memory directive = _decoded(written[i]);
            if (_once(seed, 200 + i, 2)) _aim(made);
            Evidence memory evidence = _evidenceOf(written[i]);
            _compare(made, directive, ledger.decide(made.requester, made.query, directive, evidence));
        }
    }

    /// @notice What the engine says of a new consent, asked for several things.
    function checkEngine(uint256 seed) external {
        Asked memory made;
        made.directive = _recordForEngine(seed);
        if (made.directive == 0) return;
        Directive memory directive = _decoded(made.directive);
        Evidence memory evidence;
        for (uint256 i = 0; i < 8; ++i) {
            seed = _random(seed, 154);
            made.requester = uint32(1 + (_random(seed, 153) % FOUNDERS));
            made.query = _query(seed, _study(seed));
            made.query.categories = Vocabulary.CATEGORY_ALL;
            if (_once(seed, 155, 3)) made.query.purpose = Vocabulary.PURPOSE_HRESCH;
            if (_once(seed, 156, 3)) made.query.purpose = Vocabulary.PURPOSE_DSRCH;
            _compare(made, directive, ledger.decide(made.requester, made.query, directive, evidence));
        }
    }

    // ---- the floor ----

    function _parties(uint32 requester, bytes32 study) private view returns (bool) {
        uint32 custodian = known[study].custodian;
        return
            known[study].status == IStudyRegistry.Status.Active &&
            block.timestamp >= stoppedUntil &&
            _isActive(requester) &&
            _holds(requester, Vocabulary.ROLE_REQUESTER) &&
            _isActive(custodian) &&
            _holds(custodian, Vocabulary.ROLE_CUSTODIAN);
    }

    function _isRefused(uint32 requester, bytes32 study, uint256 purpose) private view returns (bool) {
        IStudyRegistry.Study storage found = known[study];
        address subject = found.subject;
        uint64 all = refused[subject][_scope(0, 0, 0)] |
            refused[subject][_scope(0, 0, requester)] |
            _refusedOf(subject, 0, study) |
            _refusedOf(subject, found.custodian, 0);
        for (uint256 formers = found.formers; formers != 0; formers >>= 32) {
            all |= _refusedOf(subject, uint32(formers), 0);
        }
        return _covers(all, purpose);
    }

    /// @dev Written apart from the contract's: the purpose, and each of its ancestors.
    function _covers(uint64 purposes, uint256 purpose) private pure returns (bool) {
        for (uint256 depth = 0; depth < 8 && purpose < 64; ++depth) {
            if (purposes & (uint64(1) << uint64(purpose)) != 0) return true;
            purpose = Vocabulary.parentOf(purpose);
        }
        return false;
    }

    function _permits(Asked memory made, Directive memory directive) private view returns (bool) {
        IStudyRegistry.Study storage found = known[made.query.study];
        if (!_parties(made.requester, made.query.study)) return false;
        if (_isRefused(made.requester, made.query.study, made.query.purpose)) return false;
        if (directive.subject == address(0) || directive.subject != found.subject) return false;
        if (directive.custodian != found.custodian) return false;
        if (block.timestamp < directive.notBefore || block.timestamp >= directive.expiry) return false;
        (bool stands, uint64 since) = _stands(made.directive, directive, found.custodian);
        if (!stands) return false;
        if (directive.study != 0 && directive.study != made.query.study) return false;
        if (directive.grantee == 0) {
            if (institutions.standing(made.requester).requesterSince >= since) return false;
        } else if (directive.grantee != type(uint32).max && directive.grantee != made.requester) return false;
        if (found.categories & ~made.query.categories != 0) return false;
        if (made.query.categories & ~directive.categories != 0) return false;
        return made.query.purpose < Vocabulary.PURPOSE_COUNT && _covers(directive.purposes, made.query.purpose);
    }

    /// @dev Whether a directive is consent now, for what this custodian holds, and since when.
    function _stands(bytes32 id, Directive memory directive, uint32 custodian) private view returns (bool, uint64) {
        Note storage note = notes[id];
        Patient storage patient = patients[directive.subject];
        if (note.revokedAt != 0 || directive.generation != patient.generation) return (false, 0);
        if (note.kind == 0) {
            if (note.anchoredAt == 0) return (false, 0);
            if (patient.generation != 0 && note.anchoredAt < patient.generationSince) return (false, 0);
            uint32 appointment = abi.decode(note.evidence, (Evidence)).appointment;
            if (appointment == 0) return (note.signer == patient.key, note.anchoredAt);
            bool signed = note.signer == guardianKeys[directive.subject][appointment];
            return (signed && _mayGrant(directive.subject, appointment, custodian), note.anchoredAt);
        }
        if (note.generation != patient.generation) return (false, 0);
        if (note.kind == 2) return (_mayGrant(directive.subject, note.authority, custodian), note.recordedAt);
        if (note.kind == 3) {
            bool may = !patient.signed &&
                note.authority == custodian &&
                directive.expiry - directive.notBefore <= 31_557_600 &&
                block.timestamp >= note.recordedAt + PAPER_DELAY;
            return (may, note.recordedAt);
        }
        return (true, note.recordedAt);
    }

    function _mayGrant(address subject, uint32 number, uint32 custodian) private view returns (bool) {
        IConsentRegistry.AppointmentState storage found = appointed[subject][number];
        return
            _isLive(subject, number) &&
            found.powers & Vocabulary.GUARDIAN_GRANT != 0 &&
            (found.custodian == 0 || found.custodian == custodian);
    }

    /// @dev An answer of the floor is what the floor says; one of an engine comes only where the floor permits.
    function _compare(Asked memory made, Directive memory directive, uint16 reason) private {
        bool isFloors = reason != 0 && (reason < 200 || reason > 299);
        bool permits = _permits(made, directive);
        _hold(permits || isFloors, "9: permitted against the floor");
        _hold(!permits || !isFloors, "9: denied though the floor permits");
        if (reason == 0) _effect("permit");
        ++reasons[reason];
        (address engine, , ) = _rule();
        bool isAsked = engine == address(0) || engine == engines[2];
        if (reason == 0 && isAsked && made.query.project != 0) _checkProject(made);
    }

    /// @dev What the engine permits under a project, the project allows.
    function _checkProject(Asked memory made) private {
        IProjectRegistry.Standing storage found = plans[made.query.project];
        uint32 board = found.board;
        _hold(found.status == IProjectRegistry.Status.Approved, "30: permitted under a project that is not approved");
        _hold(block.timestamp < found.until, "30: permitted under an approval that is over");
        _hold(_isActive(board) && _holds(board, Vocabulary.ROLE_ETHICS_BOARD), "30: permitted by no board");
        _hold(board != known[made.query.study].custodian, "30: permitted by a board that is the custodian");
        _hold(
            made.requester == found.lead || made.requester == partners[made.query.project],
            "30: permitted to one who takes no part"
        );
        _effect("permitUnderProject");
    }

    // ---- internals ----

    function _request(
        address caller,
        Asked memory made,
        Directive memory directive,
        Evidence memory evidence
    ) private {
        vm.prank(caller);
        try ledger.request(made.nonce, made.query, directive, evidence, "person") returns (
            bytes32 id,
            uint16 reason
        ) {
            _hold(_isOperator(caller, made.requester, Vocabulary.OPERATOR_REQUESTS), "27: asked by no operator");
            _compare(made, directive, reason);
            made.id = id;
            _keep(made, reason);
            _effect(reason == 0 ? bytes32("request") : bytes32("denial"));
        } catch {}
    }

    function _release(address caller, uint256 place, IAccessLedger.Release memory release_) private {
        Asked storage found = asked[place];
        IStudyRegistry.Study storage study = known[found.query.study];
        Directive memory directive = found.emergency ? _none() : _decodedOrNone(found.directive);
        Evidence memory evidence = _evidenceOf(found.directive);
        vm.prank(caller);
        try ledger.release(found.nonce, found.query, directive, evidence, release_) {
            _hold(_isOperator(caller, study.custodian, Vocabulary.OPERATOR_RELEASES), "27: released by another");
            _hold(found.status == IAccessLedger.Status.Permitted, "8: released what was not permitted");
            _hold(release_.epoch == study.epoch, "8: released in another epoch");
            _hold(!servedIn[found.id][release_.epoch], "8: released twice in an epoch");
            _hold(found.served != 0 || block.timestamp < found.time + (found.emergency ? 3_600 : DAY), "8: released late");
            _hold(release_.keyDigest != "another", "8: released to another key");
            if (found.emergency) _hold(_permitsEmergency(found), "9: an emergency was released against the floor");
            else _compare(found, directive, 0);
            servedIn[found.id][release_.epoch] = true;
            found.served = release_.epoch;
            _effect(found.emergency ? bytes32("releaseEmergency") : bytes32("release"));
            if (notes[found.directive].kind == 0 && !found.emergency) _effect("releaseOfBatch");
            if (notes[found.directive].kind == 2) _effect("releaseOfGuardian");
            if (notes[found.directive].kind == 3) _effect("releaseOfPaper");
        } catch (bytes memory why) {
            _denied(why);
        }
    }

    function _emergency(
        address caller,
        IAccessLedger.Emergency memory made,
        Asked memory kept,
        bytes memory signature,
        uint256 signer
    ) private {
        vm.prank(caller);
        try ledger.emergency(kept.nonce, made, signature) returns (bytes32 id, uint16 reason) {
            _hold(caller != made.second && made.person != made.secondPerson, "29: one person alone opened a record");
            _hold(_isOperator(caller, kept.requester, Vocabulary.OPERATOR_EMERGENCIES), "27: opened by no operator");
            _hold(_isOperator(made.second, kept.requester, Vocabulary.OPERATOR_EMERGENCIES), "29: a second of another");
            _hold(vm.addr(signer) == made.second, "29: the second did not sign");
            _hold(made.until > block.timestamp, "29: the second's signature was over");
            _hold(made.until <= block.timestamp + 3_600, "29: the second signed for too long");
            _hold(id == kept.id, "11: an emergency has another number");
            _hold((reason == 0) == _permitsEmergency(kept), "9: an emergency was decided against the floor");
            ++reasons[reason];
            _keep(kept, reason);
            _effect(reason == 0 ? bytes32("emergency") : bytes32("emergencyDenied"));
        } catch {}
    }

    function _permitsEmergency(Asked memory made) private view returns (bool) {
        return
            _parties(made.requester, made.query.study) &&
            !_isRefused(made.requester, made.query.study, Vocabulary.PURPOSE_BTG) &&
            known[made.query.study].categories & ~made.query.categories == 0;
    }

    /// @dev For a treatment, mostly; now and then under a project, and accepting obligations.
    function _query(uint256 seed, bytes32 study) private view returns (Query memory query) {
        query.study = _once(seed, 146, 32) ? bytes32("unknown") : study;
        query.purpose = _once(seed, 151, 2) ? Vocabulary.PURPOSE_HRESCH : _purpose(seed);
        if (_once(seed, 132, 2)) query.purpose = Vocabulary.PURPOSE_TREAT;
        query.categories = _once(seed, 133, 6) ? 1 : 3;
        if (planned.length != 0 && _once(seed, 147, 3)) query.project = planned[_random(seed, 148) % planned.length];
        if (_once(seed, 149, 24)) query.project = "unknown";
        if (_once(seed, 150, 2)) query.obligations = Vocabulary.OBLIGATION_ALL;
    }

    function _elsewhere() internal view override returns (bytes32 digest) {
        for (uint256 i = 0; i < held.length; ++i) digest = keccak256(abi.encode(digest, studies.study(held[i])));
        for (uint256 i = 0; i < planned.length; ++i) {
            digest = keccak256(abi.encode(digest, projects.standing(planned[i], plans[planned[i]].lead)));
        }
        for (uint256 i = 0; i < PATIENTS; ++i) {
            digest = keccak256(abi.encode(digest, consents.subjectOf(vm.addr(PATIENT + i))));
        }
        for (uint256 i = 0; i < written.length; ++i) {
            address subject = _decoded(written[i]).subject;
            digest = keccak256(abi.encode(digest, consents.commitment(subject, written[i])));
        }
        for (uint256 i = 0; i < asked.length; ++i) digest = keccak256(abi.encode(digest, ledger.requestOf(asked[i].id)));
    }

    function _keep(Asked memory made, uint16 reason) private {
        made.custodian = known[made.query.study].custodian;
        made.status = reason == 0 ? IAccessLedger.Status.Permitted : IAccessLedger.Status.Denied;
        made.time = uint64(block.timestamp);
        for (uint256 i = 0; i < asked.length; ++i) _hold(asked[i].id != made.id, "7: the same was asked twice");
        asked.push(made);
    }

    function _checkServed(Asked storage found, address caller, uint32 epoch) private {
        _hold(epoch != 0 && epoch == found.served, "10: confirmed or disputed what was not served");
        _hold(_isOperator(caller, found.requester, Vocabulary.OPERATOR_REQUESTS), "27: by another than the requester");
        _hold(_isActive(found.requester), "27: by a suspended requester");
    }

    /// @dev Ask for what the directive is for.
    function _aim(Asked memory made) private view {
        Directive memory directive = _decoded(made.directive);
        if (directive.study != 0) made.query.study = directive.study;
        if (directive.grantee != 0 && directive.grantee <= FOUNDERS) made.requester = directive.grantee;
        made.query.purpose = directive.purposes & 1 != 0 ? Vocabulary.PURPOSE_TREAT : Vocabulary.PURPOSE_HRESCH;
        made.query.categories = 3;
    }

    /// @dev A directive of the study's subject, recorded in a way that is drawn (1 to 3, or 0: in a batch); else any.
    function _fitting(uint256 seed, bytes32 study) private view returns (bytes32 id) {
        uint256 count = written.length;
        uint8 kind = uint8(_random(seed, 144) % 4);
        for (uint256 i = 0; i < count; ++i) {
            id = written[(_random(seed, 145) + count - i) % count];
            Note storage note = notes[id];
            if (note.kind != kind || note.revokedAt != 0 || (kind == 0 && note.anchoredAt == 0)) continue;
            if (_decoded(id).subject == known[study].subject) return id;
        }
        return written[count - 1];
    }

    function _recentRequest(uint256 seed) private view returns (uint256) {
        uint256 count = asked.length;
        if (seed == 0) return count - 1;
        return _once(seed, 160, 2) ? count - 1 : _random(seed, 161) % count;
    }

    function _evidenceOf(bytes32 id) private view returns (Evidence memory evidence) {
        if (notes[id].anchoredAt != 0) evidence = abi.decode(notes[id].evidence, (Evidence));
    }

    function _decodedOrNone(bytes32 id) private view returns (Directive memory) {
        return id == 0 ? _none() : _decoded(id);
    }

    function _none() private pure returns (Directive memory directive) {}
}
