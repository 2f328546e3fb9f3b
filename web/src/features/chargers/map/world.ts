// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The world below the chargers, and the names of its countries. */
import worldUrl from "world-atlas/countries-50m.json?url";

import { readCountries, type Countries, type Country, type Ring } from "@/lib/world";

export interface World {
  countries: Countries;
  /** Where the names of the countries stand. */
  names: {
    type: "FeatureCollection";
    features: {
      type: "Feature";
      geometry: { type: "Point"; coordinates: [number, number] };
      /** `size`: the larger, the sooner it is shown. */
      properties: { code: string; name: string; size: number };
    }[];
  };
}

let world: Promise<World> | null = null;

export async function loadWorld(): Promise<World> {
  world ??= read();
  try {
    return await world;
  } catch (error) {
    world = null; // the next one tries again
    throw error;
  }
}

async function read(): Promise<World> {
  const countries = await readCountries(worldUrl);
  const features = countries.features.map((country) => {
    const ring = largest(country);
    return {
      type: "Feature" as const,
      geometry: { type: "Point" as const, coordinates: middle(ring) },
      properties: { code: String(country.id ?? ""), name: country.properties.name, size: Math.abs(area(ring)) },
    };
  });
  return { countries, names: { type: "FeatureCollection", features } };
}

/** Twice the area, in square degrees; negative where it runs clockwise. */
function area(ring: Ring): number {
  let sum = 0;
  for (let index = 0; index < ring.length - 1; index++) {
    const [x1, y1] = ring[index] ?? [0, 0];
    const [x2, y2] = ring[index + 1] ?? [0, 0];
    sum += x1 * y2 - x2 * y1;
  }
  return sum;
}

/** A country's name stands on its largest piece of land, not on every island. */
function largest({ geometry }: Country): Ring {
  const rings = geometry.type === "Polygon" ? [geometry.coordinates[0]] : geometry.coordinates.map(([outer]) => outer);
  return rings.reduce<Ring>((most, ring) => (ring && Math.abs(area(ring)) > Math.abs(area(most)) ? ring : most), []);
}

/** The centre of the area. */
function middle(ring: Ring): [number, number] {
  const whole = area(ring);
  if (!whole) return ring[0] ?? [0, 0];
  let [x, y] = [0, 0];
  for (let index = 0; index < ring.length - 1; index++) {
    const [x1, y1] = ring[index] ?? [0, 0];
    const [x2, y2] = ring[index + 1] ?? [0, 0];
    const cross = x1 * y2 - x2 * y1;
    x += (x1 + x2) * cross;
    y += (y1 + y2) * cross;
  }
  return [x / (3 * whole), y / (3 * whole)];
}

/** As its people would not say it, but the reader would; countries are known by their numbers in ISO 3166. */
export function countryNames(language: string): (code: string, english: string) => string {
  const names = new Intl.DisplayNames(language, { type: "region" });
  return (code, english) => {
    if (!/^\d{3}$/.test(code)) return english; // some lands have no number
    try {
      const { region } = new Intl.Locale(`und-${code}`);
      return (region && !/^\d/.test(region) && names.of(region)) || english;
    } catch {
      return english; // a number that is no country's
    }
  };
}
