// The service's side of its computing child processes.

import { ComputeHost } from '@alarena/compute';
import type { StoreObserver } from '@alarena/store';
import {
  type NumericsProfile,
  profileName,
  type ResultOf,
  type TaskHandler,
  type TaskKind,
} from '@alarena/tasks';
import { injectContext } from '@alarena/telemetry';
import {
  type CallPayload,
  type ChildSettings,
  childEnvironment,
  type StoreReport,
  type TaskProgress,
  type WorkbenchSettings,
} from './child-protocol.js';

interface ChildrenSettings {
  /** Child processes, and so tasks, at once. */
  readonly slots: number;
  /** Hears of the children's calls to the store, when a task ends. */
  readonly onStoreOperation?: StoreObserver;
  /** A child that has not ended a cancelled task after this time is killed. Default: never. */
  readonly cancelLimitMs?: number;
}

/** Of children that compute with models (`serveTasks`). */
export type ComputeSettings = ChildrenSettings & WorkbenchSettings;
/** Of children that do not (`servePlainTasks`). */
export type PlainComputeSettings = ChildrenSettings & ChildSettings;

/** Child processes that compute tasks, started when they are first needed. */
export class Compute {
  readonly slots: number;
  readonly #onStoreOperation: StoreObserver;
  #onGpu = false;
  readonly #host: ComputeHost;
  #profile: Promise<NumericsProfile> | undefined;

  /** `entry` is the module that calls `serveTasks`, or `servePlainTasks`. */
  constructor(entry: URL, settings: ComputeSettings | PlainComputeSettings) {
    const { slots, onStoreOperation = () => {}, cancelLimitMs, ...child } = settings;
    this.slots = slots;
    this.#onStoreOperation = onStoreOperation;
    this.#host = new ComputeHost({
      ...{ entry, slots, environment: childEnvironment(child) },
      ...(cancelLimitMs !== undefined && { cancelLimitMs }),
    });
  }

  /** A handler that does its work in a child. */
  task<K extends TaskKind>(kind: K): TaskHandler<K> {
    return async (inputs, { key, rewriteBlobs, signal, progress }) => {
      const payload: CallPayload<K> = { inputs, key, rewriteBlobs, trace: injectContext({}) };
      const onProgress = (value: unknown): void => {
        const said = value as TaskProgress | StoreReport;
        if ('storeOperations' in said) for (const one of said.storeOperations) this.#onStoreOperation(one);
        else progress(said.fraction, said.detail);
      };
      return (await this.#host.call(kind, payload, { signal, onProgress })) as ResultOf<K>;
    };
  }

  /** All that changes the bits of the children's results beside their inputs. */
  profile(): Promise<NumericsProfile> {
    this.#profile ??= this.#askForProfile();
    return this.#profile;
  }

  async #askForProfile(): Promise<NumericsProfile> {
    try {
      const profile = (await this.#host.call('profile', undefined)) as NumericsProfile;
      this.#onGpu = profile.device !== 'cpu';
      return profile;
    } catch (error) {
      // A child that died says nothing of the next one.
      this.#profile = undefined;
      throw error;
    }
  }

  /** Name of the profile, as it stands in task keys and queues. */
  async numerics(): Promise<string> {
    return profileName(await this.profile());
  }

  /** As far as is known yet. */
  get onGpu(): boolean {
    return this.#onGpu;
  }

  /** Process ids of the children that run now. */
  get processIds(): readonly number[] {
    return this.#host.processIds;
  }

  /** Ends the children, whatever they do. */
  close(): Promise<void> {
    return this.#host.close();
  }
}
