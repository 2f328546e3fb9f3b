# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What the settings say of signing in."""

from datetime import timedelta

from csms.features.accounts.identity import IdentityOptions
from csms.features.accounts.jobs import LetterSender, Mailer
from csms.features.accounts.letters import Letters
from csms.kit.clock import Clock
from csms.kit.config import Settings, is_loopback
from csms.kit.crypto import InstallationKeys
from csms.kit.db.uow import UnitsOfWork
from csms.kit.http.cookies import origin_of
from csms.kit.http.ratelimit import Counters
from csms.kit.jobs.base import JobKind, Schedule
from csms.kit.jobs.pgqueuer import PgJobs


def browser_origin(settings: Settings) -> str | None:
    """How browsers name us: as it was set, else where only this machine is served. Links and passkeys stand on it."""
    http = settings.http
    if http.public_url is not None:
        return origin_of(http.public_url)
    if http.trusted_proxies or not http.port or not is_loopback(http.host):
        return None
    return origin_of(f"{'https' if http.tls_cert else 'http'}://localhost:{http.port}")


def page_origins(settings: Settings) -> frozenset[str]:
    """Where our pages are, if it was set: at the public URL, and where the web apps are that may use the API."""
    http = settings.http
    public = origin_of(http.public_url)
    return frozenset() if public is None else frozenset({public, *(each for each in http.cors_origins if each != "*")})


def letter_jobs(
    units: UnitsOfWork, keys: InstallationKeys, clock: Clock, settings: Settings, mailer: Mailer
) -> tuple[list[JobKind], list[Schedule]]:
    """The job that sends mails with links."""
    origin, mails = browser_origin(settings), settings.mail.host is not None
    letters = Letters(keys, clock, PgJobs(clock), Counters(), origin=origin, mails=mails)
    return [LetterSender(units, letters, mailer, clock).kind()], []


def identity_options(settings: Settings) -> IdentityOptions:
    """Cookies are for TLS only, wherever there is TLS before us or in us."""
    http, accounts = settings.http, settings.accounts
    by_tls = http.tls_cert is not None or bool(http.trusted_proxies) or (http.public_url or "").startswith("https://")
    redis = settings.redis.url
    return IdentityOptions(
        origin=browser_origin(settings),
        page_origins=page_origins(settings),
        secure_cookies=by_tls and not http.insecure_lan,
        session_idle=timedelta(hours=accounts.session_idle_hours),
        session_life=timedelta(days=accounts.session_days),
        private_hosts=accounts.private_hosts,
        mails=settings.mail.host is not None,
        counters=Counters(None if redis is None else redis.get_secret_value()),
    )
