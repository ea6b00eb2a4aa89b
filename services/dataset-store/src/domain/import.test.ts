import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { blobKey } from '@alarena/store';
import {
  appError,
  CLASSES,
  gzipped,
  type Home,
  type IdxFolder,
  idx,
  idxFolder,
  imageOf,
  labelOf,
  SAMPLE_BYTES,
  withHome,
} from '../fixtures.js';
import { createDatasetServer } from '../server.js';
import type { ImportProgress } from './import.js';

async function samplesOf({ server }: Home, name: string, ids: readonly number[]) {
  const images: Uint8Array[] = [];
  const labels: number[] = [];
  for await (const chunk of server.catalogue.samples(name, ids)) {
    images.push(chunk.values);
    labels.push(...chunk.labels);
  }
  return { images: Buffer.concat(images), labels };
}

async function assertImported(home: Home, name: string): Promise<void> {
  const ids = Array.from({ length: 1100 }, (_, id) => id);
  const { images, labels } = await samplesOf(home, name, ids);
  assert.deepEqual(images, Buffer.concat(ids.map(imageOf)));
  assert.deepEqual(labels, ids.map(labelOf));
}

describe('importing a folder of IDX files', () => {
  test('stores every sample, with progress to the end', async () => {
    await withHome(async (home) => {
      const source = await home.source('files', idxFolder());
      const seen: ImportProgress[] = [];
      const manifest = await home.server.catalogue.import('small', source, { progress: (p) => seen.push(p) });
      assert.deepEqual(manifest.splits, [
        { name: 'train', samples: 900, firstId: 0 },
        { name: 'test', samples: 200, firstId: 900 },
      ]);
      assert.deepEqual(manifest.sampleShape, [5, 4, 1]);
      assert.equal(manifest.classes.length, CLASSES);
      assert.deepEqual(seen[0], { samplesDone: 0, samplesTotal: 1100 });
      assert.deepEqual(seen.at(-1), { samplesDone: 1100, samplesTotal: 1100 });
      await assertImported(home, 'small');
    });
  });

  test('gives compressed and plain files, and files spelled with a dot, one identity', async () => {
    await withHome(async (home) => {
      const { catalogue } = home.server;
      const plain = await catalogue.import('small', await home.source('plain', idxFolder()));
      const packed = await home.source('packed', gzipped(idxFolder()));
      assert.deepEqual(await catalogue.import('small', packed), plain);
      const dotted = Object.fromEntries(
        Object.entries(idxFolder()).map(([name, bytes]) => [name.replace('-idx', '.idx'), bytes]),
      );
      const twin = await catalogue.import('twin', await home.source('dotted', dotted));
      assert.equal(twin.digest, plain.digest);
    });
  });

  test('writes nothing for a data set that is there, and repairs one with a shard missing', async () => {
    await withHome(async (home) => {
      const { catalogue } = home.server;
      const source = await home.source('files', idxFolder());
      const manifest = await catalogue.import('small', source);
      const steps: number[] = [];
      const progress = ({ samplesDone }: ImportProgress) => steps.push(samplesDone);
      assert.deepEqual(await catalogue.import('small', source, { progress }), manifest);
      assert.deepEqual(steps, [1100]);
      const [shard] = manifest.shards;
      assert.ok(shard);
      await home.store.delete(blobKey(shard.digest));
      assert.deepEqual(await catalogue.import('small', source), manifest);
      await assertImported(home, 'small');
    });
  });

  test('refuses other content under a name in use until it is removed', async () => {
    await withHome(async (home) => {
      const { catalogue } = home.server;
      await catalogue.import('small', await home.source('files', idxFolder()));
      const other = await home.source('other', idxFolder(901));
      await assert.rejects(
        catalogue.import('small', other),
        appError('already-exists', /"small".*remove it first/),
      );
      await assertImported(home, 'small');
      await catalogue.remove('small');
      assert.equal((await catalogue.import('small', other)).splits[0]?.samples, 901);
    });
  });

  test('takes class names from classes.txt', async () => {
    await withHome(async (home) => {
      const names = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven'];
      const files = { ...idxFolder(), 'classes.txt': Buffer.from(`${names.join('\n')}\n`) };
      const manifest = await home.server.catalogue.import('small', await home.source('files', files));
      assert.deepEqual(manifest.classes, names);
    });
  });

  test('leaves nothing visible when it is killed, and succeeds afterwards', {
    timeout: 180_000,
  }, async () => {
    await withHome(async (home) => {
      const source = await home.source('files', idxFolder());
      const program = fileURLToPath(new URL('../fixture-import.js', import.meta.url));
      for (const stopAt of ['0', '900', '1100']) {
        const args = [program, home.store.root, home.workFolder, source, stopAt, String(256 * SAMPLE_BYTES)];
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        const exited = once(child, 'exit');
        const [line] = await once(child.stdout, 'data');
        assert.equal(String(line), 'standing\n');
        child.kill('SIGKILL');
        assert.deepEqual(await exited, [null, 'SIGKILL']);
        assert.deepEqual(await home.server.catalogue.list(), []);
        assert.deepEqual(await home.keys('datasets/'), []);
      }
      await home.server.catalogue.import('small', source);
      await assertImported(home, 'small');
      assert.deepEqual(await readdir(home.workFolder), []);
    });
  });

  test('says that the disk is full, and shows nothing', async () => {
    await withHome(async (home) => {
      const source = await home.source('files', idxFolder(20_000));
      const program = fileURLToPath(new URL('../fixture-import.js', import.meta.url));
      // A limit on the size of files, here 8 kB, stands for a disk of that size.
      const script = 'ulimit -f 8 && exec "$0" "$@"';
      const args = [program, home.store.root, home.workFolder, source, 'Infinity', String(1 << 20)];
      const { stdout } = await promisify(execFile)('bash', ['-c', script, process.execPath, ...args]);
      assert.match(stdout, /^resource-exhausted the disk of .*tmp is full/);
      assert.deepEqual(await home.keys('datasets/'), []);
    });
  });

  test('names a home that cannot be written', async () => {
    await withHome(async (home) => {
      const source = await home.source('files', idxFolder());
      // A file where the folder should be: works for every user, root included.
      const { catalogue } = createDatasetServer({
        store: home.store,
        workFolder: `${source}/classes.txt/x`,
        cacheFolder: home.folder,
      });
      await home.source('files', { 'classes.txt': Buffer.from('a\nb\nc\nd\ne\nf\ng') });
      await assert.rejects(
        catalogue.import('small', source),
        appError('internal', /cannot be written to .*ENOTDIR/),
      );
    });
  });

  test('stops when it is cancelled and shows nothing', async () => {
    await withHome(async (home) => {
      const source = await home.source('files', idxFolder());
      const controller = new AbortController();
      const progress = ({ samplesDone }: ImportProgress) => samplesDone > 0 && controller.abort();
      await assert.rejects(
        home.server.catalogue.import('small', source, { signal: controller.signal, progress }),
        appError('cancelled', /cancelled/),
      );
      assert.deepEqual(await home.keys('datasets/'), []);
    });
  });
});

