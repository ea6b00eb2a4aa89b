// The orchestrator: comparisons of strategies x seeds, rounds as tasks.

import type { Bus } from '@alarena/bus';
import type { ServiceRegistration } from '@alarena/grpc';
import type { ObjectStore } from '@alarena/store';
import { type NumericsProfile, TaskDispatcher } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';
import { Comparisons } from './domain/comparisons.js';
import { comparisonService } from './handlers/comparison-service.js';

export interface OrchestratorDeps {
  readonly store: ObjectStore;
  readonly bus: Bus;
  readonly logger: Logger;
  /** Profile of the workers that compute. */
  readonly profile: () => Promise<NumericsProfile>;
  /** Cells at once where a submit does not say. */
  readonly parallelism: number;
  /** Name and version of what results are made with, beside the profile. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface Orchestrator {
  readonly registration: ServiceRegistration;
  /** Goes on with the comparisons that were running when the last process ended. */
  resumeInterrupted(): Promise<void>;
  /** Stops what runs without ending it: the next process goes on with it. */
  close(): Promise<void>;
}

export function createOrchestrator(deps: OrchestratorDeps): Orchestrator {
  const { store, bus, logger, profile, parallelism, versions } = deps;
  const tasks = new TaskDispatcher({ store, bus, logger });
  const comparisons = new Comparisons({ store, tasks, logger, profile, parallelism, versions });
  return {
    registration: comparisonService(comparisons),
    resumeInterrupted: () => comparisons.resumeInterrupted(),
    close: async () => {
      await comparisons.close();
      await tasks.close();
    },
  };
}
