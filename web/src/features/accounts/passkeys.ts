// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The browser's side of passkeys. */
import type { PasskeyMade, PasskeyOptions, PasskeyShown } from "@/api/types.gen";

/** Whether this browser can, at this address: a passkey belongs to the one that the installation is known by. */
export function passkeysWork(origin: string | null | undefined): boolean {
  return (
    origin === location.origin &&
    isSecureContext &&
    typeof PublicKeyCredential === "function" &&
    typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function"
  );
}

/** Whoever is asked by the device may turn away; browsers do not tell that from a passkey that is not there. */
export class PasskeyStoppedError extends Error {}

async function asked(ask: Promise<Credential | null>): Promise<PublicKeyCredential> {
  try {
    const answer = await ask;
    if (answer instanceof PublicKeyCredential) return answer;
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
  }
  throw new PasskeyStoppedError();
}

export async function makePasskey(options: PasskeyOptions): Promise<PasskeyMade> {
  const json = options as unknown as PublicKeyCredentialCreationOptionsJSON;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(json);
  return (await asked(navigator.credentials.create({ publicKey }))).toJSON() as PasskeyMade;
}

export async function showPasskey(options: PasskeyOptions): Promise<PasskeyShown> {
  const json = options as unknown as PublicKeyCredentialRequestOptionsJSON;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return (await asked(navigator.credentials.get({ publicKey }))).toJSON() as PasskeyShown;
}
