// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Things to press. */
import { Download, List, Map as MapIcon, Pencil, Plus, Power, RotateCw, Star, Trash2 } from "lucide-react";
import { useState } from "react";

import { Columns, Line, Show } from "@/features/gallery/show";
import {
  Button,
  ButtonGroup,
  CopyButton,
  IconButton,
  Kbd,
  LinkButton,
  MenuButton,
  SegmentedControl,
  TextLink,
  ToggleButton,
  Toolbar,
  type MenuAction,
} from "@/kit";

const VARIANTS = ["primary", "secondary", "quiet", "danger"] as const;

const ITEMS: MenuAction[] = [
  { id: "edit", label: "Edit", icon: <Pencil aria-hidden /> },
  { id: "export", label: "Export", description: "A CSV of what is filtered", icon: <Download aria-hidden /> },
  {
    id: "restart",
    label: "Restart",
    icon: <RotateCw aria-hidden />,
    isDisabled: true,
    reason: "It is offline since 14:02.",
  },
  { id: "retire", label: "Retire", icon: <Trash2 aria-hidden />, isDanger: true, startsGroup: true },
];

export function ActionsPart() {
  const [view, setView] = useState("list");
  return (
    <Columns>
      <Show title="Button">
        {(["lg", "md", "sm"] as const).map((size) => (
          <Line key={size}>
            {VARIANTS.map((variant) => (
              <Button key={variant} variant={variant} size={size}>
                {variant}
              </Button>
            ))}
          </Line>
        ))}
        <Line>
          {VARIANTS.map((variant) => (
            <Button key={variant} variant={variant} icon={<Plus aria-hidden />}>
              Add
            </Button>
          ))}
        </Line>
        <Line>
          {VARIANTS.map((variant) => (
            <Button key={variant} variant={variant} isDisabled>
              Disabled
            </Button>
          ))}
        </Line>
        <Line>
          {VARIANTS.map((variant) => (
            <Button key={variant} variant={variant} isPending>
              Pending
            </Button>
          ))}
        </Line>
        <Button variant="primary" isWide>
          As wide as it can be
        </Button>
      </Show>
      <Show title="IconButton, ToggleButton, ButtonGroup">
        <Line>
          {VARIANTS.map((variant) => (
            <IconButton key={variant} variant={variant} label={`Reset (${variant})`} icon={<RotateCw aria-hidden />} />
          ))}
          <IconButton label="Small" size="sm" icon={<RotateCw aria-hidden />} />
          <IconButton label="Disabled" isDisabled icon={<RotateCw aria-hidden />} />
          <IconButton label="Pending" isPending icon={<RotateCw aria-hidden />} />
          <CopyButton text="CP-0042" />
          <CopyButton text="CP-0042" hasText />
        </Line>
        <Line>
          <ToggleButton icon={<Star aria-hidden />}>Off</ToggleButton>
          <ToggleButton icon={<Star aria-hidden />} defaultSelected>
            On
          </ToggleButton>
          <ToggleButton icon={<Star aria-hidden />} label="Favourite" defaultSelected />
          <ToggleButton icon={<Star aria-hidden />} isDisabled>
            Disabled
          </ToggleButton>
        </Line>
        <ButtonGroup label="Power">
          <Button icon={<Power aria-hidden />}>Start</Button>
          <Button>Stop</Button>
          <Button>Unlock</Button>
        </ButtonGroup>
      </Show>
      <Show title="SegmentedControl">
        <Line>
          <SegmentedControl
            label="View"
            segments={[
              { id: "list", label: "List", icon: <List aria-hidden /> },
              { id: "map", label: "Map", icon: <MapIcon aria-hidden /> },
            ]}
            selected={view}
            onChange={setView}
          />
          <SegmentedControl
            label="View, icons"
            isIconOnly
            segments={[
              { id: "list", label: "List", icon: <List aria-hidden /> },
              { id: "map", label: "Map", icon: <MapIcon aria-hidden /> },
            ]}
            selected={view}
            onChange={setView}
          />
          <SegmentedControl
            label="Range"
            size="sm"
            segments={["1 h", "24 h", "7 d", "30 d"].map((id) => ({ id, label: id }))}
            selected="24 h"
            onChange={() => undefined}
          />
        </Line>
      </Show>
      <Show title="LinkButton, TextLink, Kbd">
        <Line>
          <LinkButton to="/chargers" variant="primary">
            To the chargers
          </LinkButton>
          <LinkButton href="/files/report.csv" icon={<Download aria-hidden />}>
            Download
          </LinkButton>
          <LinkButton to="/" variant="quiet">
            Quiet
          </LinkButton>
        </Line>
        <p>
          Words with <TextLink to="/chargers">a link</TextLink>, and with{" "}
          <TextLink to="/sites" isQuiet>
            a quiet one
          </TextLink>
          . Press <Kbd keys={["Ctrl", "K"]} />.
        </p>
      </Show>
      <Show title="MenuButton">
        <Line>
          <MenuButton label="Actions" items={ITEMS} />
          <MenuButton label="More" items={ITEMS} isIconOnly />
          <MenuButton label="Small" items={ITEMS} size="sm" variant="quiet" />
          <MenuButton label="Disabled" items={ITEMS} isDisabled />
        </Line>
      </Show>
      <Show title="Toolbar" isWide>
        <Toolbar label="Chargers" end={<Button variant="primary">Add charger</Button>}>
          <Button>Import</Button>
          <Button>Export</Button>
        </Toolbar>
      </Show>
    </Columns>
  );
}
