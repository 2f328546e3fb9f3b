# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Errors with a code, an HTTP status and a sentence for the reader; one subclass per reason, beside its service."""

from typing import ClassVar


class CsmsError(Exception):
    """A refusal that a person or program can act on.

    `code` is stable and machine-readable, `status` the HTTP status, `detail` says what was wrong and what to do.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, **extra: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.extra = extra


class NotFoundError(CsmsError):
    """The thing does not exist, or not for this caller."""

    code = "not_found"
    status = 404
    title = "Not found"


class ConflictError(CsmsError):
    """The request contradicts what is stored."""

    code = "conflict"
    status = 409
    title = "Conflict"


class InvalidError(CsmsError):
    """The request is well formed but cannot be carried out as it stands."""

    code = "invalid_request"
    status = 400
    title = "Invalid request"


class OutOfReachError(CsmsError):
    """It concerns more than the places where the caller's role holds."""

    code = "out_of_reach"
    status = 403
    title = "Forbidden"


class UnavailableError(CsmsError):
    """Something the request needs is away; the same request may succeed later."""

    code = "unavailable"
    status = 503
    title = "Temporarily unavailable"


class BusyError(UnavailableError):
    """The database is there and did not get to it in time."""

    code = "busy"


class CrowdedError(BusyError):
    """More is asked of this process at once than it answers, or than it has connections to the database for."""


class CollisionError(BusyError):
    """Two requests stood in each other's way and this one was undone whole."""


class HopelessError(Exception):
    """Work that fails again however often it is tried: it is set aside, and the rest goes on."""
