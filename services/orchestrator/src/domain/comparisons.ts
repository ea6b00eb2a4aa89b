// All comparisons of this installation: what the handlers call. Any orchestrator answers; the one that leads does what
// is wanted.

import type { Bus } from '@alarena/bus';
import type { ComparisonSpec } from '@alarena/config';
import { AppError, contentKey, type FieldViolation, plainJson } from '@alarena/core';
import { findDataset, readManifest } from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import { type NumericsProfile, profileName } from '@alarena/tasks';
import { injectContext, type Logger } from '@alarena/telemetry';
import {
  type Comparison,
  type ComparisonEvent,
  type ComparisonRecord,
  cellsOf,
  type Desired,
  isEnded,
  isSettled,
  type MeasuredComparison,
  shownStatus,
} from './comparison.js';
import type { ComparisonRecords, ComparisonState } from './comparison-records.js';
import type { Conductor } from './conductor.js';
import { eachOf } from './each-of.js';
import { FitOwners } from './fit-owners.js';
import { checkNumerics, describeProfile } from './numerics-check.js';
import { roundsOfCell } from './plan.js';
import { replay, replayCells } from './replay.js';
import { watchComparison } from './watch-comparison.js';

export interface ComparisonsDeps {
  readonly records: ComparisonRecords;
  readonly conductor: Pick<Conductor, 'adopt'>;
  readonly store: ObjectStore;
  readonly bus: Bus;
  readonly logger: Logger;
  /** Profile of the workers that compute. Asked for when a comparison is submitted or goes on. */
  readonly profile: () => Promise<NumericsProfile>;
  /** Throws where no new comparison is taken, e.g. because the store is full. */
  readonly admit: () => Promise<void>;
  /** Cells at once where a submit does not say. */
  readonly parallelism: number;
  /** What every record names beside the profile. */
  readonly versions: Readonly<Record<string, string>>;
  /** How long a call waits until the leader has done what is wanted. What is wanted stays so afterwards. */
  readonly answerMs: number;
  /** How long events may be later than the status that includes them. */
  readonly lookMs: number;
}

export interface Settings {
  readonly parallelism?: number | undefined;
  readonly priority?: number | undefined;
}

const mostPriority = 1_000;

export class Comparisons {
  readonly #deps: ComparisonsDeps;
  readonly #records: ComparisonRecords;

  constructor(deps: ComparisonsDeps) {
    this.#deps = deps;
    this.#records = deps.records;
  }

  /**
   * Starts a comparison, or goes on with it: the same spec on the same data set and profile is the same comparison.
   * What has been computed is found, so one that is done is only looked through.
   */
  async submit(spec: ComparisonSpec, parallelism: number): Promise<Comparison> {
    const manifest = await findDataset(this.#deps.store, spec.dataset);
    // Refuses a protocol that does not fit the data set.
    roundsOfCell(spec, manifest);
    const profile = await this.#deps.profile();
    const numerics = profileName(profile);
    const key = contentKey({ spec: plainJson(spec), dataset: manifest.digest, numerics });
    const id = `${slug(spec.name)}-${key.slice(0, 8)}`;
    if (!(await this.#records.has(id))) await this.#deps.admit();
    const record = await this.#records.create({
      schemaVersion: 1,
      id,
      key,
      spec,
      dataset: manifest.digest,
      numerics,
      versions: { ...this.#deps.versions, ...describeProfile(profile) },
      createdAt: new Date().toISOString(),
    });
    checkNumerics(record, profile);
    return this.#want(record, ({ desired, status }) => {
      const cells = parallelism === 0 ? desired.parallelism : parallelism;
      if (desired.generation === 0 && status.term === 0 && status.roundsTotal === 0) {
        // New, or of a version that kept nothing of the kind.
        const first = parallelism === 0 ? this.#deps.parallelism : parallelism;
        return { state: 'running', parallelism: first, priority: 0, generation: 1, trace: injectContext({}) };
      }
      const goesOn = desired.state === 'running' && !isSettled(status, desired);
      return again(desired, { state: 'running', parallelism: cells }, !goesOn);
    });
  }