describe('an import refuses, naming the file, and shows nothing', () => {
  const faults: readonly [string, (files: IdxFolder) => IdxFolder, string, RegExp][] = [
    [
      'a file that is missing',
      ({ 'train-labels-idx1-ubyte': _, ...rest }) => rest,
      'invalid-argument',
      /lacks train-labels-idx1-ubyte; it must have all of/,
    ],
    [
      'a truncated file',
      (files) => ({
        ...files,
        't10k-images-idx3-ubyte': files['t10k-images-idx3-ubyte']?.subarray(0, 1000) ?? Buffer.alloc(0),
      }),
      'data-loss',
      /t10k-images-idx3-ubyte is truncated: it ends after 1000 bytes, expected 4016/,
    ],
    [
      'a truncated compressed file',
      (files) => {
        const packed = gzipped(files);
        const name = 'train-images-idx3-ubyte.gz';
        return { ...packed, [name]: packed[name]?.subarray(0, 500) ?? Buffer.alloc(0) };
      },
      'data-loss',
      /train-images-idx3-ubyte .* is truncated/,
    ],
    [
      'a file that is not compressed though its name says so',
      (files) => ({ ...gzipped(files), 'train-labels-idx1-ubyte.gz': Buffer.from('not gzip') }),
      'data-loss',
      /train-labels-idx1-ubyte .* is damaged/,
    ],
    [
      'more labels than images',
      (files) => ({ ...files, 'train-labels-idx1-ubyte': idx([0x801, 901], Buffer.alloc(901)) }),
      'invalid-argument',
      /train-labels-idx1-ubyte has 901 labels, but train-images-idx3-ubyte has 900 images/,
    ],
    [
      'a test label that no train sample has',
      (files) => ({ ...files, 't10k-labels-idx1-ubyte': idx([0x801, 200], Buffer.alloc(200, 9)) }),
      'invalid-argument',
      /t10k-labels-idx1-ubyte has label 9 at position 0, expected 0 to 6/,
    ],
    [
      'test images of another size',
      (files) => ({ ...files, 't10k-images-idx3-ubyte': idx([0x803, 200, 2, 2], Buffer.alloc(800)) }),
      'invalid-argument',
      /t10k-images-idx3-ubyte has images of 2 x 2, the train images are 5 x 4/,
    ],
    [
      'images where labels should be',
      (files) => ({
        ...files,
        'train-labels-idx1-ubyte': files['train-images-idx3-ubyte'] ?? Buffer.alloc(0),
      }),
      'invalid-argument',
      /train-labels-idx1-ubyte is not an IDX file of unsigned bytes with 1 dimension/,
    ],
    [
      'too few class names',
      (files) => ({ ...files, 'classes.txt': Buffer.from('a\nb') }),
      'invalid-argument',
      /train-labels-idx1-ubyte has label \d at position \d+, expected 0 to 1/,
    ],
    [
      'a class name twice',
      (files) => ({ ...files, 'classes.txt': Buffer.from('a\na') }),
      'invalid-argument',
      /classes.txt must have one class name a line, none empty, none twice/,
    ],
  ];
  for (const [what, spoil, code, text] of faults) {
    test(what, async () => {
      await withHome(async (home) => {
        const source = await home.source('files', spoil(idxFolder()));
        await assert.rejects(home.server.catalogue.import('small', source), appError(code, text));
        assert.deepEqual(await home.keys(''), []);
      });
    });
  }

  test('a folder that is not there, and a name that cannot be one', async () => {
    await withHome(async (home) => {
      const { catalogue } = home.server;
      await assert.rejects(
        catalogue.import('small', '/does/not/exist'),
        appError('invalid-argument', /ENOENT/),
      );
      await assert.rejects(catalogue.import('No Name', '/tmp'), appError('invalid-argument', /No Name/));
    });
  });

  test('an unknown name without a folder, with the nearest there is', async () => {
    await withHome(async ({ server }) => {
      const near = appError('not-found', /"mnits"; did you mean "mnist"/);
      await assert.rejects(server.catalogue.import('mnits', undefined), near);
      await assert.rejects(server.catalogue.ensure('mnits'), near);
      await assert.rejects(server.catalogue.get('mnits'), near);
    });
  });
});
