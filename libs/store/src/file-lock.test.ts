import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { withFileLock } from './file-lock.js';

async function openFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alarena-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

// Adds 1 to a number in a file, 300 times, slowly enough between reading and writing to lose some without a
// lock. With `dies`, it is killed while it holds the lock for the 50th time.
const adder = `
  import { readFileSync, writeFileSync } from 'node:fs';
  import { withFileLock } from '${new URL('./file-lock.js', import.meta.url).href}';
  const [, folder, dies] = process.argv;
  for (let i = 0; i < (dies ? 50 : 300); i++) {
    await withFileLock(folder + '/lock', () => {
      const value = Number(readFileSync(folder + '/value', 'utf8'));
      if (dies && i === 49) process.kill(process.pid, 'SIGKILL');
      writeFileSync(folder + '/value', String(value + 1));
    });
  }
`;

async function add(folder: string, ...options: string[]): Promise<unknown[]> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', adder, folder, ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return await once(child, 'exit');
}

describe('the lock between processes', () => {
  test('is held by one at a time, and passes on when its holder is killed', async (t) => {
    const folder = await openFolder(t);
    await writeFile(join(folder, 'value'), '0');
    const exits = await Promise.all([add(folder), add(folder), add(folder, 'dies'), add(folder, 'dies')]);
    assert.deepEqual(exits, [
      [0, null],
      [0, null],
      [null, 'SIGKILL'],
      [null, 'SIGKILL'],
    ]);
    assert.equal(await readFile(join(folder, 'value'), 'utf8'), '698');
    // The last to die may have left its lock, to the next who comes.
    await withFileLock(join(folder, 'lock'), () => {});
    assert.deepEqual(await readdir(folder), ['value']);
  });

  test('is released when the work fails', async (t) => {
    const folder = await openFolder(t);
    const path = join(folder, 'lock');
    const failing = withFileLock(path, () => {
      throw new RangeError('the work failed');
    });
    await assert.rejects(failing, /the work failed/);
    assert.equal(await withFileLock(path, () => 7), 7);
    assert.deepEqual(await readdir(folder), []);
  });
});
