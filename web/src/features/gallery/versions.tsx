// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What was before and is after, two versions of one thing, and lists as they were saved. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";

import type { View } from "@/api/types.gen";
import { Columns, Line, Show } from "@/features/gallery/show";
import { Banner, Card, Changes, Conflict, SavedViews } from "@/kit";
import { viewsKey } from "@/kit/views";

const BEFORE = { name: "CP-0042", site: "North car park", limits: { current_a: 32 }, note: null, password: "•••" };
const AFTER = { name: "CP-0042", site: "Bus depot", limits: { current_a: 16 }, note: "Cable is worn", retired: false };
const NAMES: Readonly<Record<string, string>> = { site: "Site", limits: "Limits", note: "Note" };

const SEARCH = { status: ["faulted"], site: ["north"] };
const SCREEN = "chargers";

function view(id: string, name: string, search: object, others: Partial<View> = {}): View {
  return {
    id,
    name,
    screen: SCREEN,
    shared: false,
    filter: {},
    sort: null,
    columns: null,
    display: { search },
    position: 0,
    owner_id: "me",
    owner: "Ada",
    mine: true,
    can: { update_view: true, delete_view: true },
    created_at: "2026-11-29T03:00:00Z",
    updated_at: "2026-11-29T03:00:00Z",
    ...others,
  };
}

/** They are there already, so nobody is asked; what is saved or changed here is sent as anywhere else. */
function knowing(views: readonly View[]): QueryClient {
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Number.POSITIVE_INFINITY } } });
  client.setQueryData(viewsKey(SCREEN), views);
  return client;
}

const SOME = knowing([
  view("1", "Faulted in the north", SEARCH),
  view("2", "Offline since yesterday", { status: ["offline"] }, { shared: true }),
  view("3", "Old firmware", { firmware: "1.2" }, { shared: true, mine: false, owner: "Grace", can: {} }),
]);
const NONE = knowing([]);

function Views({ client, search }: { client: QueryClient; search: object }) {
  return (
    <QueryClientProvider client={client}>
      <SavedViews screen={SCREEN} path="/__kit" search={search} query={search} mayShare />
    </QueryClientProvider>
  );
}

export function VersionsPart() {
  const [answer, setAnswer] = useState<string | null>(null);
  return (
    <Columns>
      <Show title="Changes">
        <Card title="Fields" isFlush>
          <Changes before={BEFORE} after={AFTER} />
        </Card>
        <Card title="Fields with names" isFlush>
          <Changes
            before={{ site: BEFORE.site, limits: BEFORE.limits }}
            after={{ site: AFTER.site, limits: AFTER.limits, note: AFTER.note }}
            nameOf={(field) => NAMES[field] ?? field}
          />
        </Card>
        <Card title="Made, and deleted" isFlush>
          <Changes before={null} after={{ name: AFTER.name }} />
          <Changes before={{ name: AFTER.name }} after={null} />
        </Card>
        <Card title="Nothing, and what has no fields">
          <Changes before={BEFORE} after={BEFORE} />
          <Changes before={["admin"]} after={["admin", "viewer"]} />
        </Card>
      </Show>
      <Show title="Conflict">
        <Card>
          <Conflict
            fields={[
              { label: "Name", mine: "CP-0042", theirs: "CP-0042" },
              { label: "Site", mine: "Bus depot", theirs: "North car park" },
              { label: "Values", mine: "on = true\noff = false", theirs: "" },
            ]}
            onKeepTheirs={() => setAnswer("Theirs")}
            onSaveMine={() => setAnswer("Mine")}
          />
        </Card>
        <Card>
          <Conflict
            fields={[{ label: "Name", mine: "CP-0042", theirs: "CP-0042" }]}
            onKeepTheirs={() => setAnswer("Theirs")}
            onSaveMine={() => setAnswer("Mine")}
          />
        </Card>
        {answer && <Banner title={answer} onClose={() => setAnswer(null)} />}
      </Show>
      <Show title="SavedViews">
        <Line>
          <Views client={SOME} search={{ q: "depot" }} />
          <Views client={SOME} search={SEARCH} />
          <Views client={NONE} search={{ q: "depot" }} />
        </Line>
      </Show>
    </Columns>
  );
}
