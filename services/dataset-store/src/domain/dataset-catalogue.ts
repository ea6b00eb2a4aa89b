// What the data set store does, for callers in this process; the gRPC handlers are a thin layer over it.

import {
  type DatasetManifest,
  findDataset,
  listDatasets,
  openDataset,
  type Repetition,
  removeDataset,
} from '@alarena/dataset';
import type { ObjectStore } from '@alarena/store';
import { builtInNames } from './built-in.js';
import { type DatasetSources, ensureDataset, type ImportProgress, importDataset } from './import.js';
import { type SampleChunk, sampleChunks } from './samples.js';

export interface CatalogueOptions {
  readonly store: ObjectStore;
  readonly sources: DatasetSources;
  /** Folder for imports under way. */
  readonly workFolder: string;
  /** Folder of local copies of shards. */
  readonly cacheFolder: string;
  readonly cacheBytes?: number | undefined;
  readonly shardBytes?: number | undefined;
}

export interface LongCall {
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: ImportProgress) => void) | undefined;
}

/** What is imported, where it is not simply what the name says. */
export interface ImportCall extends LongCall {
  readonly builtIn?: string | undefined;
  readonly repetition?: Repetition | undefined;
}

export class DatasetCatalogue {
  readonly #options: CatalogueOptions;

  constructor(options: CatalogueOptions) {
    this.#options = options;
  }

  list(): Promise<DatasetManifest[]> {
    return listDatasets(this.#options.store);
  }

  get(name: string): Promise<DatasetManifest> {
    return findDataset(this.#options.store, name, builtInNames());
  }

  /** Imports a built-in data set on first use. */
  ensure(name: string, call: LongCall = {}): Promise<DatasetManifest> {
    return ensureDataset(this.#options.store, name, { ...this.#options, ...call });
  }

  /** `folder` undefined: the built-in data set of that name. */
  import(name: string, folder: string | undefined, call: ImportCall = {}): Promise<DatasetManifest> {
    return importDataset(this.#options.store, name, folder, { ...this.#options, ...call });
  }

  remove(name: string): Promise<void> {
    return removeDataset(this.#options.store, name);
  }

  async *samples(
    name: string,
    ids: readonly number[],
    { chunkSamples = 0, signal }: { readonly chunkSamples?: number; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<SampleChunk, void, undefined> {
    const reader = openDataset(this.#options.store, await this.get(name), this.#options);
    yield* sampleChunks(reader, ids, chunkSamples, signal);
  }
}
