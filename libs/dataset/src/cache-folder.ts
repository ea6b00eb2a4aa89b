// A folder of local copies bounded by the bytes on disk, least recently used first out. Several processes may share
// it: copies appear whole under their name, and whoever reads one holds a link of its own meanwhile.

import { randomUUID } from 'node:crypto';
import { copyFile, link, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';

/** A file of one process this old was left by one that died. */
const STALE_MS = 3_600_000;
const BLOCK_BYTES = 512;
/** Of the room that is left, what one process may fill before it looks again what the others have filled. */
const SHARE = 1 / 8;

/** What this process knows of a folder under one limit. */
interface Room {
  /** May be added without looking. */
  spareBytes: number;
  /** Being written, so perhaps not on disk yet. */
  promisedBytes: number;
  turn: Promise<unknown>;
}

const rooms = new Map<string, Room>();

export class CacheFolder {
  readonly path: string;
  readonly limitBytes: number;
  readonly #isCopy: (name: string) => boolean;
  readonly #room: Room;

  /** `isCopy` tells the copies' names from those of files that belong to one process. */
  constructor(path: string, limitBytes: number, isCopy: (name: string) => boolean) {
    this.path = path;
    this.limitBytes = limitBytes;
    this.#isCopy = isCopy;
    const key = `${limitBytes} ${path}`;
    this.#room = rooms.get(key) ?? { spareBytes: 0, promisedBytes: 0, turn: Promise.resolve() };
    rooms.set(key, this.#room);
  }

  at(name: string): string {
    return join(this.path, name);
  }

  /** For a file of this process alone. */
  newName(name: string, suffix: 'use' | 'part'): string {
    return this.at(`${name}.${randomUUID()}.${suffix}`);
  }

  /** Runs `write` with room made for what it adds. The copy `kept` stays, even when it alone is larger. */
  async withRoom<T>(bytes: number, kept: string, write: () => Promise<T>): Promise<T> {
    const room = this.#room;
    const reserved = room.turn.then(async () => {
      if (bytes > room.spareBytes) {
        const left = this.limitBytes - (await this.#makeRoom(bytes + room.promisedBytes, kept));
        room.spareBytes = bytes + Math.max(0, left * SHARE);
      }
      room.spareBytes -= bytes;
      room.promisedBytes += bytes;
    });
    room.turn = reserved.catch(() => undefined);
    await reserved;
    try {
      return await write();
    } finally {
      room.promisedBytes -= bytes;
    }
  }

  /** Says that a copy was used just now. */
  async touch(path: string): Promise<void> {
    const now = new Date();
    // Another process may have dropped it.
    await utimes(path, now, now).catch(() => undefined);
  }

  /** Removes copies until `bytes` more fit. Gives what is held then, these bytes included. */
  async #makeRoom(bytes: number, kept: string): Promise<number> {
    const copies: { readonly path: string; readonly bytes: number; readonly usedMs: number }[] = [];
    const seen = new Set<number>();
    let total = bytes;
    for (const name of await readdir(this.path)) {
      const path = this.at(name);
      const info = await stat(path).catch(() => undefined);
      if (info === undefined) continue;
      const held = info.blocks * BLOCK_BYTES;
      // Links of one file hold its bytes once.
      if (!seen.has(info.ino)) total += held;
      seen.add(info.ino);
      if (!this.#isCopy(name)) {
        if (Date.now() - info.mtimeMs > STALE_MS) await rm(path, { force: true });
      } else if (path !== kept) {
        copies.push({ path, bytes: held, usedMs: info.mtimeMs });
      }
    }
    copies.sort((a, b) => a.usedMs - b.usedMs || (a.path < b.path ? -1 : 1));
    for (const copy of copies) {
      if (total <= this.limitBytes) break;
      await rm(copy.path, { force: true });
      total -= copy.bytes;
    }
    return total;
  }
}

/** False when there is no such file (any more). */
export async function linkOrCopy(from: string, to: string): Promise<boolean> {
  try {
    // Not every file system has links.
    await link(from, to).catch((error: unknown) =>
      isMissing(error) ? Promise.reject(error) : copyFile(from, to),
    );
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
