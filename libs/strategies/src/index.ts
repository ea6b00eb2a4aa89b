export type { Clustering } from './algorithms/hdbscan/clusters.js';
export { type HdbscanOptions, hdbscan } from './algorithms/hdbscan/hdbscan.js';
export { checkValues } from './check-signals.js';
export { needsOf } from './needs.js';
export {
  allowedValues,
  type BooleanParameter,
  checkParameters,
  type NumericParameter,
  type ParameterDefinition,
  type Parameters,
  parseParameters,
  type StringParameter,
} from './parameters.js';
export { rankParts, selectFromParts, selectionOfRankings } from './parts.js';
export {
  type Family,
  families,
  getStrategy,
  strategies,
  strategyNames,
  unknownStrategy,
} from './registry.js';
export type {
  KnownSignal,
  KnownView,
  LayerSignal,
  PoolPart,
  PoolView,
  Selection,
  Signal,
  Source,
  Strategy,
  StrategyDescriptor,
  TrainingRecord,
} from './strategy.js';
export { plainTools, type Tools } from './tools.js';
export type { Ranking } from './top-k.js';
