// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Whether somebody is signed in here. What they may do is in `me`, which the server decides again at every call. */
import { create } from "zustand";

interface Session {
  /** Somebody was signed in, and the server does not know them any more. */
  lost: boolean;
  signedIn: boolean;
  begin: () => void;
  lose: () => void;
  end: () => void;
}

export const useSession = create<Session>()((set) => ({
  lost: false,
  signedIn: false,
  begin: () => set({ signedIn: true, lost: false }),
  lose: () => set((state) => ({ lost: state.signedIn })),
  end: () => set({ signedIn: false, lost: false }),
}));
