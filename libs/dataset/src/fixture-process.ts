// For tests only: a process that reads all samples of `small`, again and again, through a cache that is too small
// for them. Arguments: store folder, cache folder, cache bytes, passes. Prints the digest of the images of each pass.

import { sha256Hex } from '@alarena/core';
import { FilesystemStore } from '@alarena/store';
import { findDataset } from './catalogue.js';
import { idsOf } from './manifest.js';
import { openDataset } from './reader.js';

const [storeFolder = '', cacheFolder = '', cacheBytes = '', passes = ''] = process.argv.slice(2);
const store = new FilesystemStore(storeFolder);
const manifest = await findDataset(store, 'small');
const reader = openDataset(store, manifest, { cacheFolder, cacheBytes: Number(cacheBytes) });
for (let pass = 0; pass < Number(passes); pass++) {
  for (const split of manifest.splits) {
    const { images } = await reader.read(idsOf(split));
    process.stdout.write(`${split.name} ${sha256Hex(images)}\n`);
  }
}
