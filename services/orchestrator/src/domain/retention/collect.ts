// Takes from the store what nothing needs, and says what and why, and why the rest stays. Comparisons and imports go on
// meanwhile: what they need is marked, what was put lately is left, and what begins during the collection is looked for
// again before each deletion.

import { AppError } from '@alarena/core';
import { importsPrefix } from '@alarena/dataset';
import { beginRemoval, type ObjectInfo, type ObjectStore } from '@alarena/store';
import { eachOf } from '../each-of.js';
import { type Dropped, type KeptFor, type Marks, mark } from './mark.js';
import type { Needs } from './needs.js';
import { type ComparisonFits, type WeightsToKeep, weightsKept } from './policy.js';

export interface CollectOptions {
  /** Those that have ended. */
  readonly ended: readonly ComparisonFits[];
  /** Of all others. `look` adds what has come to be needed since. */
  readonly needs: Needs;
  readonly look: () => Promise<void>;
  /** Digests of the data sets that comparisons name. */
  readonly datasets: readonly string[];
  readonly weights: WeightsToKeep;
  /** What was put less than this long ago stays. */
  readonly graceMs: number;
  /** By the store's clock, before anything else was read. */
  readonly now: number;
  readonly dryRun: boolean;
  readonly signal: AbortSignal;
}

export interface Group {
  readonly reason: string;
  readonly objects: number;
  readonly bytes: number;
}

export interface Collection {
  readonly removed: readonly Group[];
  readonly kept: readonly Group[];
}

const goes: Readonly<Record<Dropped | 'unnamed' | 'checkpoint' | 'import', string>> = {
  signals: 'signals of ended comparisons, whose queries are made',
  weights: 'weights of rounds that the policy does not keep',
  unnamed: 'what nothing names',
  checkpoint: 'checkpoints of fits that are done or were given up',
  import: 'lists of imports that were given up',
};
const stays: Readonly<Record<KeptFor | 'needs' | 'import' | 'checkpoint' | 'record', string>> = {
  needs: 'needed by comparisons that have not ended',
  datasets: 'data sets, those of comparisons included',
  imports: 'shards of imports in progress',
  ids: 'lists of samples that results name',
  signals: 'signals of fits that no ended comparison has measured',
  weights: 'weights that the policy keeps, or that were asked for by name',
  import: 'lists of imports in progress',
  checkpoint: 'checkpoints of fits that may go on',
  record: 'results, records and manifests, which are small and always stay',
};
const young = (graceMs: number): string =>
  `not needed, but put less than ${Math.ceil(graceMs / 60_000)} minutes ago`;
const batchSize = 500;
/** A fit that has not gone on for a week was given up. */
const checkpointMs = 7 * 86_400_000;
/** An import puts a shard more often than this. */
const importMs = 86_400_000;

interface Verdict {
  readonly goes: boolean;
  readonly reason: string;
}

export async function collectGarbage(store: ObjectStore, options: CollectOptions): Promise<Collection> {
  const { ended, weights, datasets, dryRun, look, signal } = options;
  const isRunning = ({ modifiedAt }: { readonly modifiedAt: Date }): boolean =>
    options.now - modifiedAt.getTime() < importMs;
  const marks = await mark(store, { kept: weightsKept(ended, weights), datasets, isRunning, signal });
  const removed = new Tally();
  const kept = new Tally();
  const remove = async (batch: readonly { object: ObjectInfo; reason: string }[]): Promise<void> => {
    signal.throwIfAborted();
    const removal = await beginRemoval(
      store,
      batch.map(({ object }) => object),
    );
    try {
      await look();
      await eachOf(batch, async ({ object, reason }) => {
        if (isNeeded(object.key, options.needs)) kept.add(stays.needs, object.sizeBytes);
        else if (await removal.remove(object)) removed.add(reason, object.sizeBytes);
        else kept.add(young(options.graceMs), object.sizeBytes);
      });
    } finally {
      await removal.end();
    }
  };
  let batch: { object: ObjectInfo; reason: string }[] = [];
  for await (const object of store.list('')) {
    signal.throwIfAborted();
    const verdict = await judge(store, object, marks, options);
    if (!verdict.goes) kept.add(verdict.reason, object.sizeBytes);
    else if (dryRun) removed.add(verdict.reason, object.sizeBytes);
    else batch.push({ object, reason: verdict.reason });
    if (batch.length < batchSize) continue;
    await remove(batch);
    batch = [];
  }
  if (batch.length > 0) await remove(batch);
  return { removed: removed.groups(), kept: kept.groups() };
}

async function judge(
  store: ObjectStore,
  { key, modifiedAt }: ObjectInfo,
  { needed, dropped }: Marks,
  { needs, now, graceMs }: CollectOptions,
): Promise<Verdict> {
  const ageMs = now - modifiedAt.getTime();
  const unlessYoung = (reason: string): Verdict =>
    ageMs < graceMs ? { goes: false, reason: young(graceMs) } : { goes: true, reason };
  if (key.startsWith('blobs/sha256/') || key.startsWith('datasets/shard-indexes/')) {
    if (isNeeded(key, needs)) return { goes: false, reason: stays.needs };
    const why = needed.get(nameIn(key));
    if (why !== undefined) return { goes: false, reason: stays[why] };
    return unlessYoung(goes[dropped.get(nameIn(key)) ?? 'unnamed']);
  }
  if (key.startsWith('checkpoints/fit/')) {
    const isDone = await exists(store, `results/${key.slice('checkpoints/'.length)}.json`);
    if (isDone) return unlessYoung(goes.checkpoint);
    if (isNeeded(key, needs)) return { goes: false, reason: stays.needs };
    return ageMs > checkpointMs ? unlessYoung(goes.checkpoint) : { goes: false, reason: stays.checkpoint };
  }
  if (key.startsWith(importsPrefix)) {
    return ageMs < importMs ? { goes: false, reason: stays.import } : unlessYoung(goes.import);
  }
  return { goes: false, reason: stays.record };
}

function isNeeded(key: string, { digests, tasks }: Needs): boolean {
  const name = nameIn(key);
  return key.startsWith('checkpoints/') ? tasks.has(name) : digests.has(name);
}

/** The last segment: a digest, or the key of a task. */
function nameIn(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

async function exists(store: ObjectStore, key: string): Promise<boolean> {
  try {
    return (await store.head(key)) !== undefined;
  } catch (error) {
    // Damaged is as good as none.
    if (error instanceof AppError && error.code === 'data-loss') return false;
    throw error;
  }
}

class Tally {
  readonly #groups = new Map<string, { objects: number; bytes: number }>();

  add(reason: string, bytes: number): void {
    const group = this.#groups.get(reason) ?? { objects: 0, bytes: 0 };
    this.#groups.set(reason, { objects: group.objects + 1, bytes: group.bytes + bytes });
  }

  /** Largest first. */
  groups(): Group[] {
    return [...this.#groups]
      .map(([reason, sums]) => ({ reason, ...sums }))
      .sort((a, b) => b.bytes - a.bytes || (a.reason < b.reason ? -1 : 1));
  }
}
