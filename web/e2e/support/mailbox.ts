// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
/** A mail server that takes everything, and keeps each mail as a file; tests read the links in them. */
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";

const WAIT_MS = 60_000;

export interface Mailbox {
  port: number;
  stop: () => Promise<void>;
}

let count = 0;

function serve(socket: Socket, folder: string): void {
  let waiting = "";
  let isData = false;
  const answer = (line: string): void => void socket.write(`${line}\r\n`);
  const command = (line: string): void => {
    const word = line.slice(0, 4).toUpperCase();
    if (word === "EHLO" || word === "HELO") answer("250 mailbox");
    else if (word === "DATA") {
      isData = true;
      answer("354 go on");
    } else if (word === "QUIT") {
      answer("221 bye");
      socket.end();
    } else answer("250 fine");
  };
  answer("220 mailbox");
  socket.on("error", () => socket.destroy());
  socket.on("data", (bytes) => {
    waiting += bytes.toString("utf8");
    for (;;) {
      const end = isData ? "\r\n.\r\n" : "\r\n";
      const at = waiting.indexOf(end);
      if (at < 0) return;
      const part = waiting.slice(0, at);
      waiting = waiting.slice(at + end.length);
      if (!isData) command(part);
      else {
        isData = false;
        count += 1;
        const name = `${String(count).padStart(6, "0")}.eml`;
        void writeFile(join(folder, name), part).then(() => answer("250 kept"));
      }
    }
  });
}

export async function startMailbox(folder: string): Promise<Mailbox> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    serve(socket, folder);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Quoted-printable and folded lines are undone as far as a link needs it. */
function plain(mail: string): string {
  return mail
    .replace(/=\r\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

/** The link in the newest mail to somebody whose path begins like this; it is waited for. */
export async function linkTo(folder: string, recipient: string, path: string): Promise<string> {
  const end = Date.now() + WAIT_MS;
  while (Date.now() < end) {
    for (const name of (await readdir(folder)).toSorted().toReversed()) {
      const mail = plain(await readFile(join(folder, name), "utf8"));
      const link = new RegExp(String.raw`https?://[^\s"<>]+${path}[^\s"<>]*`).exec(mail)?.[0];
      if (link && mail.toLowerCase().includes(`to: ${recipient.toLowerCase()}`)) return link;
    }
    await new Promise((done) => setTimeout(done, 200));
  }
  throw new Error(`no mail with ${path} came for ${recipient}`);
}
