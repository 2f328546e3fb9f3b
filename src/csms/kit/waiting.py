# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Where a task waits: for the log, when something takes longer than it should."""

import asyncio
from pathlib import Path
from typing import Any


def waits_in(task: "asyncio.Task[Any]") -> str:
    """The functions that wait for each other, the outermost first, each with its file and line."""
    steps: list[str] = []
    at: Any = task.get_coro()
    while at is not None:
        frame = _first(at, "cr_frame", "gi_frame", "ag_frame")
        if frame is not None:
            steps.append(f"{frame.f_code.co_qualname} ({Path(frame.f_code.co_filename).name}:{frame.f_lineno})")
        at = _first(at, "cr_await", "gi_yieldfrom", "ag_await")
    return " > ".join(steps)


def _first(of: Any, *names: str) -> Any:
    return next((found for name in names if (found := getattr(of, name, None)) is not None), None)
