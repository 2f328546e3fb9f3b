# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Message brokers of others that events are published to: one connection each, and what keeps it open.

`base` is what all have in common; `rabbitmq`, `nats` and `kafka` stand on client libraries that are extras, so they
import them when they connect. Nothing here knows what the messages are about.
"""
