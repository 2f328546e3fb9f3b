# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What alerts know of the machine they run on."""

from datetime import UTC, datetime
from pathlib import Path

from csms.kit.config import HttpSettings, OcppSettings, Settings
from csms.kit.pki.authority import Authority
from csms.main.alerts import ServerPremises, certificate_files


def test_the_disk_and_the_certificates_of_the_server(tmp_path: Path) -> None:
    """Both doors' files are read; one that cannot be read keeps nothing from the other."""
    now = datetime(2026, 11, 28, tzinfo=UTC)
    good, broken = tmp_path / "http.pem", tmp_path / "ocpp.pem"
    good.write_text(Authority.load_or_create(tmp_path, now).pem)
    broken.write_text("no certificate")
    settings = Settings(
        data_dir=tmp_path,
        http=HttpSettings(tls_cert=good, tls_key=good),
        ocpp=OcppSettings(tls_cert=broken, tls_key=broken),
    )
    files = certificate_files(settings)
    assert files == {"http": good, "ocpp": broken}
    premises = ServerPremises(tmp_path, files)
    ends = premises.certificates()
    assert list(ends) == ["http"]
    assert ends["http"] > now
    assert 0 < premises.disk_used() < 1
    assert certificate_files(Settings(data_dir=tmp_path)) == {}
