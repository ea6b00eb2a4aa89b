import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { InProcessKeyValue } from '@alarena/bus';
import { joinPool, type WorkerEntry, workerKey } from '@alarena/tasks';
import { captureLog, expectAppError, waitFor } from '@alarena/testkit';
import { announcedProfile } from './announced-profile.js';
import { announcedCapacity, setPoolLimit } from './queue-capacity.js';

const profile = { device: 'cpu', instructionSet: 'avx2', tensorflow: '2', threads: 1, precision: 'f32' };
const { logger } = captureLog();

function bucket(t: TestContext): InProcessKeyValue {
  const made = new InProcessKeyValue();
  t.after(() => made.close());
  return made;
}

describe('the profile of a pool', () => {
  test('is that of its first worker, also of one that comes while it is asked for', async (t) => {
    const pools = bucket(t);
    const ask = announcedProfile(pools, 'cpu', '1.0.0', { timeoutMs: 10_000, logger });
    const asked = ask();
    await joinPool(pools, { pool: 'cpu', version: '0.9.0', profile: { ...profile, threads: 2 } }, logger);
    await joinPool(pools, { pool: 'cpu', version: '1.0.0', profile }, logger);
    assert.deepEqual(await asked, profile);
    assert.deepEqual(await ask(), profile);
  });

  test('that no worker has told is unavailable for now, with the way out', async (t) => {
    const ask = announcedProfile(bucket(t), 'gpu', '1.0.0', { timeoutMs: 50, logger });
    const error = await expectAppError('unavailable', ask());
    assert.ok(error.retryable);
    assert.match(error.message, /no worker of the pool gpu .* start one/);
  });
});

test('a queue holds twice the slots of those who serve it, within the limit of the pool', async (t) => {
  const [workers, pools] = [bucket(t), bucket(t)];
  const watching = new AbortController();
  t.after(() => watching.abort());
  const capacity = announcedCapacity({
    ...{ workers, pools, pool: 'cpu', logger, signal: watching.signal, onChange: () => {} },
  });
  const announce = (id: string, change: Partial<WorkerEntry>): Promise<number> => {
    const worker = { id, kind: 'fit', pool: 'cpu', profile, numerics: 'cpu-1', version: '1', host: 'h' };
    const entry = { ...worker, slots: 4, busy: 0, state: 'serving', ...change };
    return workers.put(workerKey(id), Buffer.from(JSON.stringify(entry)));
  };
  const becomes = (queue: string, tasks: number) =>
    waitFor(`${tasks} of ${queue}`, () => capacity.of(queue) === tasks);
  assert.equal(capacity.of('task.fit.cpu-1'), 2);
  await announce('a', {});
  await announce('b', { slots: 1 });
  await announce('c', { kind: 'infer' });
  await announce('d', { kind: 'select', numerics: 'any', profile: null });
  await becomes('task.fit.cpu-1', 10);
  await becomes('task.embed.cpu-1', 8);
  assert.equal(capacity.of('task.fit.cpu-2'), 2);
  await setPoolLimit(pools, 'cpu', 3);
  await becomes('task.fit.cpu-1', 3);
  await becomes('task.select.any', 8);
  await setPoolLimit(pools, 'cpu', 100);
  await announce('a', { state: 'draining' });
  await becomes('task.fit.cpu-1', 2);
  await workers.delete(workerKey('c'));
  await becomes('task.infer.cpu-1', 2);
});
