// All comparisons of this installation: what the handlers call.

import type { ComparisonSpec } from '@alarena/config';
import { AppError, contentKey, plainJson } from '@alarena/core';
import { type DatasetManifest, findDataset, readManifest } from '@alarena/dataset';
import { type NumericsProfile, profileName } from '@alarena/tasks';
import {
  type Comparison,
  type ComparisonEvent,
  type ComparisonRecord,
  cellsOf,
  type Status,
} from './comparison.js';
import { ComparisonRecords } from './comparison-records.js';
import { ComparisonRun, type RunDeps } from './comparison-run.js';
import { labelsPerRound, splitOfSeed } from './plan.js';
import { replay } from './replay.js';

export interface ComparisonsDeps extends RunDeps {
  /** Profile of the workers that compute. Asked for when a comparison is submitted. */
  readonly profile: () => Promise<NumericsProfile>;
  /** Cells at once where a submit does not say. */
  readonly parallelism: number;
  /** What every record names beside the profile. */
  readonly versions: Readonly<Record<string, string>>;
}

interface Active {
  readonly run: ComparisonRun;
  readonly ended: Promise<void>;
}

export class Comparisons {
  readonly #deps: ComparisonsDeps;
  readonly #records: ComparisonRecords;
  readonly #active = new Map<string, Active>();
  #closing = false;

  constructor(deps: ComparisonsDeps) {
    this.#deps = deps;
    this.#records = new ComparisonRecords(deps.store);
  }

