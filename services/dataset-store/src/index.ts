// The data set store: built by the embedded stack, and by main.ts as a process of its own.

export { BUILT_IN, type BuiltInDataset, builtInNames } from './domain/built-in.js';
export { type CatalogueOptions, DatasetCatalogue, type LongCall } from './domain/dataset-catalogue.js';
export {
  type DatasetSources,
  ensureDataset,
  type ImportOptions,
  type ImportProgress,
  importDataset,
} from './domain/import.js';
export type { SampleChunk } from './domain/samples.js';
export {
  createDatasetServer,
  type DatasetServer,
  type DatasetServerOptions,
  localSources,
} from './server.js';
