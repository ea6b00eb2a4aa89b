// The rpcs of DatasetService: decode, call the domain, encode.

import { dataset } from '@alarena/api';
import { implement, type ServiceRegistration } from '@alarena/grpc';
import type { DatasetCatalogue } from '../domain/dataset-catalogue.js';
import { encodeDataset } from './encode.js';
import { importWithProgress } from './import-dataset.js';

export function createDatasetService(catalogue: DatasetCatalogue): ServiceRegistration {
  return implement(dataset.DatasetServiceService, {
    listDatasets: async () => ({ datasets: (await catalogue.list()).map(encodeDataset) }),
    getDataset: async ({ name }) => ({ dataset: encodeDataset(await catalogue.get(name)) }),
    importDataset: (request, { signal }) => importWithProgress(catalogue, request, signal),
    removeDataset: async ({ name }) => {
      await catalogue.remove(name);
      return {};
    },
    streamSamples: async function* ({ name, ids, chunkSamples }, { signal }) {
      for await (const chunk of catalogue.samples(name, ids, { chunkSamples, signal })) {
        const { buffer, byteOffset, byteLength } = chunk.values;
        yield {
          ids: [...chunk.ids],
          labels: [...chunk.labels],
          values: Buffer.from(buffer, byteOffset, byteLength),
        };
      }
    },
  });
}
