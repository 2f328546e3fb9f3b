// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** Small maps in one file: PMTiles, version 3, with one tile for the whole world. Its shapes are as a test wants them. */
import { deflateSync, crc32 } from "node:zlib";

const HEADER_BYTES = 127;
const EXTENT = 4096;

type Place = readonly [longitude: number, latitude: number];

export interface Shape {
  kind: "Point" | "LineString" | "Polygon";
  places: readonly Place[];
  words: Readonly<Record<string, string>>;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

/** A field of Protocol Buffers whose length is said before it. */
function block(field: number, ...content: Buffer[]): Buffer {
  const whole = Buffer.concat(content);
  return Buffer.concat([varint(field * 8 + 2), varint(whole.length), whole]);
}

function numberOf(field: number, value: number): Buffer {
  return Buffer.concat([varint(field * 8), varint(value)]);
}

/** On the tile, in Web Mercator. */
function pointOf([longitude, latitude]: Place): [number, number] {
  const sine = Math.sin((latitude * Math.PI) / 180);
  const y = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  return [Math.round((longitude / 360 + 0.5) * EXTENT), Math.round(y * EXTENT)];
}

const command = (id: number, count: number) => varint(id + count * 8);
const signed = (value: number) => varint(value < 0 ? -value * 2 - 1 : value * 2);

/** Mapbox Vector Tile 2.1, 4.3: from each point to the next. */
function geometryOf({ kind, places }: Shape): Buffer {
  let [x, y] = [0, 0];
  const step = (place: Place): Buffer => {
    const [nextX, nextY] = pointOf(place);
    const moved = Buffer.concat([signed(nextX - x), signed(nextY - y)]);
    [x, y] = [nextX, nextY];
    return moved;
  };
  const [first = [0, 0], ...others] = places;
  const parts = [command(1, 1), step(first)];
  if (others.length) parts.push(command(2, others.length), ...others.map(step));
  if (kind === "Polygon") parts.push(command(7, 1));
  return Buffer.concat(parts);
}

const KINDS = { Point: 1, LineString: 2, Polygon: 3 } as const;

function layerOf(name: string, shapes: readonly Shape[]): Buffer {
  const keys: string[] = [];
  const values: string[] = [];
  const at = (known: string[], word: string): Buffer => {
    if (!known.includes(word)) known.push(word);
    return varint(known.indexOf(word));
  };
  const features = shapes.map((shape) => {
    const tags = Object.entries(shape.words).flatMap(([key, value]) => [at(keys, key), at(values, value)]);
    return block(2, block(2, ...tags), numberOf(3, KINDS[shape.kind]), block(4, geometryOf(shape)));
  });
  return block(
    3,
    numberOf(15, 2),
    block(1, Buffer.from(name)),
    ...features,
    ...keys.map((key) => block(3, Buffer.from(key))),
    ...values.map((value) => block(4, block(1, Buffer.from(value)))),
    numberOf(5, EXTENT),
  );
}

function archive(tile: Buffer, type: 1 | 2, metadata: object): Buffer {
  const root = Buffer.concat([1, 0, 1, tile.length, 1].map(varint)); // one entry: its number, how often, length, place
  const told = Buffer.from(JSON.stringify(metadata));
  const header = Buffer.alloc(HEADER_BYTES);
  header.write("PMTiles");
  header.writeUInt8(3, 7);
  const [atRoot, atTold] = [HEADER_BYTES, HEADER_BYTES + root.length];
  const atTile = atTold + told.length;
  [atRoot, root.length, atTold, told.length, atTile, 0, atTile, tile.length, 1, 1, 1].forEach((value, index) =>
    header.writeBigUInt64LE(BigInt(value), 8 + index * 8),
  );
  header.set([1, 1, 1, type, 0, 0], 96); // clustered, nothing compressed, kind of tiles, from zoom 0 to zoom 0
  [-180, -85, 180, 85].forEach((degrees, index) => header.writeInt32LE(degrees * 1e7, 102 + index * 4));
  return Buffer.concat([header, root, told, tile]);
}

export function vectorArchive(layers: Readonly<Record<string, readonly Shape[]>>): Buffer {
  const tile = Buffer.concat(Object.entries(layers).map(([name, shapes]) => layerOf(name, shapes)));
  const known = Object.keys(layers).map((id) => ({ id, fields: {} }));
  return archive(tile, 1, { vector_layers: known, attribution: "© Test" });
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A world of one colour. */
export function pictureArchive(red: number, green: number, blue: number): Buffer {
  const size = 256;
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2], 8); // eight bits of red, green and blue each
  const line = Buffer.concat([Buffer.from([0]), Buffer.alloc(size * 3, Buffer.from([red, green, blue]))]);
  const data = deflateSync(Buffer.concat(Array.from({ length: size }, () => line)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const picture = Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
  return archive(picture, 2, {});
}
