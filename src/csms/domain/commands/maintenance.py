# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Firmware, logs, certificates."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta

from csms.domain.certificates import CertificateHash
from csms.domain.commands.base import Command, Location, Number
from csms.domain.numbers import Natural

Checksum = Annotated[str, Meta(pattern="^[0-9a-fA-F]{32}$", description="MD5 of the image, hexadecimal.")]
Firmware = Annotated[UUID, Meta(description="An image of the firmware library, fetched from here.")]
Pem = Annotated[str, Meta(min_length=1, max_length=10_000, description="Certificate, or chain of them, in PEM.")]


class UpdateFirmware(Command, frozen=True, tag="update_firmware", kw_only=True):
    """Have the charger fetch and install firmware; with a certificate and a signature it checks them first."""

    firmware: Firmware | None = None
    location: Location | None = None
    retrieve_at: datetime
    install_at: datetime | None = None
    signing_certificate: Annotated[str, Meta(max_length=5_500)] | None = None
    signature: Annotated[str, Meta(max_length=800, description="Base64.")] | None = None
    retries: Natural | None = None
    retry_interval_s: Natural | None = None
    request_id: Number | None = None


class PublishFirmware(Command, frozen=True, tag="publish_firmware", kw_only=True):
    """Have a local controller fetch firmware and offer it to its chargers (2.x)."""

    firmware: Firmware | None = None
    location: Location | None = None
    checksum: Checksum | None = None
    retries: Natural | None = None
    retry_interval_s: Natural | None = None
    request_id: Number | None = None


class UnpublishFirmware(Command, frozen=True, tag="unpublish_firmware"):
    """Have a local controller offer firmware no longer (2.x)."""

    checksum: Checksum


class GetDiagnostics(Command, frozen=True, tag="get_diagnostics", kw_only=True):
    """Have the charger upload its diagnostics, to here unless a location is named."""

    location: Location | None = None
    since: datetime | None = None
    until: datetime | None = None
    retries: Natural | None = None
    retry_interval_s: Natural | None = None
    request_id: Number | None = None


class GetLog(Command, frozen=True, tag="get_log", kw_only=True):
    """Have the charger upload a log, to here unless a location is named (1.6 with the security extension, 2.x)."""

    log: Literal["diagnostics", "security", "data_collector"]
    location: Location | None = None
    since: datetime | None = None
    until: datetime | None = None
    retries: Natural | None = None
    retry_interval_s: Natural | None = None
    request_id: Number | None = None


class InstallCertificate(Command, frozen=True, tag="install_certificate"):
    """Have the charger trust a root certificate."""

    kind: Literal["csms_root", "manufacturer_root", "mo_root", "oem_root", "v2g_root"]
    certificate: Pem


class DeleteCertificate(Command, frozen=True, tag="delete_certificate"):
    """Have the charger forget a certificate."""

    certificate: CertificateHash


class GetInstalledCertificates(Command, frozen=True, tag="get_installed_certificates"):
    """Ask which certificates the charger has; no kind named means all (1.6 knows csms_root and manufacturer_root)."""

    kinds: Annotated[
        tuple[Literal["csms_root", "manufacturer_root", "mo_root", "oem_root", "v2g_chain", "v2g_root"], ...],
        Meta(max_length=6),
    ] = ()


class SendSignedCertificate(Command, frozen=True, tag="send_signed_certificate"):
    """Give the charger the certificate that it asked to have signed."""

    certificate_chain: Pem
    kind: Literal["charging_station", "v2g", "v2g20"] = "charging_station"
    request_id: Natural | None = None
