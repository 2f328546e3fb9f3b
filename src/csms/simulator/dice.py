# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Chance that can be repeated: the same seed, the same story."""

from random import Random


def dice(*seed: object) -> Random:
    """A generator for this purpose alone, so that what one part draws never changes another's story."""
    return Random("/".join(map(str, seed)))  # noqa: S311  (stories, not secrets)
