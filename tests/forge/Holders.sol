// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStudyRegistry} from "../../contracts/interfaces/IStudyRegistry.sol";
import {Vocabulary} from "../../contracts/Vocabulary.sol";
import {Boards} from "./Boards.sol";

/// @title Holders
/// @notice Custodians: their studies, and who takes them over.
abstract contract Holders is Boards {
    uint256 private constant _MOST = 8;

    bytes32[] internal held;
    mapping(bytes32 study => IStudyRegistry.Study) internal known;
    mapping(bytes32 study => uint256 count) internal handovers;
    mapping(bytes32 study => uint32 to) internal offers;

    function register(uint256 seed) public {
        if (held.length == _MOST) return;
        uint32 custodian = uint32(1 + (_random(seed, 40) % 3));
        address caller = _operator(seed, custodian);
        (custodian, ) = institutions.operator(caller);
        address subject = vm.addr(PATIENT + (_random(seed, 41) % PATIENTS));
        vm.prank(caller);
        try studies.register(bytes32(seed), subject, uint64(1 << (_random(seed, 42) % 2)), "manifest", "content") returns (
            bytes32 id
        ) {
            _hold(_isActive(custodian) && _holds(custodian, Vocabulary.ROLE_CUSTODIAN), "27: registered by no custodian");
            _hold(known[id].subject == address(0), "4: a study was registered twice");
            held.push(id);
            known[id] = studies.study(id);
            _hold(known[id].custodian == custodian && known[id].subject == subject, "4: registered for another");
            _hold(known[id].categories == 1 << (_random(seed, 42) % 2), "4: registered with other categories");
            _hold(known[id].contentCommitment == "content", "4: registered with another content");
            _hold(known[id].epoch == 1 && known[id].manifestDigest == "manifest", "5: registered with another manifest");
            _effect("register");
        } catch {}
    }

    function rotate(uint256 seed) external {
        bytes32 id = _study(seed);
        if (id == 0) return;
        IStudyRegistry.Study storage found = known[id];
        uint32 expected = _once(seed, 43, 4) ? found.epoch + 1 : found.epoch;
        bytes32 manifest = _once(seed, 44, 4) ? found.manifestDigest : bytes32(seed | 1);
        address caller = _operator(seed, found.custodian);
        vm.prank(caller);
        try studies.rotate(id, expected, manifest) {
            _changed(id, caller);
            _hold(expected == found.epoch && manifest != found.manifestDigest, "5: rotated without a new manifest");
            ++found.epoch;
            found.manifestDigest = manifest;
            _effect("rotate");
        } catch {}
    }

    function withdrawStudy(uint256 seed) external {
        bytes32 id = _study(seed);
        if (id == 0 || !_once(seed, 45, 12)) return;
        address caller = _operator(seed, known[id].custodian);
        vm.prank(caller);
        try studies.withdraw(id) {
            _changed(id, caller);
            known[id].status = IStudyRegistry.Status.Withdrawn;
            _effect("withdrawStudy");
        } catch {}
    }

    function reinstateStudy(uint256 seed) external {
        bytes32 id = _study(seed);
        if (id == 0) return;
        address caller = _operator(seed, known[id].custodian);
        vm.prank(caller);
        try studies.reinstate(id) {
            _changed(id, caller);
            known[id].status = IStudyRegistry.Status.Active;
            _effect("reinstateStudy");
        } catch {}
    }

    function erase(uint256 seed) external {
        bytes32 id = _study(seed);
        if (id == 0 || !_once(seed, 46, id == held[0] ? 64 : 8)) return;
        address caller = _operator(seed, known[id].custodian);
        vm.prank(caller);
        try studies.erase(id, "certificate") {
            _changed(id, caller);
            known[id].status = IStudyRegistry.Status.Erased;
            _effect("erase");
        } catch {}
    }

    /// @notice An attestation that an old epoch's blocks are gone: it changes nothing.
    function attestDisposal(uint256 seed) external {
        bytes32 id = _study(seed);
        if (id == 0) return;
        IStudyRegistry.Study storage found = known[id];
        uint32 epoch = uint32(_random(seed, 54) % (found.epoch + 2));
        bool isErased = found.status == IStudyRegistry.Status.Erased;
        address caller = _operator(seed, found.custodian);
        vm.prank(caller);
        try studies.attestDisposal(id, epoch, 1, 1, "report") {
            bool isHis = _isOperator(caller, found.custodian, Vocabulary.OPERATOR_STUDIES);
            _hold(isHis && _isActive(found.custodian), "27: a disposal was attested by another");
            _hold(epoch != 0 && (epoch < found.epoch || isErased && epoch == found.epoch), "5: an epoch in use was disposed of");
            _effect("attestDisposal");
        } catch {}
    }

    function offer(uint256 seed) public {
        bytes32 id = _study(seed);
        if (id == 0) return;
        uint32 to = uint32(_random(seed, 47) % (FOUNDERS + 2));
        address caller = _operator(seed, known[id].custodian);
        vm.prank(caller);
        try studies.offerCustody(id, to) {
            _changed(id, caller);
            _hold(handovers[id] < 4, "4: offered a fifth time");
            offers[id] = to;
            _effect("offer");
        } catch {}
    }

    function accept(uint256 seed) public {
        bytes32 id = _study(seed);
        if (id == 0) return;
        uint32 to = _once(seed, 48, 3) ? uint32(1 + (_random(seed, 49) % 3)) : offers[id];
        address caller = _operator(seed, to);
        (to, ) = institutions.operator(caller);
        IStudyRegistry.Study storage found = known[id];
        vm.prank(caller);
        try studies.acceptCustody(id) {
            _hold(to != 0 && offers[id] == to, "4: custody was taken without an offer");
            _hold(_isActive(to) && _holds(to, Vocabulary.ROLE_CUSTODIAN), "27: taken over by no custodian");
            _hold(found.status != IStudyRegistry.Status.Erased, "6: an erased study was taken over");
            _hold(++handovers[id] <= 4, "4: handed over a fifth time");
            found.formers = (found.formers << 32) | found.custodian;
            found.custodian = to;
            offers[id] = 0;
            _effect("accept");
        } catch {}
    }

    /// @notice Offers and their acceptance at once: what random offers rarely come to.
    function handOver(uint256 seed) external {
        if (!_once(seed, 53, 4)) return;
        for (uint256 i = 0; i < 4; ++i) {
            seed = _random(seed, 52);
            offer(seed);
            accept(seed);
        }
    }

    function checkStudies() external {
        for (uint256 i = 0; i < held.length; ++i) {
            bytes32 id = held[i];
            _hold(
                keccak256(abi.encode(studies.study(id))) == keccak256(abi.encode(known[id])),
                "4: a study changed by no step of its custodian"
            );
            _hold(studies.offeredTo(id) == offers[id], "4: an offer changed by no step of its custodian");
        }
    }

    function _study(uint256 seed) internal view returns (bytes32) {
        if (held.length == 0) return bytes32(0);
        // Half of the time the first, so that something comes of it.
        return held[_once(seed, 51, 2) ? 0 : _random(seed, 50) % held.length];
    }

    function _changed(bytes32 id, address caller) private {
        uint32 custodian = known[id].custodian;
        _hold(_isOperator(caller, custodian, Vocabulary.OPERATOR_STUDIES), "27: a study changed by another");
        _hold(_isActive(custodian), "27: a study changed by a suspended custodian");
        _hold(known[id].status != IStudyRegistry.Status.Erased, "6: an erased study changed");
    }
}
