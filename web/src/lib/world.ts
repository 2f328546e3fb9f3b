// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** The countries as Natural Earth draws them (public domain), from a file of ours: nobody else is asked for anything. */
import { feature } from "topojson-client";

export type Ring = [longitude: number, latitude: number][];

export interface Country {
  type: "Feature";
  /** Its number in ISO 3166, where it has one. */
  id?: string | number;
  geometry: { type: "Polygon"; coordinates: Ring[] } | { type: "MultiPolygon"; coordinates: Ring[][] };
  properties: { name: string };
}

export interface Countries {
  type: "FeatureCollection";
  features: Country[];
}

type Topology = Parameters<typeof feature>[0];

/** `url`: a file of the package world-atlas. */
export async function readCountries(url: string): Promise<Countries> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the map of the world: ${answer.status}`);
  const topology = (await answer.json()) as Topology;
  const object = topology.objects.countries;
  if (!object) throw new Error("the map of the world has no countries");
  const countries = feature(topology, object) as unknown as Countries;
  return { ...countries, features: countries.features.map(whole) };
}

/**
 * Lands on both sides of the line where days begin are one piece in the file, and their outlines jump from one edge of
 * the world to the other. Here they go on beyond the edge instead; around a pole they go along it.
 */
export function unrolled(ring: Ring): Ring {
  let turn = 0;
  const found = ring.map(([longitude, latitude], index): [number, number] => {
    const step = longitude - (ring[index - 1]?.[0] ?? longitude);
    if (step > 180) turn -= 360;
    if (step < -180) turn += 360;
    return [longitude + turn, latitude];
  });
  const [first, last] = [found[0], found.at(-1)];
  if (!turn || !first || !last) return found;
  const pole = last[1] < 0 ? -90 : 90;
  return [...found, [last[0], pole], [first[0], pole], first];
}

function whole(country: Country): Country {
  const { geometry } = country;
  return geometry.type === "Polygon"
    ? { ...country, geometry: { ...geometry, coordinates: geometry.coordinates.map(unrolled) } }
    : { ...country, geometry: { ...geometry, coordinates: geometry.coordinates.map((each) => each.map(unrolled)) } };
}

/** The outlines of all its pieces, and of the holes in them. */
export function ringsOf({ geometry }: Country): Ring[] {
  return geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
}
