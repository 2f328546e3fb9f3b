# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where vendor messages go: to the plug-in that understands the vendor, within bounds."""

import asyncio
from typing import Final

import structlog

from csms.domain.messages import Answer, Report, Source, VendorAnswer, VendorAnswerStatus, VendorMessage
from csms.plugin.hooks import Charger
from csms.plugin.registry import Plugins

log = structlog.get_logger(__name__)

TIMEOUT_S: Final = 20.0


class VendorDesk:
    """Asks plug-ins. What no plug-in understands is left to the handler behind."""

    def __init__(self, plugins: Plugins, timeout_s: float = TIMEOUT_S) -> None:
        self._plugins = plugins
        self._timeout_s = timeout_s

    def wants(self, report: Report) -> bool:
        """Whether a plug-in understands the vendor."""
        return isinstance(report, VendorMessage) and self._plugins.vendor(report.vendor_id) is not None

    async def __call__(self, source: Source, report: Report) -> Answer:
        """The plug-in's answer; Rejected where it fails, which is no reason to lose the charger."""
        assert isinstance(report, VendorMessage)
        handler = self._plugins.vendor(report.vendor_id)
        assert handler is not None
        charger = Charger(source.charger_id, str(source.organization_id), source.protocol)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await handler(charger, report)
            if not isinstance(answer, VendorAnswer):
                raise TypeError(f"a plug-in answers with a VendorAnswer, not with {type(answer).__name__}")
        except Exception:
            log.exception("a plug-in failed", charger_id=source.charger_id, vendor_id=report.vendor_id)
            return VendorAnswer(VendorAnswerStatus.REJECTED)
        return answer
