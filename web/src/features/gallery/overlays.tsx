// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** What lies over the screen. */
import { useState } from "react";

import { Columns, Line, Show } from "@/features/gallery/show";
import {
  Button,
  ConfirmDialog,
  Dialog,
  DialogTrigger,
  Drawer,
  Form,
  FormActions,
  FormSection,
  Popover,
  Select,
  TextField,
  Tooltip,
} from "@/kit";
import { Problem } from "@/lib/problems";

const REFUSED = new Problem(422, {
  detail: "body.identity: it is taken",
  trace_id: "7d0c1f3a9b2e4c55",
  errors: [{ path: "body.identity", message: "it is taken" }],
});

function pause(): Promise<void> {
  return new Promise((done) => setTimeout(done, 600));
}

function Dialogs() {
  const [shown, setShown] = useState<"dialog" | "confirm" | "typed" | "fails" | "drawer" | null>(null);
  const opening = (name: typeof shown) => ({
    isOpen: shown === name,
    onOpenChange: (isOpen: boolean) => setShown(isOpen ? name : null),
  });
  return (
    <Show title="Dialog, ConfirmDialog, Drawer">
      <Line>
        <Button onPress={() => setShown("dialog")}>Dialog</Button>
        <Button onPress={() => setShown("confirm")}>Confirm</Button>
        <Button onPress={() => setShown("typed")}>Confirm, typed</Button>
        <Button onPress={() => setShown("fails")}>Confirm, fails</Button>
        <Button onPress={() => setShown("drawer")}>Drawer</Button>
        <DialogTrigger>
          <Button>With a trigger</Button>
          <Dialog title="Opened by its trigger">Words.</Dialog>
        </DialogTrigger>
      </Line>
      <Dialog
        title="Reset CP-0042"
        description="What it does depends on the charger."
        {...opening("dialog")}
        footer={<DialogButtons onDone={() => setShown(null)} />}
      >
        <Select label="Kind" options={[{ id: "soft", label: "Soft" }]} defaultSelected="soft" />
        <TextField label="Reason" />
      </Dialog>
      <ConfirmDialog
        title="Retire CP-0042?"
        consequence="Its connection is closed and it may not connect again. Its sessions are kept."
        confirmLabel="Retire"
        isDanger
        onConfirm={pause}
        {...opening("confirm")}
      />
      <ConfirmDialog
        title="Reset 200 chargers?"
        consequence="Sessions that run on them end."
        confirmLabel="Reset all"
        isDanger
        typed="200"
        onConfirm={pause}
        {...opening("typed")}
      />
      <ConfirmDialog
        title="Unlock connector 1?"
        consequence="The cable can then be taken out."
        confirmLabel="Unlock"
        onConfirm={() =>
          Promise.reject(new Problem(409, { detail: "the charger is offline", trace_id: "7d0c1f3a9b2e4c55" }))
        }
        {...opening("fails")}
      />
      <Drawer title="CP-0042" {...opening("drawer")} footer={<Button variant="primary">Save</Button>}>
        <TextField label="Name" />
        <TextField label="Notes" />
      </Drawer>
    </Show>
  );
}

function DialogButtons({ onDone }: { onDone: () => void }) {
  return (
    <>
      <Button onPress={onDone}>Cancel</Button>
      <Button variant="primary" onPress={onDone}>
        Reset
      </Button>
    </>
  );
}

export function OverlaysPart() {
  const [problem, setProblem] = useState<Problem | null>(REFUSED);
  return (
    <Columns>
      <Dialogs />
      <Show title="Popover, Tooltip">
        <Line>
          <Popover label="More" trigger={<Button>Popover</Button>}>
            Anything can stand here.
          </Popover>
          <Tooltip text="It says a little more.">
            <Button>Tooltip</Button>
          </Tooltip>
        </Line>
      </Show>
      <Show title="Form with what the server refused">
        <Form problem={problem} names={{ identity: "Identity" }} onSubmit={() => setProblem(REFUSED)}>
          <FormSection title="Charger" description="How it is known.">
            <TextField label="Identity" name="identity" isRequired defaultValue="CP-0001" />
            <TextField label="Name" name="name" />
          </FormSection>
          <FormActions start={<Button variant="quiet">Delete</Button>}>
            <Button onPress={() => setProblem(null)}>Cancel</Button>
            <Button type="submit" variant="primary">
              Save
            </Button>
          </FormActions>
        </Form>
      </Show>
    </Columns>
  );
}
