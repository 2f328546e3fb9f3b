# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Many chargers at once, and the command line around them."""

import asyncio
import json
import os
import signal
import ssl
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from csms.ocpp.codec import Protocol
from csms.simulator.charger import Runtime
from csms.simulator.cli import simulate
from csms.simulator.connection import ConnectFailed, open_socket
from csms.simulator.fleet import Fleet, FleetRefused, design, run_fleet
from csms.simulator.report import live_line, summary
from csms.simulator.statistics import Statistics
from tests.simulator.csms16 import ScriptedCsms, scripted_csms


async def test_a_fleet_of_twenty_lives(csms: ScriptedCsms) -> None:
    """Four seconds at high speed: all boot, cars charge, mishaps happen; in the end every start has its stop, told or counted."""
    statistics = await run_fleet(
        csms.url,
        20,
        identity_prefix="F",
        password=lambda identity: f"secret of {identity}",
        tokens=("A", "B"),
        seed=7,
        speed=900,
        ramp_per_s=200,
        duration_s=4,
        mishaps=2,
    )
    assert set(csms.identities) == {f"F-{number}" for number in range(1, 21)}
    assert statistics.started > 20
    assert statistics.started == statistics.stopped
    assert statistics.charging == statistics.connected == statistics.registered == 0
    assert not statistics.errors
    assert statistics.answered == statistics.latency.count > 200
    started = [(p["connectorId"], p["idTag"], p["timestamp"], p["meterStart"]) for p in csms.of("StartTransaction")]
    # Who was offline when switched off took what it had to say along, and that is counted.
    assert len(set(started)) >= statistics.started - statistics.dropped
    assert len(csms.of("StopTransaction")) >= statistics.stopped - statistics.dropped
    assert "transactions started" in summary(statistics, 4)


def test_the_same_seed_designs_the_same_chargers() -> None:
    """Model, serial and firmware by seed and identity."""
    first = [design("ws://x", f"SIM-{number}", seed=1) for number in range(50)]
    assert first == [design("ws://x", f"SIM-{number}", seed=1) for number in range(50)]
    assert first != [design("ws://x", f"SIM-{number}", seed=2) for number in range(50)]
    assert len({config.model for config in first}) > 2


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "--password"), (404, "Check the URL"), (500, None), (503, None)],
)
async def test_refusals_for_good_end_the_fleet_and_say_what_to_do(
    csms: ScriptedCsms, status: int, words: str | None
) -> None:
    """401 and 404 do not get better by waiting; 5xx may."""
    csms.refuse_with = status
    run = run_fleet(csms.url, 8, ramp_per_s=500, duration_s=1.0)
    if words is None:
        statistics = await run
        assert sum(statistics.refusals.values()) >= 8
        return
    with pytest.raises(FleetRefused, match=f"HTTP {status}") as caught:
        await run
    assert words in str(caught.value)


async def test_a_csms_without_our_protocol_is_refused(csms: ScriptedCsms, runtime: Runtime) -> None:
    """The handshake succeeds but no subprotocol is agreed."""
    csms.protocols = ("ocpp2.0.1",)
    with pytest.raises(ConnectFailed, match=r"does not speak ocpp1\.6"):
        await open_socket(runtime.http, csms.url, "SIM-1", Protocol.V16)


@pytest.mark.parametrize(("url", "words"), [("ws://127.0.0.1:1/ocpp", "Connection refused"), ("nonsense", "nonsense")])
async def test_nobody_there_is_said(runtime: Runtime, url: str, words: str) -> None:
    """A closed port; no URL at all."""
    with pytest.raises(ConnectFailed, match=words):
        await open_socket(runtime.http, url, "SIM-1", Protocol.V16)


def _certificate(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now.replace(year=2126))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption()))
    return paths


async def test_wss_needs_a_trusted_certificate(runtime: Runtime, tmp_path: Path) -> None:
    """An unknown CA is said to be the reason; with --ca-file's context it connects."""
    certificate, key = _certificate(tmp_path)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key)
    async with scripted_csms(server) as csms:
        url = csms.url.replace("127.0.0.1", "localhost")
        with pytest.raises(ConnectFailed, match="not trusted"):
            await open_socket(runtime.http, url, "SIM-1", Protocol.V16)
        trusting = ssl.create_default_context(cafile=certificate)
        socket = await open_socket(runtime.http, url, "SIM-1", Protocol.V16, tls=trusting)
        await socket.close()
        assert csms.identities == ["SIM-1"]


async def test_a_fleet_takes_ready_made_chargers(csms: ScriptedCsms, runtime: Runtime) -> None:
    """For whoever knows what the chargers are: other models, other passwords."""
    fleet = Fleet([design(csms.url, "MINE")], runtime)
    running = asyncio.create_task(fleet.run())
    await csms.hears("BootNotification")
    assert fleet.size == 1
    assert "/1 up" in live_line(fleet.statistics, fleet.size, 3.0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert fleet.statistics.connected == 0


def test_a_summary_names_what_is_worth_a_look() -> None:
    """Errors, time-outs, refusals, commands."""
    statistics = Statistics(timeouts=2, dropped=1)
    statistics.errors["InternalError"] = 3
    statistics.refusals["the CSMS is starting"] = 4
    statistics.received["Reset"] = 1
    words = summary(statistics, 0)
    for part in ("InternalError: 3", "2 calls not answered", "refused 4 times", "commands: Reset 1"):
        assert part in words


app = typer.Typer()
app.command()(simulate)


def test_the_command_line_explains_itself() -> None:
    """Help; wrong values; nobody there."""
    runner = CliRunner()
    assert "--start-time" in runner.invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    assert runner.invoke(app, ["--protocol", "ocpp3"]).exit_code == 2
    refused = runner.invoke(app, ["--url", "ws://127.0.0.1:1/ocpp", "--duration", "5"])
    assert refused.exit_code == 2
    assert "Is the CSMS running there" in refused.output
    tomorrow = runner.invoke(app, ["--url", "ws://127.0.0.1:1/ocpp", "--start-time", "2999-01-01"])
    assert tomorrow.exit_code == 2
    assert "in the future" in tomorrow.output


async def _simulate(*arguments: str) -> asyncio.subprocess.Process:
    code = "import typer; from csms.simulator.cli import simulate; typer.run(simulate)"
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )


async def test_ctrl_c_ends_with_a_summary(csms: ScriptedCsms) -> None:
    """Exit code 0, and the figures."""
    process = await _simulate("--url", csms.url, "--chargers", "3", "--ramp", "100")
    await csms.hears("BootNotification", count=3, timeout_s=30)
    os.kill(process.pid, signal.SIGINT)
    out, err = await asyncio.wait_for(process.communicate(), 30)
    assert process.returncode == 0, err
    assert "3 connections, 3 ended" in out.decode()


async def test_a_scenario_from_the_command_line(csms: ScriptedCsms, tmp_path: Path) -> None:
    """Exit code 0 when every step went well, 1 with the step that did not."""
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps({"url": csms.url, "step": [{"do": "connect"}, {"do": "boot"}]}))
    bad.write_text(json.dumps({"step": [{"do": "connect"}, {"do": "boot", "expect": "Pending"}]}))
    for path, code, words in ((good, 0, "every step went as it should"), (bad, 1, "step 2 boot expect=Pending")):
        options = () if path is good else ("--url", csms.url)
        process = await _simulate("--script", str(path), *options)
        out, err = await asyncio.wait_for(process.communicate(), 30)
        assert process.returncode == code
        assert words in (out + err).decode()
