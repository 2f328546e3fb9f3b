# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""OCPP 2.0.1 and 2.1: one module per functional block, both versions mapped from one set of 2.1 types.

A message of 2.0.1 is judged by its own schema and then lifted to the 2.1 type, which is the same but for what was added
(`lift.py`). What goes out is written as 2.1 and must satisfy the charger's own version: what 2.0.1 cannot say is
refused in words. Most structures have the same shape in the domain and on the wire; `mirror.py` maps those by name.
"""
