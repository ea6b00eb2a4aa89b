// The data sets of a store: names that point to manifests. A name is written last, conditionally, so a data set is
// seen whole or not at all.

import { AppError, didYouMean, type Json } from '@alarena/core';
import { getJson, type ObjectStore, putJson } from '@alarena/store';
import {
  assertDatasetName,
  type DatasetManifest,
  type DatasetPointer,
  type DatasetSource,
  MANIFEST_SCHEMA_VERSION,
  manifestKey,
  POINTER_PREFIX,
  pointerKey,
} from './manifest.js';
import { parseManifest, parsePointer } from './manifest-json.js';

/** All data sets, by name. */
export async function listDatasets(store: ObjectStore): Promise<DatasetManifest[]> {
  const found: DatasetManifest[] = [];
  for (const name of await datasetNames(store)) {
    const manifest = await lookUpDataset(store, name);
    if (manifest !== undefined) found.push(manifest);
  }
  return found;
}

export async function datasetNames(store: ObjectStore): Promise<string[]> {
  const names: string[] = [];
  for await (const { key } of store.list(POINTER_PREFIX)) {
    if (key.endsWith('.json')) names.push(key.slice(POINTER_PREFIX.length, -'.json'.length));
  }
  return names.sort();
}

/** `not-found` names the nearest data set there is; `alsoKnown` are names that could be imported. */
export async function findDataset(
  store: ObjectStore,
  name: string,
  alsoKnown: readonly string[] = [],
): Promise<DatasetManifest> {
  const manifest = await lookUpDataset(store, name);
  if (manifest !== undefined) return manifest;
  throw unknownDataset(name, [...(await datasetNames(store)), ...alsoKnown]);
}

export function unknownDataset(name: string, known: readonly string[]): AppError {
  const names = [...new Set(known)].sort();
  const available = names.length === 0 ? 'there are none yet' : `there are: ${names.join(', ')}`;
  const message = `no data set is called "${name}"${didYouMean(name, names)} (${available})`;
  return new AppError('not-found', message, {
    reason: 'DATASET_UNKNOWN',
    facts: { dataset: name },
    violations: [{ field: 'dataset', description: message }],
  });
}

/** Undefined when there is no such name. */
export async function lookUpDataset(store: ObjectStore, name: string): Promise<DatasetManifest | undefined> {
  const pointer = await readPointer(store, name);
  if (pointer === undefined) return undefined;
  const manifest = await readManifest(store, pointer.digest);
  return { ...manifest, name, source: pointer.source };
}

/** A data set by its digest, as tasks name it, whether or not a name points to it still. */
export async function readManifest(store: ObjectStore, digest: string): Promise<DatasetManifest> {
  const key = manifestKey(digest);
  const found = await getJson(store, key, (value) => parseManifest(value, key));
  if (found !== undefined) return found.value;
  throw new AppError('not-found', `the store has no data set with digest ${digest}`, {
    reason: 'DATASET_UNKNOWN',
    facts: { digest },
  });
}

/** Puts the manifest, then the name. `already-exists` when the name stands for other content. */
export async function publishDataset(
  store: ObjectStore,
  manifest: DatasetManifest,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const { name, digest, source } = manifest;
  assertDatasetName(name);
  await putJson(store, manifestKey(digest), manifestJson(manifest), options);
  const pointer = { schemaVersion: MANIFEST_SCHEMA_VERSION, name, digest, source: sourceJson(source) };
  try {
    await putJson(store, pointerKey(name), pointer, { ...options, ifNoneMatch: '*' });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'already-exists') throw error;
    const present = await readPointer(store, name);
    if (present?.digest !== digest) throw nameTaken(name);
  }
}

export function nameTaken(name: string): AppError {
  return new AppError(
    'already-exists',
    `a data set called "${name}" with other content exists: remove it first, or choose another name`,
    { reason: 'DATASET_EXISTS', facts: { dataset: name } },
  );
}

/**
 * Removes the name. Manifest and shards stay for comparisons that are under way; they go with the next collection
 * of what no name and no result needs.
 */
export async function removeDataset(store: ObjectStore, name: string): Promise<void> {
  if ((await readPointer(store, name)) === undefined) {
    throw unknownDataset(name, await datasetNames(store));
  }
  await store.delete(pointerKey(name));
}

async function readPointer(store: ObjectStore, name: string): Promise<DatasetPointer | undefined> {
  assertDatasetName(name);
  const key = pointerKey(name);
  return (await getJson(store, key, (value) => parsePointer(value, key)))?.value;
}

function manifestJson(manifest: DatasetManifest): Json {
  const { normalisation, shards, splits, source, ...rest } = manifest;
  return {
    ...rest,
    shards: shards.map(({ index, ...shard }) => (index ? { ...shard, index: { ...index } } : shard)),
    splits: splits.map((split) => ({ ...split })),
    normalisation: { mean: normalisation.mean, std: normalisation.std },
    source: sourceJson(source),
  };
}

function sourceJson({ format, files, package: from, repetition }: DatasetSource): Record<string, Json> {
  return {
    format,
    files: files.map((file) => ({ ...file })),
    ...(from !== undefined && { package: from }),
    ...(repetition !== undefined && { repetition: { ...repetition } }),
  };
}
