// What is kept of comparisons, in the bucket `comparisons`: under `<id>.record` what was submitted, under
// `<id>.desired` what users want of it, under `<id>.status` what has become of it.

import type { KeyValue, KeyValueEntry } from '@alarena/bus';
import { AppError, didYouMean } from '@alarena/core';
import { type ComparisonRecord, type ComparisonStatus, type Desired, noCost } from './comparison.js';
import { eachOf } from './each-of.js';
import { decodeRecord, encodeRecord } from './record-encoding.js';

export interface ComparisonState {
  readonly desired: Desired;
  readonly status: ComparisonStatus;
}

/** Before anybody has looked at a comparison. */
export const untouched: ComparisonStatus = {
  ...{ status: 'pending', generation: 0, term: 0, run: '', events: 0 },
  ...{ finishedAt: null, roundsTotal: 0, cost: noCost, notices: [], cells: [] },
};

/** Reads at the same time where all comparisons are looked at. */

export class ComparisonRecords {
  readonly #bucket: KeyValue;

  constructor(bucket: KeyValue) {
    this.#bucket = bucket;
  }

  /** Keeps a record; one that is there already stands. */
  async create(record: ComparisonRecord): Promise<ComparisonRecord> {
    const value = encodeRecord(`the spec "${record.spec.name}"`, record);
    try {
      await this.#bucket.create(`${record.id}.record`, value);
      return record;
    } catch (error) {
      if (!isOvertaken(error)) throw error;
      return this.get(record.id);
    }
  }

  async get(id: string): Promise<ComparisonRecord> {
    const found = await this.#find(id);
    if (found === undefined) throw unknown(id, await this.ids());
    return found;
  }

  async has(id: string): Promise<boolean> {
    return (await this.#find(id)) !== undefined;
  }

  async state(id: string): Promise<ComparisonState> {
    const [desired, status] = await Promise.all([
      this.#bucket.get(`${id}.desired`),
      this.#bucket.get(`${id}.status`),
    ]);
    return stateOf(id, desired, status);
  }

  /** Changes what is wanted, also where somebody else does so at the same time. Returns what then is. */
  async want(id: string, change: (state: ComparisonState) => Desired): Promise<ComparisonState> {
    while (true) {
      const [desired, status] = await Promise.all([
        this.#bucket.get(`${id}.desired`),
        this.#bucket.get(`${id}.status`),
      ]);
      const state = stateOf(id, desired, status);
      const wanted = change(state);
      if (desired !== undefined && wanted === state.desired) return state;
      const value = encodeRecord(`what is wanted of ${id}`, wanted);
      try {
        if (desired === undefined) await this.#bucket.create(`${id}.desired`, value);
        else await this.#bucket.update(`${id}.desired`, value, desired.revision);
        return { ...state, desired: wanted };
      } catch (error) {
        if (!isOvertaken(error)) throw error;
      }
    }
  }

  /** Replaces the status, unless it is of a later term: then `aborted`, and nothing is changed. */
  async tell(id: string, status: ComparisonStatus): Promise<void> {
    const key = `${id}.status`;
    const value = encodeRecord(`the status of ${id}`, status);
    while (true) {
      const found = await this.#bucket.get(key);
      const { term } = statusOf(id, found);
      if (term > status.term) {
        throw new AppError('aborted', `another orchestrator has taken ${id}`, {
          reason: 'TERM_OVER',
          facts: { id, term, mine: status.term },
        });
      }
      try {
        if (found === undefined) await this.#bucket.create(key, value);
        else await this.#bucket.update(key, value, found.revision);
        return;
      } catch (error) {
        if (!isOvertaken(error)) throw error;
      }
    }
  }

  /** Tells the state of a comparison now and after each change, until the signal aborts. */
  async follow(id: string, signal: AbortSignal, onState: (state: ComparisonState) => void): Promise<void> {
    const entries = new Map<string, KeyValueEntry | undefined>();
    let ready = false;
    const say = (): void => onState(stateOf(id, entries.get(`${id}.desired`), entries.get(`${id}.status`)));
    const onReady = (): void => {
      ready = true;
      say();
    };
    for await (const { key, entry } of this.#bucket.watch(`${id}.`, { signal, onReady })) {
      entries.set(key, entry);
      if (ready) say();
    }
  }

  /** Ids of all comparisons, then of each of which something else is wanted, until the signal aborts. */
  async *wanted(signal: AbortSignal): AsyncGenerator<string, void, undefined> {
    let ready = false;
    const onReady = (): void => {
      ready = true;
    };
    for await (const { key } of this.#bucket.watch('', { signal, onReady })) {
      if (key.endsWith('.desired')) yield key.slice(0, -'.desired'.length);
      else if (!ready && key.endsWith('.record')) yield key.slice(0, -'.record'.length);
    }
  }

  async ids(): Promise<string[]> {
    const keys = await this.#bucket.keys('');
    return keys.filter((key) => key.endsWith('.record')).map((key) => key.slice(0, -'.record'.length));
  }

  /** Newest first. */
  async list(): Promise<ComparisonRecord[]> {
    const records = await eachOf(await this.ids(), (id) => this.#find(id));
    return records
      .filter((record) => record !== undefined)
      .sort((a, b) => (a.createdAt === b.createdAt ? 0 : a.createdAt < b.createdAt ? 1 : -1));
  }

  /** The record meant by an id, a unique head of one, or the name of the newest. */
  async find(reference: string): Promise<ComparisonRecord> {
    const byId = /^[a-z0-9-]+$/.test(reference) ? await this.#find(reference) : undefined;
    if (byId !== undefined) return byId;
    const records = await this.list();
    const named = records.find(({ spec }) => spec.name === reference);
    if (named !== undefined) return named;
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

  async #find(id: string): Promise<ComparisonRecord | undefined> {
    const entry = await this.#bucket.get(`${id}.record`);
    return entry && decodeRecord<ComparisonRecord>(`the record of ${id}`, entry.value);
  }
}

function statusOf(id: string, entry: KeyValueEntry | undefined): ComparisonStatus {
  if (entry === undefined) return untouched;
  // Those of earlier versions lack what has come since.
  return { ...untouched, ...decodeRecord<Partial<ComparisonStatus>>(`the status of ${id}`, entry.value) };
}

function stateOf(
  id: string,
  desired: KeyValueEntry | undefined,
  status: KeyValueEntry | undefined,
): ComparisonState {
  const told = statusOf(id, status);
  if (desired !== undefined) {
    return { desired: decodeRecord<Desired>(`what is wanted of ${id}`, desired.value), status: told };
  }
  // Of an earlier version, which kept what is wanted in the status.
  const { parallelism = 1 } = told as { parallelism?: number };
  const state = told.status === 'cancelled' ? 'cancelled' : 'running';
  return { desired: { state, parallelism, priority: 0, generation: 0 }, status: told };
}

function isOvertaken(error: unknown): boolean {
  return error instanceof AppError && (error.code === 'aborted' || error.code === 'already-exists');
}

function unknown(id: string, known: readonly string[]): AppError {
  const there = known.length === 0 ? ' (there are none)' : didYouMean(id, known);
  return new AppError('not-found', `there is no comparison "${id}"${there}`, {
    reason: 'COMPARISON_UNKNOWN',
    facts: { id },
  });
}
