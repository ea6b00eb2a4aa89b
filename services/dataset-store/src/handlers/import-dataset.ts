// ImportDataset: progress as messages. A slow reader misses intermediate figures, it does not slow the import.

import { isAbsolute } from 'node:path';
import type { dataset } from '@alarena/api';
import { AppError } from '@alarena/core';
import type { DatasetManifest } from '@alarena/dataset';
import type { DatasetCatalogue } from '../domain/dataset-catalogue.js';
import type { ImportProgress } from '../domain/import.js';
import { encodeDataset } from './encode.js';

/** Leaving the generator cancels the import. */
export async function* importWithProgress(
  catalogue: DatasetCatalogue,
  { name, source, builtIn, repetition }: dataset.ImportDatasetRequest,
  signal: AbortSignal,
): AsyncGenerator<dataset.ImportDatasetResponse, void, undefined> {
  const folder = source === '' ? undefined : absolute(source);
  const left = new AbortController();
  let latest: ImportProgress = { samplesDone: 0, samplesTotal: 0 };
  let news = deferred();
  let finished: DatasetManifest | undefined;
  const importing = catalogue
    .import(name, folder, {
      builtIn: builtIn === '' ? undefined : builtIn,
      repetition: repetition && { ...repetition, seed: Number(repetition.seed) },
      signal: AbortSignal.any([signal, left.signal]),
      progress: (progress) => {
        latest = progress;
        news.resolve();
      },
    })
    .then((manifest) => {
      finished = manifest;
    });
  try {
    for (;;) {
      await Promise.race([importing, news.promise]);
      if (finished !== undefined) break;
      news = deferred();
      yield { ...latest, dataset: undefined };
    }
    yield { ...latest, dataset: encodeDataset(finished) };
  } finally {
    left.abort();
    // What went wrong was thrown above; here it only has to have ended.
    await importing.catch(() => undefined);
  }
}

function absolute(source: string): string {
  if (isAbsolute(source)) return source;
  throw AppError.invalid('the source of the import', [
    { field: 'source', description: `must be an absolute path of a folder on the server, got "${source}"` },
  ]);
}

function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
