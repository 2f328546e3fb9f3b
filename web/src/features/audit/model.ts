// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Entries of the audit log as people read them. */
import type { ListAuditData } from "@/api/types.gen";
import type { AuditSearch } from "@/features/audit/search";
import type { FilterValues } from "@/kit";
import { instantsOf } from "@/lib/days";
import { without } from "@/lib/search";

export const ACTORS = ["user", "api_key", "cli", "host", "system"] as const;

/** What is done to which kind of thing: the known ones, to choose from. Others are shown as they are. */
const VERBS: Readonly<Record<string, string>> = {
  "account:api_key": "create update rotate take_over revoke",
  "account:email": "ask propose verify change withdraw",
  "account:factors": "reset",
  "account:identity": "link",
  "account:organization": "update",
  "account:passkey": "create update delete",
  "account:password": "change forget reset set",
  "account:profile": "update",
  "account:provider": "create update delete",
  "account:recovery": "create use",
  "account:role": "create update delete",
  "account:session": "create confirm refuse reuse revoke",
  "account:totp": "create delete",
  "account:user": "create invite update suspend reactivate unlock hand_over retire",
  "alert:alert": "acknowledge assign snooze resolve reopen comment",
  "alert:rule": "create update delete seed",
  "certificate:certificate": "sign send renew revoke",
  "charger:charger": "create update delete update_many update_many_cancel update_many_retry",
  "charger:command": "send bulk bulk_cancel bulk_retry",
  "charger:configuration_template": "create update delete assign unassign apply",
  "charger:file": "delete",
  "charger:firmware_campaign": "create update start pause resume stop retry delete",
  "charger:group": "create update members delete",
  "charger:secret": "rotate",
  "charging:profile": "create update delete",
  "dashboard:dashboard": "create update order reset delete",
  "dashboard:default": "change",
  "data:import": "create run retry secrets cancel",
  "driver:driver": "create update delete",
  "firmware:image": "create update delete",
  "notification:channel": "create update test delete",
  "notification:notification": "resend",
  "notification:template": "set delete",
  "onboarding:charger": "approve reject",
  "privacy:person": "export download erase",
  "site:site": "create update delete",
  "system:flag": "create update delete",
  "system:job": "cancel",
  "system:list": "export",
  "system:logo": "update delete",
  "system:organization": "create backup restore",
  "system:retention": "run",
  "system:secrets": "prepare rotate forget",
  "system:settings": "update",
  "token:group": "rename update",
  "token:token": "create update assign unassign delete update_many update_many_cancel update_many_retry",
  "transaction:transaction": "close",
  "view:view": "create update order delete",
  "webhook:delivery": "redeliver",
  "webhook:secret": "rotate",
  "webhook:webhook": "create update test pause resume delete",
};

export const ACTIONS: readonly string[] = Object.entries(VERBS).flatMap(([start, verbs]) =>
  verbs.split(" ").map((verb) => `${start}:${verb}`),
);

export const KINDS = [
  "alert",
  "alert_rule",
  "api_key",
  "bulk",
  "bulk_change",
  "charger",
  "charger_group",
  "charging_profile",
  "configuration_template",
  "dashboard",
  "driver",
  "feature_flag",
  "file",
  "firmware",
  "firmware_campaign",
  "identity_provider",
  "import",
  "job",
  "list",
  "notification",
  "notification_channel",
  "notification_template",
  "organization",
  "role",
  "secret_key",
  "setting",
  "site",
  "token",
  "token_group",
  "transaction",
  "user",
  "view",
  "webhook",
] as const;

const PLACES: Readonly<Record<string, string>> = {
  charger: "/chargers/",
  driver: "/drivers/",
  site: "/sites/",
  token: "/tags/",
  transaction: "/sessions/",
};

/** Where what was done to something can be seen; null where it has no screen of its own. */
export function objectPath(kind: string, id: string): string | null {
  if (kind === "setting") return `/system?tab=settings`;
  const place = PLACES[kind];
  return place === undefined || id === "" ? null : `${place}${encodeURIComponent(id)}`;
}

/** As list and export want it. */
export function queryOf(search: AuditSearch, zone: string): NonNullable<ListAuditData["query"]> {
  const { q, who, by, action, kind, object, at, address, request, sort } = search;
  const span = at && instantsOf(at, zone);
  return without({
    q,
    "actor_name[prefix]": who,
    actor_kind: by,
    action,
    subject_kind: kind,
    subject_id: object === undefined ? undefined : [object],
    "at[gte]": span?.from,
    "at[lt]": span?.to,
    "address[prefix]": address,
    request_id: request === undefined ? undefined : [request],
    sort,
  });
}

export function valuesOf(search: AuditSearch): FilterValues {
  const { q: _q, sort: _sort, entry: _entry, ...values } = search;
  return values;
}

export function isNarrowed(search: AuditSearch): boolean {
  return search.q !== undefined || Object.keys(valuesOf(search)).length > 0;
}
