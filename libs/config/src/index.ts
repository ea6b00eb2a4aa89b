export { type Architecture, architectures, signalsOf } from './architectures.js';
export { type Environment, type EnvironmentOptions, readEnvironment } from './environment.js';
export { specSchema } from './json-schema.js';
export { type ParseSpecOptions, parseSpec } from './parse-spec.js';
export type {
  ComparisonSpec,
  CountOrAll,
  ModelSpec,
  OptimizerSpec,
  ProtocolSpec,
  StrategyEntry,
  TrainingSpec,
} from './spec.js';
export { parametersToProto, rawParameters, specFromProto, specToProto } from './spec-proto.js';
export { specToYaml } from './spec-yaml.js';
export { validateSpec } from './validate-spec.js';
