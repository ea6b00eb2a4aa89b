// For tests only: a process that reads scattered samples of `pictures` through a shared cache. Arguments: store folder,
// cache folder, cache bytes, passes, first seed. Prints a digest of each pass, and last the bytes it fetched.

import { namedRandom, sha256Hex } from '@alarena/core';
import { FilesystemStore } from '@alarena/store';
import { findDataset } from './catalogue.js';
import { CountingStore } from './counting-store.fixture.js';
import { samplesOf } from './manifest.js';
import { openDataset } from './reader.js';

const [storeFolder = '', cacheFolder = '', cacheBytes = '', passes = '', seed = ''] = process.argv.slice(2);
const store = new CountingStore(new FilesystemStore(storeFolder));
const manifest = await findDataset(store, 'pictures');
store.take();
const reader = openDataset(store, manifest, { cacheFolder, cacheBytes: Number(cacheBytes) });
for (let pass = 0; pass < Number(passes); pass++) {
  const random = namedRandom('pass', Number(seed) + pass);
  const ids = Array.from({ length: 40 }, () => random.below(samplesOf(manifest)));
  const { images } = await reader.read(ids);
  process.stdout.write(`${ids.join()} ${sha256Hex(images)}\n`);
}
process.stdout.write(`${store.take().bytes}\n`);
