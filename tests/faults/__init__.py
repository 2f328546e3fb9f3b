# SPDX-FileCopyrightText: The CSMS Lite contributors
# SPDX-License-Identifier: Apache-2.0
"""Real processes, killed and cut off under load: nothing that was acknowledged may be missing afterwards."""
