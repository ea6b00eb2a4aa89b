// The service's side of its computing child processes.

import { ComputeHost } from '@alarena/compute';
import {
  type NumericsProfile,
  profileName,
  type ResultOf,
  type TaskHandler,
  type TaskKind,
} from '@alarena/tasks';
import {
  type CallPayload,
  type ChildSettings,
  childEnvironment,
  type TaskProgress,
} from './child-protocol.js';

export interface ComputeSettings extends ChildSettings {
  /** Child processes, and so tasks, at once. */
  readonly slots: number;
}

/** Child processes that compute tasks, started when they are first needed. */
export class Compute {
  readonly slots: number;
  readonly #host: ComputeHost;
  #profile: Promise<NumericsProfile> | undefined;

  /** `entry` is the module that calls `serveTasks`. */
  constructor(entry: URL, { slots, ...child }: ComputeSettings) {
    this.slots = slots;
    this.#host = new ComputeHost({ entry, slots, environment: childEnvironment(child) });
  }

  /** A handler that does its work in a child. */
  task<K extends TaskKind>(kind: K): TaskHandler<K> {
    return async (inputs, { key, rewriteBlobs, signal, progress }) => {
      const payload: CallPayload<K> = { inputs, key, rewriteBlobs };
      const onProgress = (value: unknown): void => {
        const { fraction, detail } = value as TaskProgress;
        progress(fraction, detail);
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
      return (await this.#host.call('profile', undefined)) as NumericsProfile;
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

  /** Process ids of the children that run now. */
  get processIds(): readonly number[] {
    return this.#host.processIds;
  }

  /** Ends the children, whatever they do. */
  close(): Promise<void> {
    return this.#host.close();
  }
}
