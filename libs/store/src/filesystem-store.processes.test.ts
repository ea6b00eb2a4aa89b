// Several processes on one folder, some of them killed.

import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import { namedRandom } from '@alarena/core';
import { readBytes } from './bytes.js';
import { FilesystemStore } from './filesystem-store.js';

const storeModule = new URL('./index.js', import.meta.url).href;

function run(script: string, ...args: string[]): ChildProcessByStdio<null, Readable, null> {
  const source = `import { FilesystemStore, readBytes } from '${storeModule}';\n${script}`;
  return spawn(process.execPath, ['--input-type=module', '-e', source, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function openRoot(t: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'alarena-test-'));
  t.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

// Puts the same large object again and again: a mebibyte of each byte value i of 0..15. Says when a chunk is wanted.
const putter = `
  const store = new FilesystemStore(process.argv[1]);
  async function* body(round) {
    for (let i = 0; i < 16; i++) {
      console.log('chunk', round, i);
      yield new Uint8Array(1 << 20).fill(i);
    }
  }
  for (let round = 0; ; round++) {
    await store.put('large', body(round));
    await store.put('first/' + process.pid + '-' + round, body(round), { ifNoneMatch: '*' });
  }
`;

const incrementer = `
  const store = new FilesystemStore(process.argv[1]);
  for (let done = 0; done < Number(process.argv[2]); ) {
    const { info, body } = await store.get('counter');
    const value = Number(Buffer.from(await readBytes(body, info.sizeBytes)).toString());
    try {
      await store.put('counter', Buffer.from(String(value + 1)), { ifMatch: info.etag });
      done++;
      console.log('done');
    } catch (error) {
      if (error.code !== 'aborted') throw error;
    }
  }
`;

const claimer = `
  const store = new FilesystemStore(process.argv[1]);
  const won = [];
  for (let i = 0; i < 40; i++) {
    try {
      await store.put('claim/' + i, Buffer.from(String(process.pid)), { ifNoneMatch: '*' });
      won.push(i);
    } catch (error) {
      if (error.code !== 'already-exists') throw error;
    }
  }
  console.log(JSON.stringify(won));
`;

describe('the filesystem store under several processes', () => {
  test('never shows a part of an object whose writer was killed, and takes the next put', async (t) => {
    const root = await openRoot(t);
    const random = namedRandom('filesystem-store.processes.test');
    for (let kill = 0; kill < 6; kill++) {
      const child = run(putter, root);
      let chunksLeft = 1 + random.below(60);
      for await (const _ of createInterface({ input: child.stdout })) {
        if (--chunksLeft === 0) child.kill('SIGKILL');
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      assert.equal(child.signalCode, 'SIGKILL');
      const store = new FilesystemStore(root);
      for await (const { key, sizeBytes } of store.list('')) {
        assert.equal(sizeBytes, 16 << 20, key);
        let position = 0;
        for await (const chunk of (await store.get(key)).body) {
          assert.equal(chunk[0], position >>> 20);
          position += chunk.byteLength;
        }
        assert.equal(position, sizeBytes);
        await store.delete(key);
      }
      await store.put('large', Buffer.from('next'));
      assert.equal((await store.head('large'))?.sizeBytes, 4);
      await store.delete('large');
      assert.deepEqual(await readdir(join(root, 'staging')), []);
    }
  });

  test('loses no increment made by compare and swap, also when writers are killed', async (t) => {
    const root = await openRoot(t);
    const store = new FilesystemStore(root);
    await store.put('counter', Buffer.from('0'));
    const victim = run(incrementer, root, '1000000');
    const workers = [run(incrementer, root, '60'), run(incrementer, root, '60')];
    const exits = workers.map((worker) => {
      worker.stdout.resume();
      return once(worker, 'exit');
    });
    let counted = 0;
    for await (const _ of createInterface({ input: victim.stdout })) {
      if (++counted === 20) victim.kill('SIGKILL');
    }
    for (const exit of exits) assert.deepEqual(await exit, [0, null]);
    const { info, body } = await store.get('counter');
    const extra = Number(Buffer.from(await readBytes(body, info.sizeBytes)).toString()) - 120 - counted;
    // The victim may have died between its last increment and saying so.
    assert.ok(extra === 0 || extra === 1, `${extra} more than said`);
  });

  test('lets one process win each first put', async (t) => {
    const root = await openRoot(t);
    const children = [run(claimer, root), run(claimer, root), run(claimer, root)];
    const claims = await Promise.all(
      children.map(async (child) => {
        let output = '';
        for await (const text of child.stdout) output += String(text);
        const won: number[] = JSON.parse(output);
        return won;
      }),
    );
    assert.deepEqual(
      claims.flat().sort((a, b) => a - b),
      Array.from({ length: 40 }, (_, i) => i),
    );
  });
});
