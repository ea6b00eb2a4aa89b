export { openWorkerBuckets, type WorkerBuckets, workerId } from './announcement.js';
export { openStore } from './open-store.js';
export { type ClusterBus, Platform, type PlatformOptions } from './platform.js';
export {
  type PoolWorker,
  type PoolWorkerOptions,
  poolWorker,
  type WorkAs,
  type WorkSignals,
} from './pool-worker.js';
export { type RunningService, runService, type ServiceContext, type ServiceProcess } from './run-service.js';
export { type ProcessEnvironment, readableFile } from './settings.js';
export { alarenaVersion } from './version.js';
