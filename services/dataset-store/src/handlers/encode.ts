// Data sets as messages.

import { common, type dataset } from '@alarena/api';
import { type DatasetManifest, type DatasetSource, storedBytesOf } from '@alarena/dataset';

export function encodeDataset(manifest: DatasetManifest): dataset.Dataset {
  const { name, digest, sampleShape, classes, splits, shards, source } = manifest;
  return {
    name,
    digest,
    sampleShape: [...sampleShape],
    dtype: common.DataType.DATA_TYPE_UINT8,
    classes: [...classes],
    splits: splits.map((split) => ({ ...split })),
    storedBytes: BigInt(storedBytesOf(manifest)),
    shards: shards.length,
    origin: originOf(source),
  };
}

function originOf({ package: from, files, repetition }: DatasetSource): string {
  const origin = from ?? files.map(({ name }) => name).join(', ');
  if (repetition === undefined) return origin;
  const { distinct, times, noise, seed } = repetition;
  return `${origin}; ${distinct} of the train images, each ${times} times with noise of ${noise}, seed ${seed}`;
}
