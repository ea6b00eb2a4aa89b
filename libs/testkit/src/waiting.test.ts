import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { expectAppError } from './expect-app-error.js';
import { freePort } from './free-port.js';
import { temporaryFolder } from './temporary-folder.js';
import { deferred, waitFor, within } from './waiting.js';

describe('waiting', () => {
  test('gives the value that comes in time, and names what does not', async () => {
    assert.equal(await within('a value', Promise.resolve(7)), 7);
    await assert.rejects(within('a miracle', new Promise(() => {}), 5), /waited 5 ms for a miracle/);
    let asked = 0;
    assert.equal(await waitFor('the third answer', () => ++asked === 3 && 'yes'), 'yes');
    await assert.rejects(
      waitFor('a miracle', () => undefined, 5),
      /waited 5 ms for a miracle/,
    );
  });

  test('takes a promise apart', async () => {
    const good = deferred<number>();
    good.resolve(1);
    assert.equal(await good.promise, 1);
    const bad = deferred();
    bad.reject(new RangeError('no'));
    await assert.rejects(bad.promise, RangeError);
  });
});

test('temporaryFolder removes what is in the folder', async (t) => {
  let folder = '';
  await t.test('inner', async (inner) => {
    folder = await temporaryFolder(inner);
    await writeFile(join(folder, 'file'), 'x');
  });
  assert.notEqual(folder, '');
  assert.equal(existsSync(folder), false);
});

test('freePort is one that a server can take', async (t) => {
  const port = await freePort();
  const server = createServer();
  t.after(() => server.close());
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(port, '127.0.0.1', resolve);
  });
});

test('expectAppError accepts only the right error', async () => {
  const missing = new AppError('not-found', 'gone');
  assert.equal(await expectAppError('not-found', Promise.reject(missing)), missing);
  await assert.rejects(expectAppError('aborted', Promise.reject(missing)), assert.AssertionError);
  await assert.rejects(expectAppError('aborted', Promise.reject(new Error('x'))), assert.AssertionError);
  await assert.rejects(
    expectAppError('aborted', () => 1),
    assert.AssertionError,
  );
});
