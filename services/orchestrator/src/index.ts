export { announcedProfile } from './adapters/announced-profile.js';
export { keyValueLock } from './adapters/key-value-lock.js';
export {
  announcedCapacity,
  fixedCapacity,
  type QueueCapacity,
  setPoolLimit,
} from './adapters/queue-capacity.js';
export { StoreKeyValue } from './adapters/store-key-value.js';
export { ElectedLeadership, type ElectionOptions, electionTimes } from './domain/elected-leadership.js';
export { alwaysLeader, type Leadership, type Term } from './domain/leadership.js';
export { Scaler, type ScalerOptions } from './domain/scaling/scaler.js';
export type { Pod, Workload, Workloads } from './domain/scaling/workloads.js';
export { type ClusterServiceDeps, clusterService } from './handlers/cluster-service.js';
export { createOrchestrator, type Orchestrator, type OrchestratorDeps, type Timing } from './server.js';
