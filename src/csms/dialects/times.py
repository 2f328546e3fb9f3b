# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Times on the wire."""

from datetime import UTC, datetime


def parse_time(text: str | None) -> datetime | None:
    """A charger's time stamp, in UTC; None where it cannot be read.

    Chargers leave out the zone, put blanks around, or send years that no calendar has: no fact is refused for its time.
    """
    if text is None:
        return None
    try:
        parsed = datetime.fromisoformat(text.strip().upper())  # RFC 3339 §5.6 allows t and z
        if parsed.tzinfo is UTC:  # as nearly all say it
            return parsed
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def format_time(at: datetime) -> str:
    """UTC with milliseconds and `Z` (steve#96: chargers misread an offset)."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
