// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What this browser keeps of the first steps: what was sent away, and for which charger somebody waits. */
import { create } from "zustand";

const KEY = "csms.onboarding";

type Hint = "first-charger" | "tour";

interface Kept {
  dismissed: Hint[];
  waitingFor: string | null;
}

interface Remembered extends Kept {
  dismiss: (hint: Hint) => void;
  waitFor: (charger: string | null) => void;
}

function kept(): Kept {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Kept>;
    const dismissed = Array.isArray(found.dismissed) ? found.dismissed : [];
    return { dismissed, waitingFor: typeof found.waitingFor === "string" ? found.waitingFor : null };
  } catch {
    return { dismissed: [], waitingFor: null }; // shut off or spoilt: the hints come again
  }
}

export const useRemembered = create<Remembered>()((set) => ({
  ...kept(),
  dismiss: (hint) => set(({ dismissed }) => ({ dismissed: [...new Set([...dismissed, hint])] })),
  waitFor: (waitingFor) => set({ waitingFor }),
}));

useRemembered.subscribe(({ dismissed, waitingFor }) => {
  try {
    localStorage.setItem(KEY, JSON.stringify({ dismissed, waitingFor }));
  } catch {
    // it holds until this page is closed
  }
});
