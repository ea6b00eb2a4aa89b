// What a computing child process keeps between tasks: the store, data sets, samples read lately, and one compiled
// model with the weights it has.

import {
  type Architecture,
  architectures,
  type Model,
  type ModelSpec,
  type OptimizerSpec,
  openModel,
} from '@alarena/compute';
import { AppError, type NdArray, sizeOf } from '@alarena/core';
import {
  type DatasetManifest,
  type DatasetReader,
  openDataset,
  readManifest,
  type Samples,
} from '@alarena/dataset';
import { getFloats, type ObjectStore } from '@alarena/store';
import { type FitInputs, getIds, getResult, type IdsRef, type Manifest, readingFrom } from '@alarena/tasks';
import { SampleCache } from './sample-cache.js';

const defaultCheckpointEveryMs = 5 * 60_000;
const sampleCacheBytes = 256 * 1024 * 1024;

export interface WorkbenchOptions {
  /** Where shards of data sets are kept. */
  readonly cacheFolder: string;
  /** Most bytes of shards there. */
  readonly cacheBytes: number;
  /** A fit that is longer goes on from its last checkpoint when its worker is lost. Default: 5 min. */
  readonly checkpointEveryMs?: number | undefined;
}

export interface Fitted {
  readonly model: Model;
  readonly fit: Manifest<'fit'>;
}

interface OpenModel {
  /** All that its graph depends on. */
  readonly name: string;
  readonly model: Model;
  /** Key of the fit whose weights it has. */
  weightsOf: string | undefined;
}

export class Workbench {
  readonly store: ObjectStore;
  readonly checkpointEveryMs: number;
  readonly #options: WorkbenchOptions;
  readonly #readers = new Map<string, DatasetReader>();
  readonly #samples = new SampleCache(sampleCacheBytes);
  #open: OpenModel | undefined;

  constructor(store: ObjectStore, options: WorkbenchOptions) {
    this.store = store;
    this.#options = options;
    this.checkpointEveryMs = options.checkpointEveryMs ?? defaultCheckpointEveryMs;
  }

  async dataset(digest: string): Promise<DatasetReader> {
    const known = this.#readers.get(digest);
    if (known !== undefined) return known;
    const { cacheFolder, cacheBytes } = this.#options;
    const manifest = await readManifest(this.store, digest);
    const reader = openDataset(this.store, manifest, { cacheFolder, cacheBytes });
    this.#readers.set(digest, reader);
    return reader;
  }

  /** The samples of a stored list, in ascending order of id. */
  async samples(dataset: DatasetReader, ids: IdsRef): Promise<Samples> {
    return this.#samples.get(`${dataset.manifest.digest}/${ids.sha256}`, async () =>
      dataset.read(await getIds(this.store, ids)),
    );
  }

  /**
   * Reads the samples of a stored list by parts, in ascending order of id. A list too large to be kept whole is never
   * in memory whole.
   */
  async parts(dataset: DatasetReader, ids: IdsRef): Promise<(from: number, to: number) => Promise<Samples>> {
    const sampleBytes = sizeOf(dataset.manifest.sampleShape);
    if (ids.count * sampleBytes > sampleCacheBytes) {
      const list = await getIds(this.store, ids);
      return (from, to) => dataset.read(list.subarray(from, to));
    }
    const { images, labels } = await this.samples(dataset, ids);
    return async (from, to) => ({
      images: images.subarray(from * sampleBytes, to * sampleBytes),
      labels: labels.subarray(from, to),
    });
  }

  /** The model for a fit, with whatever weights the last task left: the caller sets or draws its own. */
  modelFor(inputs: FitInputs, manifest: DatasetManifest): Model {
    const open = this.#openModel(inputs, manifest);
    open.weightsOf = undefined;
    return open.model;
  }

  /** A model with the weights of a fit. A corrupt weight names the fit as its producer. */
  async fitted(fitKey: string): Promise<Fitted> {
    const fit = await getResult(this.store, 'fit', fitKey);
    const { manifest } = await this.dataset(fit.inputs.dataset);
    const open = this.#openModel(fit.inputs, manifest);
    if (open.weightsOf !== fitKey) {
      open.weightsOf = undefined;
      const weights = new Map<string, NdArray<'float32'>>();
      await readingFrom({ kind: 'fit', key: fitKey }, async () => {
        for (const { name, array } of fit.result.weights)
          weights.set(name, await getFloats(this.store, array));
      });
      open.model.setWeights(weights);
      open.weightsOf = fitKey;
    }
    return { model: open.model, fit };
  }

  #openModel(inputs: FitInputs, manifest: DatasetManifest): OpenModel {
    const spec = modelSpec(inputs, manifest);
    const { optimizer } = inputs.training;
    const name = JSON.stringify([spec, optimizer]);
    if (this.#open?.name !== name) {
      this.#open?.model.dispose();
      this.#open = undefined;
      this.#open = { name, model: openModel(spec, optimizer satisfies OptimizerSpec), weightsOf: undefined };
    }
    return this.#open;
  }
}

function modelSpec(inputs: FitInputs, manifest: DatasetManifest): ModelSpec {
  const architecture = architectures.find((name): name is Architecture => name === inputs.model.architecture);
  if (architecture === undefined) {
    throw AppError.invalid('the model cannot be built', [
      {
        field: 'model.architecture',
        description: `must be one of ${architectures.join(', ')}, got ${inputs.model.architecture}`,
      },
    ]);
  }
  return {
    architecture,
    sampleShape: manifest.sampleShape,
    classes: manifest.classes.length,
    dropout: inputs.model.dropout ?? false,
    normalisation: manifest.normalisation,
  };
}
