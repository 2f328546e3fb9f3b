// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What the API refuses, as problem documents (RFC 9457); the code is what texts go by. */

export interface ProblemError {
  path: string;
  message: string;
}

export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly traceId: string | null;
  readonly errors: ProblemError[];
  /** Seconds to wait before it is tried again. */
  readonly retryAfter: number | null;

  constructor(status: number, body: Record<string, unknown>, headers?: Headers) {
    const detail = typeof body.detail === "string" ? body.detail : "";
    super(detail || `HTTP ${status}`);
    this.name = "Problem";
    this.status = status;
    this.code = typeof body.code === "string" ? body.code : status ? "http_error" : "unreachable";
    this.detail = detail;
    this.traceId = typeof body.trace_id === "string" ? body.trace_id : (headers?.get("x-request-id") ?? null);
    this.errors = Array.isArray(body.errors) ? body.errors.filter(isError) : [];
    const wait = Number(headers?.get("retry-after"));
    this.retryAfter = wait > 0 ? wait : null;
  }
}

function isError(value: unknown): value is ProblemError {
  return typeof value === "object" && value !== null && "message" in value;
}

/** Whatever was thrown, as a problem: what is none came from the network. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const record = typeof error === "object" && error !== null ? (error as Record<string, unknown>) : {};
  return new Problem(typeof record.status === "number" ? record.status : 0, record);
}