  /**
   * Starts a comparison, or goes on with it: the same spec on the same data set and profile is the same comparison.
   * What has been computed is found, so one that is done is only looked through.
   */
  async submit(spec: ComparisonSpec, parallelism: number): Promise<Comparison> {
    const manifest = await findDataset(this.#deps.store, spec.dataset);
    for (const seed of spec.seeds) labelsPerRound(spec, splitOfSeed(spec, manifest, seed).pool.length);
    const profile = await this.#deps.profile();
    const numerics = profileName(profile);
    const key = contentKey({ spec: plainJson(spec), dataset: manifest.digest, numerics });
    const cells = parallelism === 0 ? this.#deps.parallelism : parallelism;
    const record = await this.#records.create(
      {
        schemaVersion: 1,
        id: `${slug(spec.name)}-${key.slice(0, 8)}`,
        key,
        spec,
        dataset: manifest.digest,
        numerics,
        versions: { ...this.#deps.versions, ...describe(profile) },
        createdAt: new Date().toISOString(),
      },
      { status: 'pending', parallelism: cells, finishedAt: null, cells: [] },
    );
    return (await this.#start(record, manifest, cells)).run.snapshot();
  }

  async get(reference: string): Promise<Comparison> {
    const record = await this.#records.find(reference);
    const active = this.#active.get(record.id);
    if (active !== undefined) return active.run.snapshot();
    const manifest = await readManifest(this.#deps.store, record.dataset);
    return replay(this.#deps.store, record, await this.#records.status(record.id), manifest);
  }

  /** Newest first, without rounds: of those that do not run, what was last known. */
  async list(): Promise<{ comparison: Comparison; roundsDone: number[] }[]> {
    const records = await this.#records.list();
    return Promise.all(
      records.map(async (record) => {
        const active = this.#active.get(record.id)?.run.snapshot();
        if (active)
          return { comparison: active, roundsDone: active.cells.map(({ rounds }) => rounds.length) };
        const manifest = await readManifest(this.#deps.store, record.dataset);
        const status = await this.#records.status(record.id);
        const cells = cellsOf(record.spec).map((id, i) => {
          const { status: state, error } = status.cells[i] ?? { status: 'pending' as const, error: '' };
          const { pool } = splitOfSeed(record.spec, manifest, id.seed);
          const roundsTotal = labelsPerRound(record.spec, pool.length).length;
          return { ...id, status: state, error, rounds: [], roundsTotal };
        });
        const comparison: Comparison = { record, ...status, cells };
        return { comparison, roundsDone: cells.map((_, i) => status.cells[i]?.roundsDone ?? 0) };
      }),
    );
  }

  /** Everything known, then each change until the end. One that was interrupted goes on. */
  async *watch(reference: string, signal: AbortSignal): AsyncGenerator<ComparisonEvent, void, undefined> {
    const record = await this.#records.find(reference);
    let active = this.#active.get(record.id);
    if (active === undefined) {
      const { status, parallelism } = await this.#records.status(record.id);
      if (isUnfinished(status)) active = await this.#startStored(record, parallelism);
    }
    if (active !== undefined) yield* active.run.watch(signal);
    else yield { type: 'comparison', comparison: await this.get(record.id) };
  }

  async cancel(reference: string): Promise<Comparison> {
    const record = await this.#records.find(reference);
    const active = this.#active.get(record.id);
    if (active !== undefined) {
      active.run.stop();
      await active.ended;
    } else {
      await this.#records.updateStatus(record.id, (known) =>
        isUnfinished(known.status) ? { ...known, status: 'cancelled' } : known,
      );
    }
    return this.get(record.id);
  }

  /** Goes on with a comparison; tasks that failed are tried again. */
  async resume(reference: string): Promise<Comparison> {
    const record = await this.#records.find(reference);
    const { parallelism } = await this.#records.status(record.id);
    return (await this.#startStored(record, parallelism)).run.snapshot();
  }

  async setParallelism(reference: string, parallelism: number): Promise<Comparison> {
    if (parallelism < 1) {
      throw AppError.invalid('the parallelism cannot be set', [
        { field: 'parallelism', description: `must be at least 1, got ${parallelism}` },
      ]);
    }
    const record = await this.#records.find(reference);
    const active = this.#active.get(record.id);
    if (active !== undefined) active.run.parallelism = parallelism;
    await this.#records.updateStatus(record.id, (known) => ({ ...known, parallelism }));
    return this.get(record.id);
  }

  /** Goes on with what was running when the last process ended. */
  async resumeInterrupted(): Promise<void> {
    for (const record of await this.#records.list()) {
      const { status, parallelism } = await this.#records.status(record.id);
      if (!isUnfinished(status)) continue;
      try {
        await this.#startStored(record, parallelism);
      } catch (error) {
        // One that cannot go on, e.g. for its numerics, does not keep the others from it.
        this.#deps.logger.warn({ err: error, comparison: record.id }, 'a comparison cannot go on');
      }
    }
  }

  /** Stops what runs here without ending it: the next process goes on with it. */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { run } of this.#active.values()) run.stop();
    await Promise.all([...this.#active.values()].map(({ ended }) => ended));
  }

  async #startStored(record: ComparisonRecord, parallelism: number): Promise<Active> {
    return this.#start(record, await readManifest(this.#deps.store, record.dataset), parallelism);
  }

  async #start(record: ComparisonRecord, manifest: DatasetManifest, parallelism: number): Promise<Active> {
    await this.#checkNumerics(record);
    let known = this.#active.get(record.id);
    while (known?.run.isOver) {
      // Its status is being written; what is started now must read that.
      await known.ended;
      known = this.#active.get(record.id);
    }
    if (known !== undefined) return known;
    if (this.#closing) throw new AppError('unavailable', 'the orchestrator is shutting down');
    const run = new ComparisonRun(this.#deps, record, manifest, parallelism);
    const active: Active = { run, ended: this.#runToEnd(run) };
    this.#active.set(record.id, active);
    return active;
  }

  /** Workers of another profile would never take its tasks, since they would give other bits. */
  async #checkNumerics({ id, numerics, versions, spec }: ComparisonRecord): Promise<void> {
    const profile = await this.#deps.profile();
    if (profileName(profile) === numerics) return;
    const differences = Object.entries(describe(profile))
      .filter(([name, value]) => versions[name] !== value)
      .map(([name, value]) => `${name} ${versions[name]} then, ${value} now`);
    throw new AppError(
      'failed-precondition',
      `${id} was begun under other numerics (${differences.join('; ')}) and its results would not be comparable: ` +
        `submit the spec "${spec.name}" again, which begins a new comparison`,
      { reason: 'NUMERICS_DIFFER', facts: { id, numerics, now: profileName(profile) } },
    );
  }

  async #runToEnd(run: ComparisonRun): Promise<void> {
    const { id } = run.record;
    try {
      const before = await this.#records.status(id);
      const { parallelism } = run;
      await this.#records.updateStatus(id, (known) => ({
        ...known,
        ...{ status: 'running', parallelism, finishedAt: null },
      }));
      const status = await run.run(before.status === 'done' ? before.finishedAt : null);
      const { cells, finishedAt } = run.snapshot();
      // A process that ends stops its cells, but nobody has given the comparison up: the next process goes on.
      const left = this.#closing && status === 'cancelled';
      const asLeft = (state: Status): Status => (left && state === 'cancelled' ? 'pending' : state);
      await this.#records.updateStatus(id, () => ({
        status: asLeft(status),
        parallelism: run.parallelism,
        finishedAt: left ? null : finishedAt,
        cells: cells.map((cell) => ({
          status: asLeft(cell.status),
          error: cell.error,
          roundsDone: cell.rounds.length,
        })),
      }));
    } catch (error) {
      this.#deps.logger.error({ err: error, comparison: id }, 'the state of a comparison could not be kept');
    } finally {
      this.#active.delete(id);
      run.tellEnd();
    }
  }
}

function isUnfinished(status: Status): boolean {
  return status === 'running' || status === 'pending';
}

/** Letters, digits and dashes of a name, for ids. */
function slug(name: string): string {
  const plainName = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return plainName.slice(0, 40) || 'comparison';
}

function describe(profile: NumericsProfile): Record<string, string> {
  return {
    tensorflow: profile.tensorflow,
    device: profile.device,
    instructionSet: profile.instructionSet,
    threads: String(profile.threads),
    precision: profile.precision,
  };
}
