// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** When the session ended while somebody was at work: what they typed stays. */
export function SignInAgain() {
  return null;
}
