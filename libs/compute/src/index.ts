export {
  type Computation,
  type ComputationContext,
  ComputeHost,
  type ComputeHostOptions,
  serveComputations,
} from './host/index.js';
export {
  type Architecture,
  architectures,
  type Batch,
  type Evaluation,
  type Layer,
  type MaskLayer,
  type Model,
  type ModelSpec,
  type OptimizerSpec,
  type Signals,
  type TrainStep,
} from './model.js';
export { openModel } from './models/compiled-model.js';
export { loadTensorflow, type Tensorflow, type TensorflowOptions } from './tensorflow/binding.js';
export { tensorflowMatrices } from './tensorflow/matrices.js';
export { MatricesAtHand } from './tensorflow/matrices-at-hand.js';
export { type NumericsProfile, numericsProfile } from './tensorflow/numerics-profile.js';
export {
  type EpochRecord,
  type FitCheckpoints,
  type FitOptions,
  type FitState,
  fit,
  inferenceBatch,
  inferSignals,
  measure,
  type SignalArrays,
  type SignalRequest,
} from './training/index.js';
