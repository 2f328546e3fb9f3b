// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Certificates read, and what can be done with them. */
import { queryOptions } from "@tanstack/react-query";

import { getCertificate, getCertificateAuthority, getCertificateHorizon, listCertificates } from "@/api/sdk.gen";
import type { CertificateItem, ListCertificatesData } from "@/api/types.gen";
import type { ServerPage } from "@/lib/lists";
import { queries } from "@/lib/queries";
import { Rows } from "@/lib/rows";

export const certificateRows = new Rows<CertificateItem>();

const PAGE = 100;
const REFRESH_MS = 30_000;

export async function loadCertificates(
  query: NonNullable<ListCertificatesData["query"]>,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ServerPage<CertificateItem>> {
  return (await listCertificates({ query: { ...query, limit: PAGE, cursor }, signal, throwOnError: true })).data;
}

export const horizonQuery = queryOptions({
  queryKey: ["certificates", "horizon"],
  queryFn: async ({ signal }) => (await getCertificateHorizon({ signal, throwOnError: true })).data,
  refetchInterval: REFRESH_MS,
});

export const authorityQuery = queryOptions({
  queryKey: ["certificates", "authority"],
  queryFn: async ({ signal }) => (await getCertificateAuthority({ signal, throwOnError: true })).data.certificate,
});

/** What became of one that was asked for or sent; the list shows it. */
export async function readAgain(id: string): Promise<void> {
  const { data } = await getCertificate({ path: { certificate_id: id }, throwOnError: true });
  certificateRows.patch(id, data);
}

export function certificatesChanged(): void {
  void queries.invalidateQueries({ queryKey: ["certificates"] });
}

/** Hands a text to the browser as a file. */
export function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: "application/x-pem-file" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
