// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Maps in one file, of which pieces are asked for: PMTiles, version 3. Loaded where a map is one. */
import { PMTiles, Protocol, TileType, type Header } from "pmtiles";

import { ArchiveError } from "@/features/chargers/map/model";

const protocol = new Protocol();
const opened = new Map<string, PMTiles>();

/** What the map asks for at addresses that begin with `pmtiles:`. */
export const readTile = protocol.tile;

export interface Archive {
  isPicture: boolean;
  /** Layers of tiles that are no pictures. */
  layers: string[];
  minzoom: number;
  maxzoom: number;
  bounds: [west: number, south: number, east: number, north: number];
  attribution: string;
  tiles: [string];
}

interface Metadata {
  attribution?: unknown;
  vector_layers?: unknown;
}

function layersOf({ vector_layers: layers }: Metadata): string[] {
  if (!Array.isArray(layers)) return [];
  return layers.flatMap((layer: { id?: unknown }) => (typeof layer.id === "string" ? [layer.id] : []));
}

async function read(archive: PMTiles, address: string): Promise<[Header, Metadata]> {
  try {
    return [await archive.getHeader(), (await archive.getMetadata()) ?? {}];
  } catch (cause) {
    throw new ArchiveError(`${address} cannot be read`, { cause });
  }
}

/** Throws where it cannot be had, is none, or has tiles that cannot be drawn. */
export async function openArchive(address: string): Promise<Archive> {
  const found = opened.get(address) ?? new PMTiles(address);
  const [header, metadata] = await read(found, address);
  const isPicture = [TileType.Png, TileType.Jpeg, TileType.Webp, TileType.Avif].includes(header.tileType);
  if (!isPicture && header.tileType !== TileType.Mvt) throw new ArchiveError(`${address} has tiles of another kind`);
  protocol.add(found);
  opened.set(address, found);
  return {
    isPicture,
    layers: layersOf(metadata),
    minzoom: header.minZoom,
    maxzoom: header.maxZoom,
    bounds: [header.minLon, header.minLat, header.maxLon, header.maxLat],
    attribution: typeof metadata.attribution === "string" ? metadata.attribution : "",
    tiles: [`pmtiles://${address}/{z}/{x}/{y}`],
  };
}
