# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Firmware campaigns: one image to many chargers, in waves, in windows, with what became of it at each."""
