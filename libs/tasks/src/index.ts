export { type Dispatched, type DispatchOptions, TaskDispatcher } from './dispatcher.js';
export {
  type Executed,
  type ExecuteOptions,
  executeTask,
  type TaskContext,
  type TaskHandler,
} from './execute.js';
export { getIds, type IdsRef, putIds } from './id-list.js';
export { anyNumerics, type NumericsProfile, profileName } from './numerics.js';
export { planQuery, type Query, type QueryPlan } from './plan-query.js';
export { type Producer, producerOf, readingFrom } from './producer.js';
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
  type SelectInputs,
  type SelectResult,
  type Task,
  type TaskKind,
  taskKinds,
} from './task.js';
export { semantics, taskKey } from './task-key.js';
export { arrayToProto, originToProto } from './to-proto.js';
export { runWorker, type WorkerOptions } from './worker.js';
