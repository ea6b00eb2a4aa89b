export {
  type BooleanParameter,
  checkParameters,
  type NumericParameter,
  type ParameterDefinition,
  type Parameters,
  parseParameters,
  type StringParameter,
} from './parameters.js';
export { getStrategy, strategies, strategyNames, unknownStrategy } from './registry.js';
export type {
  LabelledView,
  LayerSignal,
  PoolView,
  Selection,
  Signal,
  Source,
  Strategy,
  StrategyDescriptor,
} from './strategy.js';
export { strategyTable, withStrategyTable } from './table.js';
