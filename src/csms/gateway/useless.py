# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Frames that lead to nothing: told seldom, kept in part; a charger that says nothing else would fill the disk."""

from typing import Final

import structlog

from csms.kit.clock import Clock, Seldom, SomeAMinute

log = structlog.get_logger(__name__)

_TOLD_EVERY_S: Final = 60.0
_KEPT_A_MINUTE: Final = 60


class UselessFrames:
    """Those of one connection."""

    def __init__(self, charger_id: str, clock: Clock) -> None:
        self._charger_id = charger_id
        self._count = 0
        self._told = Seldom(clock, _TOLD_EVERY_S)
        self._kept = SomeAMinute(clock, _KEPT_A_MINUTE)

    def note(self, words: str, **facts: str) -> None:
        """One more; a line in the log a minute, with how many there were since the last one."""
        self._count += 1
        if self._told.due():
            log.info(words, charger_id=self._charger_id, frames=self._count, **facts)
            self._count = 0

    def is_kept(self) -> bool:
        """Whether the next one goes into the OCPP log."""
        return self._kept.due()
