// What imports in progress have written: their shards are named by no manifest until the end, hours later perhaps. Each
// import keeps a list of them, `imports/<random>.json`, put again with each shard, so that none is taken for garbage.

import { randomUUID } from 'node:crypto';
import { getJson, type ObjectStore, putJson } from '@alarena/store';
import type { DatasetShard } from './manifest.js';

export const importsPrefix = 'imports/';

export class ImportRecord {
  readonly #store: ObjectStore;
  readonly #key = `${importsPrefix}${randomUUID()}.json`;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async note(shards: readonly DatasetShard[], signal: AbortSignal | undefined): Promise<void> {
    await putJson(this.#store, this.#key, { digests: digestsOf(shards) }, { signal });
  }

  /** The manifest names them now, or nothing ever will. */
  async remove(): Promise<void> {
    await this.#store.delete(this.#key);
  }
}

/** Digests of what the import of such a record has stored so far; none where it has ended. */
export async function digestsOfImport(store: ObjectStore, key: string): Promise<readonly string[]> {
  return (await getJson(store, key, parse))?.value ?? [];
}

/** Of shards and their indexes, all that a data set has in the store beside its manifest. */
export function digestsOf(shards: readonly DatasetShard[]): string[] {
  return shards.flatMap(({ digest, index }) => (index === undefined ? [digest] : [digest, index.digest]));
}

function parse(value: unknown): readonly string[] {
  const { digests } = Object(value) as { readonly digests?: unknown };
  return Array.isArray(digests) ? digests.filter((digest) => typeof digest === 'string') : [];
}
