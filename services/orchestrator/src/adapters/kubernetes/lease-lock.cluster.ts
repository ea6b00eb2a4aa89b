import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  captureLog,
  expectAppError,
  type RunningKubernetes,
  startKubernetes,
  waitFor,
  within,
} from '@alarena/testkit';
import { CoordinationV1Api, KubeConfig } from '@kubernetes/client-node';
import { ElectedLeadership } from '../../domain/elected-leadership.js';
import { leaseLock } from './lease-lock.js';

describe('the leader lock as a Lease', () => {
  let kubernetes: RunningKubernetes;
  let api: CoordinationV1Api;
  before(async () => {
    kubernetes = await startKubernetes();
    const config = new KubeConfig();
    config.loadFromFile(kubernetes.kubeconfigPath);
    api = config.makeApiClient(CoordinationV1Api);
  });
  after(() => kubernetes?.stop());

  const limit = (): AbortSignal => AbortSignal.timeout(5_000);
  const open = (name: string) => leaseLock({ api, namespace: 'default', name, leaseMs: 10_000 });

  test('is made, renewed, and taken by one of two only', async () => {
    const [mine, theirs] = [open('conflict'), open('conflict')];
    assert.equal(await mine.read(limit()), undefined);
    await mine.write({ holder: 'a', term: 10 }, undefined, limit());
    await expectAppError('aborted', theirs.write({ holder: 'b', term: 11 }, undefined, limit()));
    const seen = (await theirs.read(limit())) ?? assert.fail();
    assert.deepEqual([seen.holder, seen.term], ['a', 10]);

    const held = (await mine.read(limit())) ?? assert.fail();
    const version = await mine.write({ holder: 'a', term: 10 }, held, limit());
    await expectAppError('aborted', theirs.write({ holder: 'b', term: 11 }, seen, limit()));
    const renewed = await api.readNamespacedLease({ namespace: 'default', name: 'conflict' });
    assert.equal(renewed.spec?.leaseTransitions, 1);
    assert.equal(renewed.spec?.leaseDurationSeconds, 10);

    await mine.write({ holder: '', term: 10 }, { holder: 'a', term: 10, version }, limit());
    const free = (await theirs.read(limit())) ?? assert.fail();
    assert.equal(free.holder, '');
    await theirs.write({ holder: 'b', term: 11 }, free, limit());
    const taken = await api.readNamespacedLease({ namespace: 'default', name: 'conflict' });
    assert.deepEqual([taken.spec?.holderIdentity, taken.spec?.leaseTransitions], ['b', 2]);
  });

  test('passes from a leader that stops to the one that waits', async (t) => {
    const { logger } = captureLog();
    const stand = (candidate: string) => {
      const stopping = new AbortController();
      const terms: number[] = [];
      const lock = open('takeover');
      // A lease that never runs out: only giving it up lets the other lead.
      const leadership = new ElectedLeadership({ lock, candidate, logger, retryMs: 100, leaseMs: 3_600_000 });
      const led = leadership.lead(async ({ number, signal }) => {
        terms.push(number);
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      }, stopping.signal);
      const stop = async (): Promise<void> => {
        stopping.abort();
        await within(`${candidate} to stop`, led);
      };
      t.after(stop);
      return { terms, stop };
    };
    const first = stand('first');
    await waitFor('the first', () => first.terms.length === 1);
    const second = stand('second');
    await first.stop();
    await waitFor('the second', () => second.terms.length === 1);
    assert.ok((second.terms[0] ?? 0) > (first.terms[0] ?? 0));
    assert.match(await kubernetes.kubectl(['get', 'lease', 'takeover', '-o', 'wide']), /second/);
  });
});