  /** With all its rounds, read from the results that exist. */
  async get(reference: string): Promise<MeasuredComparison> {
    const record = await this.#records.find(reference);
    const known = await this.#summary(record, await this.#records.state(record.id));
    const manifest = await readManifest(this.#deps.store, record.dataset);
    return replay(this.#deps.store, known, manifest);
  }

  /** Newest first. */
  async list(): Promise<Comparison[]> {
    return eachOf(await this.#records.list(), async (record) =>
      this.#summary(record, await this.#records.state(record.id)),
    );
  }

  /** Everything known, then each change until the end. One that was interrupted goes on. */
  async *watch(reference: string, signal: AbortSignal): AsyncGenerator<ComparisonEvent, void, undefined> {
    const record = await this.#records.find(reference);
    const { desired, status } = await this.#records.state(record.id);
    if (!isSettled(status, desired)) {
      checkNumerics(record, await this.#deps.profile());
      await this.#deps.conductor.adopt(record.id);
    }
    const deps = {
      ...this.#deps,
      summary: (state: ComparisonState) => this.#summary(record, state),
      replayed: async (cells: Comparison['cells']) => {
        const manifest = await readManifest(this.#deps.store, record.dataset);
        const replayed = await replayCells(this.#deps.store, record, cells, manifest);
        // Among these cells only: of the others the fits are not known here.
        const owners = new FitOwners();
        for (const [i, { rounds }] of replayed.entries())
          for (const { fitKey } of rounds) owners.add(fitKey, i);
        return replayed.map((cell, i) => ({ ...cell, rounds: owners.mark(cell.rounds, i) }));
      },
    };
    yield* watchComparison(deps, record.id, signal);
  }

  async cancel(reference: string): Promise<Comparison> {
    const record = await this.#records.find(reference);
    return this.#want(record, ({ desired, status }) =>
      isSettled(status, desired) && isEnded(status.status)
        ? desired
        : again(desired, { state: 'cancelled' }, desired.state !== 'cancelled'),
    );
  }

  /** Begins no more tasks until it is resumed. */
  async pause(reference: string): Promise<Comparison> {
    const record = await this.#records.find(reference);
    return this.#want(record, (state) => {
      const { desired, status } = state;
      if (isSettled(status, desired) && isEnded(status.status)) {
        throw new AppError('failed-precondition', `${record.id} cannot be paused: it is ${status.status}`, {
          reason: 'COMPARISON_ENDED',
          facts: { id: record.id, status: status.status },
        });
      }
      return again(desired, { state: 'paused' }, desired.state !== 'paused');
    });
  }

  /** Goes on with a comparison; tasks that failed are tried again. */
  async resume(reference: string): Promise<Comparison> {
    const record = await this.#records.find(reference);
    checkNumerics(record, await this.#deps.profile());
    return this.#want(record, ({ desired }) => again(desired, { state: 'running' }, true));
  }

  /** Changes how it is run, also while it runs. */
  async set(reference: string, { parallelism, priority }: Settings): Promise<Comparison> {
    const violations: FieldViolation[] = [];
    if (parallelism !== undefined && !(Number.isInteger(parallelism) && parallelism >= 1)) {
      violations.push({ field: 'parallelism', description: `must be at least 1, got ${parallelism}` });
    }
    if (priority !== undefined && !(Number.isInteger(priority) && Math.abs(priority) <= mostPriority)) {
      const description = `must be from ${-mostPriority} to ${mostPriority}, got ${priority}`;
      violations.push({ field: 'priority', description });
    }
    if (violations.length > 0) throw AppError.invalid('the comparison cannot be set so', violations);
    const record = await this.#records.find(reference);
    const state = await this.#records.want(record.id, ({ desired }) => ({
      ...desired,
      parallelism: parallelism ?? desired.parallelism,
      priority: priority ?? desired.priority,
    }));
    return this.#summary(record, state);
  }

  /** Writes what is wanted, and waits a moment for the leader to have it done. */
  async #want(record: ComparisonRecord, change: (state: ComparisonState) => Desired): Promise<Comparison> {
    const { id } = record;
    const { desired } = await this.#records.want(id, change);
    try {
      await this.#deps.conductor.adopt(id);
      return this.#summary(record, await this.#answered(id, desired.generation));
    } catch (error) {
      // What is wanted is kept; that it cannot be begun yet is the leader's to mend.
      this.#deps.logger.warn({ err: error, comparison: id }, 'a comparison is not begun yet');
      return this.#summary(record, await this.#records.state(id));
    }
  }

  async #answered(id: string, generation: number): Promise<ComparisonState> {
    let latest = await this.#records.state(id);
    if (latest.status.generation >= generation) return latest;
    const answered = new AbortController();
    const limit = setTimeout(() => answered.abort(), this.#deps.answerMs);
    try {
      await this.#records.follow(id, answered.signal, (state) => {
        latest = state;
        if (state.status.generation >= generation) answered.abort();
      });
    } finally {
      clearTimeout(limit);
    }
    return latest;
  }

  async #summary(record: ComparisonRecord, { desired, status }: ComparisonState): Promise<Comparison> {
    const known = status.roundsTotal;
    const roundsTotal =
      known > 0 ? known : roundsOfCell(record.spec, await readManifest(this.#deps.store, record.dataset));
    const { finishedAt, cost } = status;
    const cells = cellsOf(record.spec).map((id, i) => {
      const summary = status.cells[i] ?? { status: 'pending' as const, error: '', roundsDone: 0 };
      return { ...id, ...summary, roundsTotal };
    });
    const { parallelism, priority } = desired;
    return { record, status: shownStatus(status, desired), parallelism, priority, finishedAt, cost, cells };
  }
}

/** `asked`: the state is asked for anew, which is to be answered. */
function again(desired: Desired, change: Partial<Desired>, asked: boolean): Desired {
  const next = { ...desired, ...change };
  return asked ? { ...next, generation: desired.generation + 1, trace: injectContext({}) } : next;
}

/** Letters, digits and dashes of a name, for ids. */
function slug(name: string): string {
  const plainName = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return plainName.slice(0, 40) || 'comparison';
}
