// Imports: find the files, look through them, write shards, manifest and name. The name comes last, so a killed or
// failed import shows nothing. Importing what is there already is a look at the source and no more.

import { AppError } from '@alarena/core';
import {
  type DatasetManifest,
  type DatasetSource,
  datasetNames,
  lookUpDataset,
  nameTaken,
  type Repetition,
  samplesOf,
  unknownDataset,
  writeDataset,
} from '@alarena/dataset';
import { blobKey, type ObjectStore } from '@alarena/store';
import { type BuiltInDataset, builtIn, builtInNames } from './built-in.js';
import { type IdxFiles, inspectIdx } from './idx-dataset.js';
import { repeated } from './repetition.js';

/** Where files come from: a port, since the domain knows no folders and packages. */
export interface DatasetSources {
  ofFolder(folder: string): Promise<IdxFiles>;
  ofBuiltIn(dataset: BuiltInDataset): Promise<IdxFiles>;
}

export interface ImportProgress {
  readonly samplesDone: number;
  readonly samplesTotal: number;
}

export interface ImportOptions {
  readonly sources: DatasetSources;
  /** Folder for what is being written. */
  readonly workFolder: string;
  readonly shardBytes?: number | undefined;
  /** Whose files are read, where that is not the data set's own name. */
  readonly builtIn?: string | undefined;
  /** How the train split is made of the files' images. Default: as the built-in data set has it. */
  readonly repetition?: Repetition | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: ((progress: ImportProgress) => void) | undefined;
}

/** `folder` undefined: the built-in data set of that name. */
export async function importDataset(
  store: ObjectStore,
  name: string,
  folder: string | undefined,
  options: ImportOptions,
): Promise<DatasetManifest> {
  checkBase(name, folder, options);
  const present = await lookUpDataset(store, name);
  const dataset = folder === undefined ? builtIn(options.builtIn ?? name) : undefined;
  if (folder === undefined && dataset === undefined) {
    if (present !== undefined && options.repetition === undefined) return present;
    throw notImportable(options.builtIn ?? name, await datasetNames(store));
  }
  const { sources, signal } = options;
  const files =
    dataset === undefined ? await sources.ofFolder(folder ?? '') : await sources.ofBuiltIn(dataset);
  const inspected = await inspectIdx(files, dataset?.files ?? [], signal);
  const repetition = options.repetition ?? dataset?.repetition;
  const found = repetition === undefined ? inspected : repeated(inspected, repetition);
  const report = (samplesDone: number): void =>
    options.progress?.({ samplesDone, samplesTotal: found.samples });
  if (present !== undefined) {
    if (!sameSource(present.source, found.source)) throw nameTaken(name);
    if (await isComplete(store, present)) {
      report(samplesOf(present));
      return present;
    }
  }
  report(0);
  return await writeDataset(
    store,
    {
      name,
      sampleShape: found.sampleShape,
      classes: found.classes,
      source: found.source,
      splits: found.splits(signal),
    },
    { workFolder: options.workFolder, shardBytes: options.shardBytes, signal, progress: report },
  );
}

/**
 * The data set of that name, imported first when it is built in and not there yet: what lets a spec say
 * `dataset: mnist` in an empty home.
 */
export async function ensureDataset(
  store: ObjectStore,
  name: string,
  options: ImportOptions,
): Promise<DatasetManifest> {
  const present = await lookUpDataset(store, name);
  if (present !== undefined) return present;
  if (builtIn(name) === undefined)
    throw unknownDataset(name, [...(await datasetNames(store)), ...builtInNames()]);
  return await importDataset(store, name, undefined, options);
}

function notImportable(name: string, known: readonly string[]): AppError {
  const { message, reason, facts, violations } = unknownDataset(name, [...known, ...builtInNames()]);
  return new AppError('not-found', `${message}; to import it from files, name their folder`, {
    reason,
    facts,
    violations,
  });
}

/** By content: the same files are the same data set, compressed or not and wherever they were. */
function sameSource(a: DatasetSource, b: DatasetSource): boolean {
  const identity = ({ files, repetition }: DatasetSource): string =>
    [...files.map(({ sha256 }) => sha256), ...Object.values(repetition ?? {})].join();
  return identity(a) === identity(b);
}

/** What a built-in name stands for is the same everywhere. */
function checkBase(
  name: string,
  folder: string | undefined,
  { builtIn: base, repetition }: ImportOptions,
): void {
  const refuse = (field: string, description: string): AppError =>
    AppError.invalid('this data set cannot be imported:', [{ field, description }]);
  if (base !== undefined && folder !== undefined) {
    throw refuse('built_in', 'cannot be given with a folder to read from');
  }
  const other = repetition !== undefined || (base ?? name) !== name;
  if (folder === undefined && other && builtIn(name) !== undefined) {
    throw refuse(
      'name',
      `${name} is built in as it is; choose another name, and ${base ?? name} as what it is made of`,
    );
  }
}

async function isComplete(store: ObjectStore, manifest: DatasetManifest): Promise<boolean> {
  for (const { digest, sizeBytes } of manifest.shards) {
    if ((await store.head(blobKey(digest)))?.sizeBytes !== sizeBytes) return false;
  }
  return true;
}
