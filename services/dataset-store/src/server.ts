// The service without its environment: what main.ts, the embedded stack and tests build.

import type { ServiceRegistration } from '@alarena/grpc';
import { idxFilesIn, idxFilesOf } from './adapters/idx-folder.js';
import { type CatalogueOptions, DatasetCatalogue } from './domain/dataset-catalogue.js';
import type { DatasetSources } from './domain/import.js';
import { createDatasetService } from './handlers/dataset-service.js';

export interface DatasetServer {
  /** For callers in this process. */
  readonly catalogue: DatasetCatalogue;
  /** To be given to createGrpcServer. */
  readonly service: ServiceRegistration;
}

export type DatasetServerOptions = Omit<CatalogueOptions, 'sources'>;

/** Folders and installed packages of this machine. */
export const localSources: DatasetSources = { ofFolder: idxFilesIn, ofBuiltIn: idxFilesOf };

export function createDatasetServer(options: DatasetServerOptions): DatasetServer {
  const catalogue = new DatasetCatalogue({ ...options, sources: localSources });
  return { catalogue, service: createDatasetService(catalogue) };
}
