// Data sets in the object store: what they are, their splits, writing and reading them.

export {
  datasetNames,
  findDataset,
  listDatasets,
  lookUpDataset,
  nameTaken,
  publishDataset,
  readManifest,
  removeDataset,
  unknownDataset,
} from './catalogue.js';
export { chunkSamplesFor, DEFAULT_SHARD_BYTES } from './chunking.js';
export {
  assertDatasetName,
  type DatasetContent,
  type DatasetManifest,
  type DatasetShard,
  type DatasetSource,
  type DatasetSplit,
  digestOf,
  idsOf,
  type Normalisation,
  type Repetition,
  type SampleShape,
  type SourceFile,
  type SplitName,
  sampleBytesOf,
  samplesOf,
  splitOf,
  storedBytesOf,
} from './manifest.js';
export {
  type DatasetReader,
  openDataset,
  type ReaderOptions,
  type ReadOptions,
  type Samples,
} from './reader.js';
export { digestsOf, digestsOfImport, importsPrefix } from './running-imports.js';
export { DEFAULT_CACHE_BYTES } from './shard-cache.js';
export { ShardWriter, type ShardWriterOptions } from './shard-writer.js';
export { type DrawnSplit, drawSplit, type SplitOptions } from './splits.js';
export {
  type DatasetInput,
  type SampleBatch,
  type SplitInput,
  type WriteDatasetOptions,
  writeDataset,
} from './write-dataset.js';
