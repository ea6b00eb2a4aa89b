import assert from 'node:assert/strict';
import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { expectAppError, temporaryFolder } from '@alarena/testkit';
import { prepareHome } from './home.js';

test('makes the home and the folders above it', async (t) => {
  const home = join(await temporaryFolder(t), 'a', 'b');
  await prepareHome(home);
  await prepareHome(home);
  assert.ok((await stat(home)).isDirectory());
});

test('names a home that is a file', async (t) => {
  const home = join(await temporaryFolder(t), 'file');
  await writeFile(home, '');
  const error = await expectAppError('failed-precondition', prepareHome(home));
  assert.equal(error.facts.home, home);
  assert.match(error.message, /it is a file, not a folder.*ALARENA_HOME/);
});

test('names a home on a file system that takes no folders', {
  skip: process.platform !== 'linux',
}, async () => {
  const error = await expectAppError('failed-precondition', prepareHome('/proc/alarena/home'));
  assert.equal(error.reason, 'HOME_UNUSABLE');
});
