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
  return feature(topology, object) as unknown as Countries;
}

/** The outlines of all its pieces, and of the holes in them. */
export function ringsOf({ geometry }: Country): Ring[] {
  return geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
}
