// A bucket in the object store, for the embedded stack: the entry `a.b` of the bucket `c` is the object `c/a/b.json`,
// the value followed by a line with its revision. Several processes may use it at once: changes are conditional
// puts, and a watch hears of its own process's changes at once and of others' by looking every now and then.

import {
  type BucketOptions,
  checkKey,
  checkPrefix,
  checkValue,
  type KeyValue,
  type KeyValueChange,
  type KeyValueEntry,
  keyExists,
  revisionConflict,
  WatchBuffer,
} from '@alarena/bus';
import { AppError } from '@alarena/core';
import { type ObjectStore, readBytes } from '@alarena/store';

export interface StoreKeyValueOptions extends BucketOptions {
  readonly store: ObjectStore;
  /** Time between looks at what other processes have changed. Default: 1,000. */
  readonly pollMs?: number;
}

/** Of objects without a revision line: those that were there before buckets were. */
const firstRevision = 1;
const revisionLine = /^\n#(\d{16})$/;
const revisionLineBytes = 18;

interface Found extends KeyValueEntry {
  readonly etag: string;
}

interface Watcher {
  readonly prefix: string;
  readonly buffer: WatchBuffer;
  /** Revisions told. */
  readonly told: Map<string, number>;
  ready: boolean;
}

export class StoreKeyValue implements KeyValue {
  readonly #store: ObjectStore;
  readonly #folder: string;
  readonly #ttlMs: number;
  readonly #pollMs: number;
  readonly #watchers = new Set<Watcher>();
  /** What was last seen of each object, so that a look reads only what has changed. */
  readonly #seen = new Map<string, string>();
  /** The last of this process's operations on each key, so that they are told in the order in which they were done. */
  readonly #busy = new Map<string, Promise<unknown>>();
  #lastRevision = firstRevision;
  #polling: NodeJS.Timeout | undefined;

  constructor({ store, name, ttlMs, pollMs }: StoreKeyValueOptions) {
    this.#store = store;
    this.#folder = `${name}/`;
    this.#ttlMs = ttlMs ?? Number.POSITIVE_INFINITY;
    this.#pollMs = pollMs ?? 1_000;
  }

  async get(key: string): Promise<KeyValueEntry | undefined> {
    checkKey(key);
    const found = await this.#find(key);
    return found && { key, value: found.value, revision: found.revision };
  }

  put(key: string, value: Uint8Array): Promise<number> {
    return this.#change(key, value, () => {});
  }

