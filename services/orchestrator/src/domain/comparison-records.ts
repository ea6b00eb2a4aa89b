// Records and statuses of comparisons in the store.

import { AppError, didYouMean, plainJson } from '@alarena/core';
import { getJson, type ObjectStore, putJson, type StoredValue } from '@alarena/store';
import type { ComparisonRecord, ComparisonStatus } from './comparison.js';

const prefix = 'comparisons/';

/** Of a record whose process ended before it wrote a status. */
const untouched: ComparisonStatus = { status: 'pending', parallelism: 1, finishedAt: null, cells: [] };

export class ComparisonRecords {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  /** Keeps a record; one that is there already stands. */
  async create(record: ComparisonRecord, status: ComparisonStatus): Promise<ComparisonRecord> {
    try {
      await putJson(this.#store, recordKey(record.id), plainJson(record), { ifNoneMatch: '*' });
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'already-exists') throw error;
      return this.get(record.id);
    }
    await this.updateStatus(record.id, () => status);
    return record;
  }

  async get(id: string): Promise<ComparisonRecord> {
    const found = await getJson(this.#store, recordKey(id), (value) => value as ComparisonRecord);
    if (found === undefined) throw unknown(id, await this.ids());
    return found.value;
  }

  async status(id: string): Promise<ComparisonStatus> {
    return (await this.#findStatus(id))?.value ?? untouched;
  }

  /** Changes the status, also where somebody else does so at the same time. */
  async updateStatus(id: string, change: (status: ComparisonStatus) => ComparisonStatus): Promise<void> {
    while (true) {
      const found = await this.#findStatus(id);
      const condition = found === undefined ? ({ ifNoneMatch: '*' } as const) : { ifMatch: found.etag };
      try {
        await putJson(this.#store, statusKey(id), plainJson(change(found?.value ?? untouched)), condition);
        return;
      } catch (error) {
        const overtaken = error instanceof AppError && ['aborted', 'already-exists'].includes(error.code);
        if (!overtaken) throw error;
      }
    }
  }

  #findStatus(id: string): Promise<StoredValue<ComparisonStatus> | undefined> {
    return getJson(this.#store, statusKey(id), (value) => value as ComparisonStatus);
  }

  async ids(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { key } of this.#store.list(prefix)) {
      if (key.endsWith('/record.json')) ids.push(key.slice(prefix.length, -'/record.json'.length));
    }
    return ids;
  }

  /** Newest first. */
  async list(): Promise<ComparisonRecord[]> {
    const records = await Promise.all((await this.ids()).map((id) => this.get(id)));
    return records.sort((a, b) => (a.createdAt === b.createdAt ? 0 : a.createdAt < b.createdAt ? 1 : -1));
  }

  /** The record meant by an id, a unique head of one, or the name of the newest. */
  async find(reference: string): Promise<ComparisonRecord> {
    const records = await this.list();
    const exact =
      records.find(({ id }) => id === reference) ?? records.find(({ spec }) => spec.name === reference);
    if (exact !== undefined) return exact;
    const heads = reference === '' ? [] : records.filter(({ id }) => id.startsWith(reference));
    const [only] = heads;
    if (only !== undefined && heads.length === 1) return only;
    if (heads.length > 1) {
      const ids = heads.map(({ id }) => id).join(', ');
      throw AppError.invalid('which comparison?', [
        { field: 'id', description: `"${reference}" is the head of several ids: ${ids}` },
      ]);
    }
    throw unknown(
      reference,
      records.map(({ id }) => id),
    );
  }
}

function recordKey(id: string): string {
  return `${prefix}${id}/record.json`;
}

function statusKey(id: string): string {
  return `${prefix}${id}/status.json`;
}

function unknown(id: string, known: readonly string[]): AppError {
  const there = known.length === 0 ? ' (there are none)' : didYouMean(id, known);
  return new AppError('not-found', `there is no comparison "${id}"${there}`, {
    reason: 'COMPARISON_UNKNOWN',
    facts: { id },
  });
}
