# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Faults by number, from a seed: what is broken, when, and in which process; under chargers that charge and obey.

`plan` says what a seed means, `kinds_*` are the faults, `stage` is the cluster that they happen to, `proxy` the lines
between its parts, `run` carries them out and asks the checker (`tests.faults.checker`) after each. `soak` breaks nothing
and waits. Nothing of csms is replaced: its processes, PostgreSQL and Valkey are the real ones.
"""
