// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Who signs in: the administrator, or somebody with a role that a test wants to look at. */
import { randomBytes } from "node:crypto";

import { expect, request, type APIRequestContext } from "@playwright/test";

import { kept } from "./kept.ts";
import type { Server } from "./server.ts";

export interface Person {
  id: string;
  username: string;
  email: string;
  password: string;
}

/** A connection of one's own each time: one that waited may be closed by the server just when it is used again. */
const ALONE = { Connection: "close" };

/** Each from an address of its own: all from one would meet the limits of sign-in. The server trusts this machine as a proxy. */
export function fromElsewhere(): Record<string, string> {
  return { "X-Forwarded-For": `10.${[...randomBytes(3)].join(".")}` };
}

export function newPassword(): string {
  return randomBytes(18).toString("base64url");
}

/** The API as the administrator, without a browser: to make what a test needs. */
export async function adminApi(server: Server): Promise<APIRequestContext> {
  const token = await kept(server, "token", async () => {
    const context = await request.newContext({
      baseURL: server.url,
      extraHTTPHeaders: { ...ALONE, ...fromElsewhere() },
    });
    const answer = await context.post("/api/v1/auth/login", {
      data: { username: "admin", password: server.adminPassword },
    });
    expect(answer.status(), await answer.text()).toBe(200);
    const body = (await answer.json()) as { access_token: string };
    await context.dispose();
    return body.access_token;
  });
  return request.newContext({
    baseURL: server.url,
    extraHTTPHeaders: { ...ALONE, ...fromElsewhere(), Authorization: `Bearer ${token}` },
  });
}

/** Somebody new, with a password and a role of the whole organization. */
export async function newPerson(api: APIRequestContext, role = "viewer"): Promise<Person> {
  const username = `${role}-${randomBytes(4).toString("hex")}`;
  const person = { username, email: `${username}@example.com`, password: newPassword() };
  const made = await api.post("/api/v1/users", { data: { username, email: person.email, role, show_link: true } });
  expect(made.status(), await made.text()).toBe(201);
  const { id, invitation_url: link } = (await made.json()) as { id: string; invitation_url: string };
  const accepted = await api.post("/api/v1/auth/accept-invitation", {
    data: { token: link.split("#")[1], password: person.password },
  });
  expect(accepted.status(), await accepted.text()).toBe(200);
  return { id, ...person };
}

export type State = Awaited<ReturnType<APIRequestContext["storageState"]>>;

/** Signed in as a browser is: the cookies. */
export async function sessionOf(server: Server, username: string, password: string): Promise<State> {
  const context = await request.newContext({
    baseURL: server.url,
    extraHTTPHeaders: { ...ALONE, ...fromElsewhere(), Origin: server.url },
    storageState: { cookies: [], origins: [] }, // whoever the test is signed in as would be signed out
  });
  const answer = await context.post("/api/v1/auth/login", { data: { username, password, session: "cookie" } });
  expect(answer.status(), await answer.text()).toBe(200);
  const state = await context.storageState();
  await context.dispose();
  return state;
}
