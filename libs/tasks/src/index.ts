export {
  type Dispatched,
  type DispatcherOptions,
  type DispatchOptions,
  TaskDispatcher,
} from './dispatcher.js';
export {
  type Executed,
  type ExecuteOptions,
  executeTask,
  type TaskContext,
  type TaskHandler,
} from './execute.js';
export { getIds, type IdsRef, idsRef, isIdsLost, putIds } from './id-list.js';
export type { DispatcherMetrics, WorkerMetrics, WorkOutcome } from './metrics.js';
export { anyNumerics, type NumericsProfile, profileName } from './numerics.js';
export { Patience, type PatienceOptions } from './patience.js';
export { planQuery, type Query, type QueryPlan } from './plan-query.js';
export { taskMetrics } from './pool-metrics.js';
export { joinPool, type PoolProfile, readPoolProfiles } from './pool-profiles.js';
export { type Producer, producerOf, readingFrom } from './producer.js';
export {
  PublishWindow,
  type QueueState,
  type ReadyTask,
  type WindowOptions,
} from './publish-window.js';
export {
  clearFailure,
  findFailure,
  findResult,
  getResult,
  type Manifest,
  manifestKey,
  putFailure,
  putResult,
  removeDerived,
  removeResult,
} from './results.js';
export {
  type EmbedInputs,
  type EmbedResult,
  type EpochResult,
  type FitInputs,
  type FitResult,
  type InferInputs,
  type InferResult,
  type InputsOf,
  type Layer,
  type ResultOf,
  type SampleArray,
  type SelectEpoch,
  type SelectInputs,
  type SelectResult,
  shardsOf,
  type Task,
  type TaskKind,
  taskKinds,
} from './task.js';
export { semantics, taskKey } from './task-key.js';
export { arrayToProto, originToProto } from './to-proto.js';
export { runWorker, type WorkerOptions } from './worker.js';
export {
  drainKey,
  drainPrefix,
  liftDrain,
  readWorkers,
  requestDrain,
  type WorkerChange,
  type WorkerEntry,
  type WorkerInfo,
  type WorkerKind,
  type WorkerState,
  watchWorkers,
  workerKey,
  workerPrefix,
} from './worker-entries.js';
export { type AnnounceOptions, announceWorker, type WorkerRegistration } from './worker-registration.js';
