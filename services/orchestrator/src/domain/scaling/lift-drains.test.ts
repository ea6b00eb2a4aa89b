import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InProcessBus } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { announceWorker, requestDrain } from '@alarena/tasks';
import { captureLog, waitFor } from '@alarena/testkit';
import { severable } from '../../test-support/severable.js';
import { liftDrains } from './lift-drains.js';

test('drains that a scaler has left are lifted, as soon as the bucket is there, and the workers serve', async (t) => {
  const bus = new InProcessBus();
  const end = new AbortController();
  const [workers, drains, pools] = await Promise.all(
    ['workers', 'drains', 'pools'].map((name) => bus.openBucket({ name })),
  );
  if (!workers || !drains || !pools) throw new Error('no buckets');
  const { logger } = captureLog();
  await requestDrain(drains, 'trainer-1');
  await requestDrain(drains, 'long-gone');
  const worker = await announceWorker({
    ...{ workers, drains, pools, logger, signal: end.signal },
    info: {
      ...{ id: 'trainer-1', kind: 'select', pool: 'cpu', profile: null, numerics: 'any', version: '1' },
      ...{ slots: 1, host: 'node-1' },
    },
  });
  t.after(async () => {
    end.abort();
    await worker.closed;
    await bus.close();
  });
  await waitFor('the drain to be heard', () => worker.state === 'drained' || undefined);
  let away = true;
  const lifted = liftDrains({ drains: severable(drains, () => away), logger }, end.signal);
  away = false;
  await lifted;
  await waitFor('it to serve', () => worker.state === 'serving' || undefined);
  assert.deepEqual(await drains.keys(''), []);
});

test('a leader whose term is over lifts no drain', async () => {
  const bus = new InProcessBus();
  const drains = await bus.openBucket({ name: 'drains' });
  await requestDrain(drains, 'trainer-1');
  const over = AbortSignal.abort(new AppError('aborted', 'another may lead now'));
  await liftDrains({ drains, logger: captureLog().logger }, over);
  assert.equal((await drains.keys('')).length, 1);
  await bus.close();
});
