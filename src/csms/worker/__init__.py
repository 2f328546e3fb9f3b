# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""The door of time: outbox consumers, schedules, partitions, retention, jobs. Never here: a business rule, OCPP."""
