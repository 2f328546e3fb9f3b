# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""What real chargers do: one test per behaviour that somebody met in the field, with the thread that tells of it.

Proven elsewhere, with the same threads: zombies, replaced sockets and late goodbyes in tests/gateway/test_takeover.py;
pings in test_keepalive.py; calls before and right after the boot in test_provisional.py; identities and subprotocols in
test_handshake.py; frames that are no OCPP in test_malformed.py; one slot per direction in test_inbox.py.
"""
