// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Small things that somebody arranged, such as the columns of a list: kept here at once, and with the user. */
import { create } from "zustand";

export type Document = Readonly<Record<string, unknown>>;

const KEY = "csms.documents";

function kept(): Record<string, Document> {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, Document>;
  } catch {
    return {}; // shut off or spoilt: as it is for everybody
  }
}

interface Documents {
  documents: Readonly<Record<string, Document>>;
  keep: (name: string, value: Document) => void;
}

export const useDocuments = create<Documents>()((set) => ({
  documents: kept(),
  keep: (name, value) => set(({ documents }) => ({ documents: { ...documents, [name]: value } })),
}));

useDocuments.subscribe(({ documents }) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(documents));
  } catch {
    // it holds until this page is closed
  }
});
