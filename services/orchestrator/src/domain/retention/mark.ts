// Which objects are needed, and why: those named by a manifest that the policy keeps, by a data set, by an import in
// progress or by a comparison that has not ended.

import { AppError } from '@alarena/core';
import { digestsOf, digestsOfImport, importsPrefix, listDatasets, readManifest } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import { findResult, type Manifest, type TaskKind } from '@alarena/tasks';
import { digestsIn } from './needs.js';

export type KeptFor = 'datasets' | 'imports' | 'ids' | 'signals' | 'weights';
export type Dropped = 'signals' | 'weights';

export interface Marks {
  /** By digest. */
  readonly needed: ReadonlyMap<string, KeptFor>;
  /** Why what only dropped arrays name may go. */
  readonly dropped: ReadonlyMap<string, Dropped>;
}

export interface MarkOptions {
  /** Whether a fit's weights are kept, of fits of ended comparisons. All of other fits is kept. */
  readonly kept: ReadonlyMap<string, boolean>;
  /** Digests of data sets that comparisons name. */
  readonly datasets: Iterable<string>;
  /** Whether an import with a record of this age goes on. */
  readonly isRunning: (record: { readonly modifiedAt: Date }) => boolean;
  readonly signal: AbortSignal;
}

/** Reads every manifest; holds the digests of what they name, about 100 bytes each. */
export async function mark(store: ObjectStore, options: MarkOptions): Promise<Marks> {
  const { kept, datasets, isRunning, signal } = options;
  const needed = new Map<string, KeptFor>();
  const dropped = new Map<string, Dropped>();
  const keep = (digests: Iterable<string>, why: KeptFor): void => {
    for (const digest of digests) if (!needed.has(digest)) needed.set(digest, why);
  };
  const judge = (result: object, kind: Dropped, isKept: boolean): void => {
    if (isKept) keep(digestsIn(result), kind);
    else for (const digest of digestsIn(result)) dropped.set(digest, kind);
  };
  // Before the data sets: one whose import ends meanwhile is found in one of the two.
  for await (const record of store.list(importsPrefix)) {
    if (isRunning(record)) keep(await digestsOfImport(store, record.key), 'imports');
  }
  keep(await digestsOfDatasets(store, datasets), 'datasets');
  for await (const { result, inputs, key } of manifests(store, 'fit', signal)) {
    keep(digestsIn(inputs), 'ids');
    judge(result, 'weights', kept.get(key) ?? true);
  }
  for await (const { result, inputs } of manifests(store, 'infer', signal)) {
    keep(digestsIn(inputs), 'ids');
    judge(result, 'signals', !kept.has(inputs.fit));
  }
  for await (const { result, inputs } of manifests(store, 'embed', signal)) {
    keep(digestsIn(inputs), 'ids');
    judge(result, 'signals', !kept.has(inputs.fit));
  }
  for await (const { inputs } of manifests(store, 'select', signal)) keep(digestsIn(inputs), 'ids');
  return { needed, dropped };
}

/** Those that a name points to, and those that a comparison could go on with. */
async function digestsOfDatasets(store: ObjectStore, named: Iterable<string>): Promise<string[]> {
  const present = await listDatasets(store);
  const digests = new Set([...named]);
  for (const { digest } of present) digests.delete(digest);
  const removed = await Promise.all(
    [...digests].map((digest) => readManifest(store, digest).catch(ignoreDamage)),
  );
  return [...present, ...removed].flatMap((manifest) => digestsOf(manifest?.shards ?? []));
}

/** A damaged manifest names nothing that can be kept: whoever needs it computes it again. */
async function* manifests<K extends TaskKind>(
  store: ObjectStore,
  kind: K,
  signal: AbortSignal,
): AsyncGenerator<Manifest<K>, void, undefined> {
  const atOnce = 16;
  let batch: string[] = [];
  const read = async (): Promise<Manifest<K>[]> => {
    signal.throwIfAborted();
    const found = await Promise.all(batch.map((key) => findResult(store, kind, key).catch(ignoreDamage)));
    batch = [];
    return found.filter((manifest) => manifest !== undefined);
  };
  for await (const { key } of store.list(`results/${kind}/`)) {
    batch.push(key.slice(key.lastIndexOf('/') + 1, -'.json'.length));
    if (batch.length === atOnce) yield* await read();
  }
  yield* await read();
}

/** A store that does not answer is another matter: what was not read must not be taken for garbage. */
function ignoreDamage(error: unknown): undefined {
  if (error instanceof AppError && ['data-loss', 'not-found'].includes(error.code)) return undefined;
  throw error;
}
