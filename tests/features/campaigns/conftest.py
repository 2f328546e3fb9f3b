# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Campaigns are looked at more often than in real life."""

import pytest

from csms.features.campaigns import jobs
from csms.worker import door


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "_SWEEP_S", 0.2)
    monkeypatch.setattr(jobs, "LOOK_S", 0.1)
