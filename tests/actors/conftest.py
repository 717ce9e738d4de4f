from __future__ import annotations

from collections.abc import Iterator

import pytest
from actors_town import Town

from pixelpact.custodian import Custodian
from pixelpact.dicom import from_files, samples
from pixelpact.localnet import Sandbox
from pixelpact.patient import Patient
from pixelpact.requester import Requester


@pytest.fixture
def town() -> Iterator[Town]:
    with Sandbox(members=3) as net:
        hospital, patient = Custodian(net[1]), Patient.create(net.chain())
        clinic, other = Requester(net[2]), Requester(net[3])
        clinic.publish_key()
        other.publish_key()
        source = from_files(samples()[2].files)
        study = hospital.share(source, subject=patient.address(custodian=1))
        made = Town(net, hospital, clinic, other, patient, source, study)
        yield made
        for vault in made.opened:
            vault.close()
