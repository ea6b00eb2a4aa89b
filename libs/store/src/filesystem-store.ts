// The object store on a local file system, safe for several processes on it at once.
//
//   <root>/objects/<key>  one file an object, content and digest together (object-file.ts)
//   <root>/staging/       files being written; moved into place whole, left-overs of killed processes are removed
//   <root>/locks/         held for a moment while an object is replaced or deleted (file-lock.ts)

import { renameSync, unlinkSync } from 'node:fs';
import { link, lstat, mkdir, open, readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { AppError, sha256Hex } from '@alarena/core';
import { throwIfAborted } from './abort.js';
import { codeOf, fileError } from './file-errors.js';
import { withFileLock } from './file-lock.js';
import { alreadyExists, beyondEnd, changed, checkConditions, checkRange, damaged } from './object-errors.js';
import { damagedEtag, OpenObjectFile, objectFileInfo, writeObjectFile } from './object-file.js';
import { checkKey, checkPrefix } from './object-keys.js';
import type {
  GetOptions,
  ObjectInfo,
  ObjectStore,
  ObjectVersion,
  PutOptions,
  StoredObject,
} from './object-store.js';
import { walkKeys } from './object-walk.js';
import { newOwnedName, ownerState } from './owner.js';

/** Left-overs of processes that cannot be asked whether they live go after a day. */
const elsewhereLimitMs = 24 * 3600 * 1000;
/** A folder made for an object may be pruned by a concurrent delete before the object is in it. */
const placeAttempts = 20;

/** The folder is made by the first put; a read-only one can be read. */
export class FilesystemStore implements ObjectStore {
  readonly root: string;
  readonly #objects: string;
  readonly #staging: string;
  readonly #locks: string;
  #prepared: Promise<void> | undefined;

  constructor(root: string) {
    this.root = root;
    this.#objects = join(root, 'objects');
    this.#staging = join(root, 'staging');
    this.#locks = join(root, 'locks');
  }

  async put(
    key: string,
    body: Uint8Array | AsyncIterable<Uint8Array>,
    options: PutOptions = {},
  ): Promise<ObjectVersion> {
    checkKey(key);
    const { ifMatch, ifNoneMatch, signal } = options;
    checkConditions(options);
    throwIfAborted(signal);
    // Not needed for the promise, but saves the work of writing what cannot be put.
    if (ifNoneMatch !== undefined && (await this.#exists(key))) throw alreadyExists(key);
    await this.#prepare();
    const staged = join(this.#staging, newOwnedName());
    try {
      const written = await writeObjectFile(staged, this.root, body, signal);
      if (ifNoneMatch === undefined) await this.#replace(key, staged, ifMatch);
      else await this.#create(key, staged);
      return { key, ...written };
    } finally {
      await rm(staged, { force: true });
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<StoredObject> {
    checkKey(key);
    const { range, signal } = options;
    checkRange(range);
    throwIfAborted(signal);
    const path = this.#pathOf(key);
    const file = await OpenObjectFile.open(path);
    if (file === undefined) {
      throw new AppError('not-found', `there is no object ${key} in ${this.root}`, { facts: { key } });
    }
    const { etag, sizeBytes } = file.info;
    if (etag === damagedEtag || (range !== undefined && range.offset >= sizeBytes)) {
      await file.close();
      throw etag === damagedEtag ? damaged(key, path) : beyondEnd(key, sizeBytes);
    }
    return { info: { key, ...file.info }, body: await file.body(range, () => damaged(key, path), signal) };
  }

  async head(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    const path = this.#pathOf(key);
    const info = infoAt(path);
    if (info?.etag === damagedEtag) throw damaged(key, path);
    return info === undefined ? undefined : { key, ...info };
  }

  /** Damaged objects are listed too, with the etag `damaged`, so that they can be found and deleted. */
  async *list(prefix: string): AsyncGenerator<ObjectInfo, void, undefined> {
    checkPrefix(prefix);
    for await (const key of walkKeys(this.#objects, prefix)) {
      const info = infoAt(this.#pathOf(key));
      if (info !== undefined) yield { key, ...info };
    }
  }

  async delete(key: string, options: { readonly ifMatch?: string } = {}): Promise<void> {
    checkKey(key);
    const path = this.#pathOf(key);
    if (!(await this.#exists(key))) return;
    await this.#prepare();
    try {
      await withFileLock(this.#lockOf(key), () => {
        const current = objectFileInfo(path);
        if (current === undefined) return;
        if (options.ifMatch !== undefined && current.etag !== options.ifMatch)
          throw changed(key, options.ifMatch);
        unlinkSync(path);
      });
      await this.#prune(dirname(path));
    } catch (error) {
      throw fileError(error, this.root);
    }
  }

  #pathOf(key: string): string {
    return join(this.#objects, key);
  }

  #lockOf(key: string): string {
    return join(this.#locks, sha256Hex(key).slice(0, 32));
  }

  /** Puts a staged file under a new key: `link` fails when the name exists, in whichever process it was made. */
  async #create(key: string, staged: string): Promise<void> {
    await this.#place(key, async (path) => {
      try {
        await link(staged, path);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        throw (await this.#exists(key)) ? alreadyExists(key) : error;
      }
    });
  }

  async #replace(key: string, staged: string, ifMatch: string | undefined): Promise<void> {
    await this.#place(key, (path) =>
      // Unconditional puts take the lock too: one between another's comparison and rename would be lost.
      withFileLock(this.#lockOf(key), () => {
        if (ifMatch !== undefined && objectFileInfo(path)?.etag !== ifMatch) throw changed(key, ifMatch);
        renameSync(staged, path);
      }),
    );
  }

  /** Runs `move` with the folder of the key made, and makes the result survive a power cut. */
  async #place(key: string, move: (path: string) => Promise<void>): Promise<void> {
    const path = this.#pathOf(key);
    const folder = dirname(path);
    try {
      for (let attempt = 1; ; attempt++) {
        let firstMade: string | undefined;
        try {
          firstMade = await mkdir(folder, { recursive: true });
          await move(path);
        } catch (error) {
          if (codeOf(error) === 'ENOENT' && attempt < placeAttempts) continue;
          throw error;
        }
        await syncFolders(folder, firstMade === undefined ? folder : dirname(firstMade));
        return;
      }
    } catch (error) {
      // Space and permission are matters of the whole folder, a conflict one of the single path.
      const conflict = ['ENOTDIR', 'EISDIR', 'EEXIST'].includes(codeOf(error) ?? '');
      throw fileError(error, conflict ? path : this.root);
    }
  }

  async #exists(key: string): Promise<boolean> {
    try {
      return (await lstat(this.#pathOf(key))).isFile();
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return false;
      throw fileError(error, this.root);
    }
  }

  async #prepare(): Promise<void> {
    this.#prepared ??= this.#makeFolders();
    try {
      await this.#prepared;
    } catch (error) {
      this.#prepared = undefined;
      throw fileError(error, this.root);
    }
  }

  async #makeFolders(): Promise<void> {
    for (const folder of [this.#objects, this.#staging, this.#locks])
      await mkdir(folder, { recursive: true });
    for (const name of await readdir(this.#staging)) {
      const path = join(this.#staging, name);
      if (await isLeftOver(path, name)) await rm(path, { force: true });
    }
  }

  /** Removes folders that became empty, so that a folder never stands where a key may come. */
  async #prune(folder: string): Promise<void> {
    try {
      for (let at = folder; relative(this.#objects, at) !== ''; at = dirname(at)) await rmdir(at);
    } catch (error) {
      const code = codeOf(error);
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error;
    }
  }
}

function infoAt(path: string): ReturnType<typeof objectFileInfo> {
  try {
    return objectFileInfo(path);
  } catch (error) {
    throw fileError(error, path);
  }
}

async function isLeftOver(path: string, name: string): Promise<boolean> {
  const state = ownerState(name);
  if (state !== 'elsewhere') return state === 'dead';
  try {
    return Date.now() - (await lstat(path)).mtimeMs > elsewhereLimitMs;
  } catch {
    return false;
  }
}

/** Flushes `folder` and the folders above it up to `last`, so that new names in them survive a power cut. */
async function syncFolders(folder: string, last: string): Promise<void> {
  for (let at = folder; ; at = dirname(at)) {
    try {
      const handle = await open(at, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      // Pruned by a concurrent delete.
      if (codeOf(error) !== 'ENOENT') throw error;
    }
    if (at === last || at === dirname(at)) return;
  }
}
