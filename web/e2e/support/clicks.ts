// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/**
 * How many steps a job takes, as somebody's hand counts them: presses of the pointer, and keys that do something (a
 * chord, Enter, arrows, …). Typing is not counted.
 */
import { expect, type Page } from "@playwright/test";

interface Counted {
  csmsPresses?: number;
}

export class Clicks {
  readonly #page: Page;

  private constructor(page: Page) {
    this.#page = page;
  }

  /** Begins on the screen that is shown, and goes on wherever it leads; a page that is loaded anew counts no more. */
  static async from(page: Page): Promise<Clicks> {
    const count = (): void => {
      const here = globalThis as Counted;
      if (here.csmsPresses !== undefined) return;
      here.csmsPresses = 0;
      const one = (event: Event): void => {
        if (event.isTrusted) here.csmsPresses = (here.csmsPresses ?? 0) + 1;
      };
      addEventListener("pointerdown", one, { capture: true });
      addEventListener(
        "keydown",
        (event) => {
          const isModifier = ["Control", "Shift", "Alt", "Meta"].includes(event.key);
          const isTyping = event.key.length === 1 && !event.ctrlKey && !event.metaKey;
          if (!isModifier && !isTyping && event.key !== "Backspace") one(event);
        },
        { capture: true },
      );
    };
    await page.evaluate(count);
    return new Clicks(page);
  }

  async taken(): Promise<number> {
    return this.#page.evaluate(() => (globalThis as Counted).csmsPresses ?? Number.NaN);
  }

  async expectTaken(number: number): Promise<void> {
    expect(await this.taken(), "clicks and keys").toBe(number);
  }
}
