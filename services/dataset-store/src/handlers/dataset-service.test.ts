import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { dataset } from '@alarena/api';
import { AppError } from '@alarena/core';
import { DatasetCatalogue } from '../domain/dataset-catalogue.js';
import type { ByteSource } from '../domain/idx.js';
import { appError, type Home, idxFolder, imageOf, labelOf, withClient, withHome } from '../fixtures.js';
import { localSources } from '../server.js';
import { createDatasetService } from './dataset-service.js';

const CALL = { timeoutMs: 20_000 };

function importOf(name: string, source: string): dataset.ImportDatasetRequest {
  return { name, source, builtIn: '', repetition: undefined };
}

async function collect<T>(messages: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const message of messages) all.push(message);
  return all;
}

async function withSmall(
  use: (client: Parameters<Parameters<typeof withClient>[1]>[0], home: Home) => Promise<void>,
): Promise<void> {
  await withHome((home) =>
    withClient(home, async (client) => {
      const source = await home.source('files', idxFolder());
      await collect(client.importDataset(importOf('small', source), CALL));
      await use(client, home);
    }),
  );
}

describe('DatasetService', () => {
  test('imports with progress; the data set comes with the last message', async () => {
    await withHome((home) =>
      withClient(home, async (client) => {
        const source = await home.source('files', idxFolder());
        const messages = await collect(client.importDataset(importOf('small', source), CALL));
        const last = messages.at(-1);
        assert.equal(last?.samplesDone, 1100);
        assert.equal(last?.samplesTotal, 1100);
        assert.equal(last?.dataset?.name, 'small');
        assert.ok(messages.slice(0, -1).every((message) => message.dataset === undefined));
      }),
    );
  });

  test('repeats train images where the request says so', async () => {
    await withHome((home) =>
      withClient(home, async (client) => {
        const source = await home.source('files', idxFolder());
        const repetition = { distinct: 10, times: 3, noise: 0.1, seed: 4n };
        const messages = await collect(
          client.importDataset({ ...importOf('copies', source), repetition }, CALL),
        );
        const last = messages.at(-1);
        assert.equal(last?.samplesTotal, 30 + 890 + 200);
        assert.equal(last?.samplesDone, last?.samplesTotal);
        assert.match(
          last?.dataset?.origin ?? '',
          /10 of the train images, each 3 times with noise of 0\.1, seed 4/,
        );
      }),
    );
  });

  test('lists and describes', async () => {
    await withSmall(async (client) => {
      const { datasets } = await client.listDatasets({}, CALL);
      const { dataset: found } = await client.getDataset({ name: 'small' }, CALL);
      assert.deepEqual(datasets, [found]);
      assert.deepEqual(found?.sampleShape, [5, 4, 1]);
      assert.deepEqual(found?.splits, [
        { name: 'train', samples: 900, firstId: 0 },
        { name: 'test', samples: 200, firstId: 900 },
      ]);
      assert.equal(found?.shards, 5);
      assert.ok((found?.storedBytes ?? 0n) > 0n);
    });
  });

  test('removes', async () => {
    await withSmall(async (client) => {
      await client.removeDataset({ name: 'small' }, CALL);
      assert.deepEqual(await client.listDatasets({}, CALL), { datasets: [] });
      await assert.rejects(client.removeDataset({ name: 'small' }, CALL), appError('not-found', /"small"/));
    });
  });

  test('streams samples in the order asked for, in chunks of the size asked for', async () => {
    await withSmall(async (client) => {
      const ids = Array.from({ length: 950 }, (_, i) => (i * 7919) % 1100).concat([3, 3]);
      const chunks = await collect(client.streamSamples({ name: 'small', ids, chunkSamples: 100 }, CALL));
      assert.deepEqual(
        chunks.map((chunk) => chunk.ids.length),
        [100, 100, 100, 100, 100, 100, 100, 100, 100, 52],
      );
      assert.deepEqual(
        chunks.flatMap((chunk) => chunk.ids),
        ids,
      );
      assert.deepEqual(
        chunks.flatMap((chunk) => chunk.labels),
        ids.map(labelOf),
      );
      assert.deepEqual(Buffer.concat(chunks.map((chunk) => chunk.values)), Buffer.concat(ids.map(imageOf)));
    });
  });

  test('cuts a stream at about a megabyte, and at eight at most', async () => {
    await withSmall(async (client) => {
      const ids = Array.from({ length: 430_000 }, (_, i) => i % 1100);
      const sizesOf = async (count: number, chunkSamples: number) => {
        const request = { name: 'small', ids: ids.slice(0, count), chunkSamples };
        return (await collect(client.streamSamples(request, CALL))).map((chunk) => chunk.values.length);
      };
      const megabyte = Math.floor((1 << 20) / 20) * 20;
      assert.deepEqual(await sizesOf(60_000, 0), [megabyte, 60_000 * 20 - megabyte]);
      const most = Math.floor((8 << 20) / 20) * 20;
      assert.deepEqual(await sizesOf(430_000, 430_000), [most, 430_000 * 20 - most]);
    });
  });

  test('refuses ids that are not there before it sends any', async () => {
    await withSmall(async (client) => {
      const seen: dataset.StreamSamplesResponse[] = [];
      const ids = Array.from({ length: 1101 }, (_, i) => i);
      const reading = async () => {
        for await (const chunk of client.streamSamples({ name: 'small', ids, chunkSamples: 10 }, CALL))
          seen.push(chunk);
      };
      await assert.rejects(reading(), appError('not-found', /no sample 1100; its ids are train 0 to 899/));
      assert.equal(seen.length, 0);
    });
  });

  test('names the field and the nearest name in errors', async () => {
    await withSmall(async (client) => {
      await assert.rejects(client.getDataset({ name: 'smal' }, CALL), (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.code, 'not-found');
        assert.match(error.message, /did you mean "small"/);
        return true;
      });
      const relative = collect(client.importDataset(importOf('x', 'files'), CALL));
      await assert.rejects(relative, (error) => {
        assert.ok(error instanceof AppError);
        assert.deepEqual(
          error.violations.map(({ field }) => field),
          ['source'],
        );
        return true;
      });
    });
  });

  test('ends an import when its caller goes away', async () => {
    await withHome(async (home) => {
      const files = await localSources.ofFolder(await home.source('files', idxFolder()));
      const images = neverEndingAfterOneLook(files.train.images);
      const sources = {
        ...localSources,
        ofFolder: async () => ({ ...files, train: { ...files.train, images } }),
      };
      const { store, workFolder } = home;
      const catalogue = new DatasetCatalogue({
        store,
        workFolder,
        cacheFolder: `${home.folder}/cache`,
        sources,
      });
      const server = { catalogue, service: createDatasetService(catalogue) };
      await withClient({ server }, async (client) => {
        for await (const message of client.importDataset(importOf('small', '/any'), CALL)) {
          assert.equal(message.samplesTotal, 1100);
          break;
        }
      });
      assert.deepEqual(await home.keys('datasets/'), []);
    });
  });
});

function neverEndingAfterOneLook(source: ByteSource): ByteSource {
  let looks = 0;
  return {
    name: source.name,
    async *open() {
      looks += 1;
      if (looks === 1) yield* source.open();
      else for (;;) yield await setImmediate(new Uint8Array(0));
    },
  };
}
