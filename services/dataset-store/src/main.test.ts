import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { dataset } from '@alarena/api';
import { createClient } from '@alarena/grpc';

test('the process answers on its port and ends at a signal', { timeout: 120_000 }, async () => {
  const home = await mkdtemp(join(tmpdir(), 'alarena-dataset-store-main-'));
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.js', import.meta.url))], {
    env: { ...process.env, ALARENA_HOME: home, ALARENA_DATASET_STORE_PORT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = once(child, 'exit');
  try {
    const client = createClient(dataset.DatasetServiceService, `127.0.0.1:${await portOf(child.stderr)}`);
    assert.deepEqual(await client.listDatasets({}, { timeoutMs: 60_000 }), { datasets: [] });
    client.close();
    child.kill('SIGTERM');
    assert.deepEqual(await exited, [0, null]);
  } finally {
    child.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  }
});

/** From the log line that says where it listens. */
async function portOf(log: NodeJS.ReadableStream): Promise<number> {
  const lines: string[] = [];
  for await (const line of createInterface({ input: log })) {
    lines.push(line);
    const { msg, port }: { msg?: unknown; port?: unknown } = JSON.parse(line);
    if (msg !== 'listening' || typeof port !== 'number') continue;
    log.resume();
    return port;
  }
  throw new assert.AssertionError({ message: `it never listened:\n${lines.join('\n')}` });
}
