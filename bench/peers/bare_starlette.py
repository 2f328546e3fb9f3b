# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The yardstick of the API: a Starlette route that answers bytes it was given, under the uvicorn settings of csms.

What csms costs beyond this is signing in, permissions, the transaction, the query and its encoding.
"""

import sys
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_BODIES: dict[str, bytes] = {}


async def answer(request: Request) -> Response:
    """The bytes that were named."""
    return Response(_BODIES[request.path_params["name"]], media_type="application/json")


def main() -> None:
    """The first line of the input names the folder with the bodies."""
    for path in Path(sys.stdin.readline().strip()).iterdir():
        _BODIES[path.name] = path.read_bytes()
    uvicorn.run(
        Starlette(routes=[Route("/{name}", answer)]), host="127.0.0.1", port=int(sys.argv[1]), log_config=None,
        access_log=False, lifespan="off", server_header=False, date_header=False, proxy_headers=False,
        timeout_keep_alive=30, loop="uvloop",
    )  # fmt: skip


if __name__ == "__main__":
    main()