  create(key: string, value: Uint8Array): Promise<number> {
    return this.#change(key, value, (found) => {
      if (found !== undefined) throw keyExists(key);
    });
  }

  update(key: string, value: Uint8Array, revision: number): Promise<number> {
    return this.#change(key, value, (found) => {
      if (found?.revision !== revision) throw revisionConflict(key, revision);
    });
  }

  async delete(key: string, revision?: number): Promise<void> {
    checkKey(key);
    await this.#alone(key, async () => {
      while (true) {
        const found = await this.#find(key);
        if (found === undefined) return;
        if (revision !== undefined && found.revision !== revision) throw revisionConflict(key, revision);
        if (await notOvertaken(this.#store.delete(this.#objectOf(key), { ifMatch: found.etag }))) break;
      }
      this.#tell(key, undefined);
    });
  }

  async keys(prefix: string): Promise<string[]> {
    checkPrefix(prefix);
    const keys: string[] = [];
    for (const key of (await this.#list(prefix)).keys()) {
      // Without a limit of age there is no need to look into them.
      if (this.#ttlMs === Number.POSITIVE_INFINITY || (await this.#find(key)) !== undefined) keys.push(key);
    }
    return keys.sort();
  }

  watch(
    prefix: string,
    { signal, onReady }: { readonly signal: AbortSignal; readonly onReady?: () => void },
  ): AsyncIterable<KeyValueChange> {
    checkPrefix(prefix);
    const end = (): void => watcher.buffer.end();
    const buffer = new WatchBuffer(onReady, () => {
      this.#watchers.delete(watcher);
      signal.removeEventListener('abort', end);
      if (this.#watchers.size > 0) return;
      clearInterval(this.#polling);
      this.#polling = undefined;
    });
    const watcher: Watcher = { prefix, buffer, told: new Map(), ready: false };
    this.#watchers.add(watcher);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
    this.#polling ??= setInterval(() => void this.#look(), this.#pollMs).unref();
    void this.#begin(watcher);
    return buffer;
  }

  /** Ends the watches. */
  close(): void {
    for (const { buffer } of [...this.#watchers]) buffer.end();
  }

  async #change(key: string, value: Uint8Array, check: (found: Found | undefined) => void): Promise<number> {
    checkKey(key);
    checkValue(value);
    const copy = value.slice();
    return this.#alone(key, async () => {
      while (true) {
        const there = await this.#read(key);
        check(this.#isOver(there) ? undefined : there);
        const revision = this.#nextRevision(there?.revision ?? 0);
        const body = Buffer.concat([copy, Buffer.from(`\n#${String(revision).padStart(16, '0')}`)]);
        const condition = there === undefined ? { ifNoneMatch: '*' as const } : { ifMatch: there.etag };
        if (!(await notOvertaken(this.#store.put(this.#objectOf(key), body, condition)))) continue;
        this.#tell(key, { key, value: copy.slice(), revision });
        return revision;
      }
    });
  }

  /** Microseconds since 1970, so that revisions rise over all keys and processes, and always over what they replace. */
  #nextRevision(replaced: number): number {
    this.#lastRevision = Math.max(Date.now() * 1_000, this.#lastRevision + 1, replaced + 1);
    return this.#lastRevision;
  }

  async #find(key: string): Promise<Found | undefined> {
    const found = await this.#read(key);
    return this.#isOver(found) ? undefined : found;
  }

  #isOver(found: Found | undefined): boolean {
    return found !== undefined && Date.now() - found.revision / 1_000 > this.#ttlMs;
  }

  async #read(key: string): Promise<Found | undefined> {
    try {
      const { info, body } = await this.#store.get(this.#objectOf(key));
      const bytes = await readBytes(body, info.sizeBytes);
      const end = Math.max(0, bytes.length - revisionLineBytes);
      const [, digits] = revisionLine.exec(Buffer.from(bytes.subarray(end)).toString('latin1')) ?? [];
      return digits === undefined
        ? { key, value: bytes, revision: firstRevision, etag: info.etag }
        : { key, value: bytes.subarray(0, end), revision: Number(digits), etag: info.etag };
    } catch (error) {
      if (error instanceof AppError && error.code === 'not-found') return undefined;
      throw error;
    }
  }

  /** Etags by key. */
  async #list(prefix: string): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for await (const { key: name, etag } of this.#store.list(this.#folder + prefix.replaceAll('.', '/'))) {
      if (name.endsWith('.json')) found.set(this.#keyOf(name), etag);
    }
    return found;
  }

  /** What is there when a watch begins; where the store is away, the next look tries again. */
  async #begin(watcher: Watcher): Promise<void> {
    try {
      const there = await this.#list(watcher.prefix);
      await Promise.all([...there.keys()].map((key) => this.#retell(key)));
      watcher.ready = true;
      watcher.buffer.markReady();
    } catch {
      watcher.ready = false;
    }
  }

  async #look(): Promise<void> {
    try {
      const there = await this.#list('');
      const known = new Set([...there.keys(), ...this.#seen.keys()]);
      const limited = this.#ttlMs !== Number.POSITIVE_INFINITY;
      const changed = [...known].filter((key) => limited || this.#seen.get(key) !== there.get(key));
      await Promise.all(changed.map((key) => this.#retell(key)));
      for (const watcher of this.#watchers) if (!watcher.ready) await this.#begin(watcher);
    } catch {
      // The store is away; the next look sees what was missed.
    }
  }

  /** Reads an entry and tells what is new about it. One that is damaged is not told, and does not hide the others. */
  async #retell(key: string): Promise<void> {
    await this.#alone(key, async () => {
      const found = await this.#find(key).catch((error: unknown) => {
        if (error instanceof AppError && error.code === 'data-loss') return 'damaged' as const;
        throw error;
      });
      if (found === 'damaged') return;
      if (found === undefined) this.#seen.delete(key);
      else this.#seen.set(key, found.etag);
      this.#tell(key, found && { key, value: found.value, revision: found.revision });
    });
  }

  #tell(key: string, entry: KeyValueEntry | undefined): void {
    for (const { prefix, buffer, told } of this.#watchers) {
      if (!key.startsWith(prefix)) continue;
      const before = told.get(key);
      if (entry === undefined ? before === undefined : before !== undefined && before >= entry.revision)
        continue;
      if (entry === undefined) told.delete(key);
      else told.set(key, entry.revision);
      buffer.push({ key, entry });
    }
  }

  async #alone<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#busy.get(key);
    const mine = (async () => {
      await before?.catch(() => {});
      return task();
    })();
    this.#busy.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#busy.get(key) === mine) this.#busy.delete(key);
    }
  }

  #objectOf(key: string): string {
    return `${this.#folder}${key.replaceAll('.', '/')}.json`;
  }

  #keyOf(object: string): string {
    return object.slice(this.#folder.length, -'.json'.length).replaceAll('/', '.');
  }
}

/** False when another process has changed the object since it was looked at. */
async function notOvertaken(change: Promise<unknown>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof AppError && (error.code === 'aborted' || error.code === 'already-exists'))
      return false;
    throw error;
  }
}
