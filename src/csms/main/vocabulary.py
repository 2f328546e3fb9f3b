# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The names that bound metric labels."""

from typing import Final, get_args

from csms.domain.commands import AnyCommand
from csms.ocpp.codec import ACTIONS

ACTION_NAMES: Final = frozenset(name for actions in ACTIONS.values() for name in actions)
COMMAND_TYPES: Final = frozenset(str(kind.__struct_config__.tag) for kind in get_args(AnyCommand))
