// Data sets as messages.

import { common, type dataset } from '@alarena/api';
import { type DatasetManifest, storedBytesOf } from '@alarena/dataset';

export function encodeDataset(manifest: DatasetManifest): dataset.Dataset {
  const { name, digest, sampleShape, classes, splits, shards } = manifest;
  return {
    name,
    digest,
    sampleShape: [...sampleShape],
    dtype: common.DataType.DATA_TYPE_UINT8,
    classes: [...classes],
    splits: splits.map((split) => ({ ...split })),
    storedBytes: BigInt(storedBytesOf(manifest)),
    shards: shards.length,
  };
}
