// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Numbers, units, money and times in the words of the reader's language; nothing is ever put together by hand. */
import { useMemo } from "react";

import { localeFor, useAppearance } from "@/lib/appearance";

type When = string | number | Date;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export interface Format {
  /** Of the times that are shown, such as Europe/Berlin. */
  zone: string;
  number: (value: number, digits?: number) => string;
  percent: (share: number, digits?: number) => string;
  /** Of watt hours: kWh, or MWh where there are thousands of them. */
  energy: (wattHours: number) => string;
  /** Of watts: kW, or MW. */
  power: (watts: number) => string;
  current: (amperes: number) => string;
  voltage: (volts: number) => string;
  temperature: (celsius: number) => string;
  bytes: (value: number) => string;
  /** Of an amount in the smallest unit of its currency, such as cents. */
  money: (minor: number, currency: string) => string;
  date: (at: When) => string;
  time: (at: When) => string;
  dateTime: (at: When) => string;
  /** To the second and with the name of the zone: for what has to be exact. */
  exact: (at: When) => string;
  /** 5 minutes ago. */
  ago: (at: When, now?: number) => string;
  milliseconds: (value: number) => string;
  /** 1 h 20 min. */
  duration: (seconds: number) => string;
  list: (parts: string[]) => string;
}

function scaled(value: number, unit: string, larger: string): [number, string] {
  return Math.abs(value) >= 1_000_000 ? [value / 1_000_000, larger] : [value / 1_000, unit];
}

/** Intl knows no watts, volts and amperes; their signs are the same in every language (SI brochure, 5.2). */
function withSign(number: string, sign: string): string {
  return `\u2066${number}\u00a0${sign}\u2069`; // kept together where texts run from right to left
}

function formatIn(language: string, zone: string): Format {
  const numbers = new Map<number, Intl.NumberFormat>();
  const number = (value: number, digits = 0): string => {
    let found = numbers.get(digits);
    if (!found) numbers.set(digits, (found = new Intl.NumberFormat(language, { maximumFractionDigits: digits })));
    return found.format(value);
  };
  const styled = (options: Intl.NumberFormatOptions, value: number): string =>
    new Intl.NumberFormat(language, options).format(value);
  const times = (options: Intl.DateTimeFormatOptions): ((at: When) => string) => {
    const found = new Intl.DateTimeFormat(language, { timeZone: zone, ...options });
    return (at) => found.format(typeof at === "string" ? new Date(at) : at);
  };
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  const energyOf = (wattHours: number): string => {
    const [value, sign] = scaled(wattHours, "kWh", "MWh");
    return withSign(number(value, Math.abs(value) < 100 ? 2 : 0), sign);
  };
  const powerOf = (watts: number): string => {
    const [value, sign] = scaled(watts, "kW", "MW");
    return withSign(number(value, Math.abs(value) < 100 ? 1 : 0), sign);
  };
  return {
    zone,
    number,
    percent: (share, digits = 1) => styled({ style: "percent", maximumFractionDigits: digits }, share),
    energy: energyOf,
    power: powerOf,
    current: (amperes) => withSign(number(amperes, 1), "A"),
    voltage: (volts) => withSign(number(volts, 0), "V"),
    temperature: (celsius) => styled({ style: "unit", unit: "celsius", maximumFractionDigits: 1 }, celsius),
    bytes: (value) => bytesIn(language, value),
    money: (minor, currency) => {
      const digits =
        new Intl.NumberFormat(language, { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
      return styled({ style: "currency", currency }, minor / 10 ** digits);
    },
    date: times({ dateStyle: "medium" }),
    time: times({ timeStyle: "short" }),
    dateTime: times({ dateStyle: "medium", timeStyle: "short" }),
    exact: times({ dateStyle: "medium", timeStyle: "long" }),
    ago: (at, now = Date.now()) => {
      const seconds = Math.round((new Date(at).getTime() - now) / 1000);
      const size = Math.abs(seconds);
      if (size < MINUTE) return relative.format(seconds, "second");
      if (size < HOUR) return relative.format(Math.trunc(seconds / MINUTE), "minute");
      if (size < DAY) return relative.format(Math.trunc(seconds / HOUR), "hour");
      return relative.format(Math.trunc(seconds / DAY), "day");
    },
    milliseconds: (value) => withSign(number(value, value < 10 ? 1 : 0), "ms"),
    duration: (seconds) => durationIn(language, seconds),
    list: (parts) => new Intl.ListFormat(language).format(parts),
  };
}

function bytesIn(language: string, value: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = value < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  const options = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: 1 } as const;
  return new Intl.NumberFormat(language, options).format(value / 1000 ** step);
}

function durationIn(language: string, seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const unit = (value: number, name: string): string =>
    new Intl.NumberFormat(language, { style: "unit", unit: name, unitDisplay: "short" }).format(value);
  if (whole < MINUTE) return unit(whole, "second");
  if (whole < HOUR) return unit(Math.floor(whole / MINUTE), "minute");
  if (whole < 2 * DAY) {
    const minutes = Math.floor((whole % HOUR) / MINUTE);
    const hours = unit(Math.floor(whole / HOUR), "hour");
    return minutes ? `${hours} ${unit(minutes, "minute")}` : hours;
  }
  return unit(Math.floor(whole / DAY), "day");
}

/** Of the reader; `site` is the zone of what is shown, where it has one. */
export function useFormat(site?: string | null): Format {
  const language = useAppearance((state) => state.language);
  const mode = useAppearance((state) => state.zone);
  return useMemo(() => {
    const viewer = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return formatIn(localeFor(language), mode === "utc" ? "UTC" : mode === "site" ? (site ?? viewer) : viewer);
  }, [language, mode, site]);
}
