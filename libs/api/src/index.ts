// Generated messages, clients and servers, one namespace an area: `comparison.Cell`, `dataset.Dataset`.

export * as common from './common.js';
export * as cluster from './gen/alarena/cluster/v1/cluster.js';
export * as comparison from './gen/alarena/comparison/v1/comparison.js';
export * as dataset from './gen/alarena/dataset/v1/dataset.js';
export * as inference from './gen/alarena/inference/v1/inference.js';
export * as strategy from './gen/alarena/strategy/v1/strategy.js';
export * as training from './gen/alarena/training/v1/training.js';
export { descriptorSet } from './gen/descriptors.js';
export { Any } from './gen/google/protobuf/any.js';
export * as rpc from './rpc.js';
