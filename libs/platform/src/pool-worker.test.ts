// A worker of a pool that is told to leave.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { InProcessBus } from '@alarena/bus';
import type { NumericsProfile } from '@alarena/tasks';
import { captureLog, deferred, waitFor, within } from '@alarena/testkit';
import { type PoolWorkerOptions, poolWorker } from './pool-worker.js';

const { logger } = captureLog();
const never = new AbortController().signal;

function open(t: TestContext, options: Pick<PoolWorkerOptions, 'take' | 'profile'>) {
  const bus = new InProcessBus();
  t.after(() => bus.close());
  return poolWorker({ ...options, bus, logger, id: 'one', kind: 'select', pool: 'strategy', slots: 1 });
}

describe('a pool worker', () => {
  test('that leaves says that it drains, and waits for its task', async (t) => {
    const states: string[] = [];
    const task = deferred();
    const leaving = new AbortController();
    const worker = open(t, {
      take: async (signal, { registration }) => {
        await registration.serve((taking) => {
          if (!taking.aborted) taking.addEventListener('abort', () => states.push(registration.state));
          return task.promise;
        }, signal);
      },
    });
    const work = worker.work({ signal: never, leaving: leaving.signal });
    await waitFor('it to take tasks', () => worker.ready());
    leaving.abort();
    await waitFor('it to drain', () => states.length > 0);
    assert.deepEqual(states, ['draining']);
    task.resolve();
    await within('the work', work);
  });

  test('told to leave while it finds out how it computes takes nothing', async (t) => {
    const profile = deferred<NumericsProfile>();
    const leaving = new AbortController();
    const worker = open(t, { profile: () => profile.promise, take: async () => assert.fail('takes') });
    const work = worker.work({ signal: never, leaving: leaving.signal });
    leaving.abort();
    await within('the work', work);
    assert.equal(worker.ready(), false);
    // What it was waiting for comes to nothing.
    profile.reject(new Error('the computing process was ended'));
  });

  test('whose profile cannot be found out fails', async (t) => {
    const worker = open(t, { profile: () => Promise.reject(new Error('none')), take: async () => {} });
    await assert.rejects(worker.work({ signal: never }), /none/);
  });
});
