import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { InProcessKeyValue, type KeyValue } from '@alarena/bus';
import { captureLog, deferred, waitFor, within } from '@alarena/testkit';
import { keyValueLock } from '../adapters/key-value-lock.js';
import { severable } from '../test-support/severable.js';
import { ElectedLeadership } from './elected-leadership.js';
import type { Term } from './leadership.js';

const timing = { renewMs: 40, loseMs: 120, leaseMs: 240, retryMs: 30 };
const forEver = { ...timing, leaseMs: 3_600_000 };
/** Of many renewals. */
const patient = { renewMs: 40, loseMs: 1_500, leaseMs: 3_600_000, retryMs: 30 };

interface Candidate {
  readonly terms: Term[];
  cut: boolean;
  stop(): Promise<void>;
}

function stand(t: TestContext, bucket: KeyValue, name: string, times = timing): Candidate {
  const { logger } = captureLog();
  const lock = keyValueLock(
    severable(bucket, () => candidate.cut),
    'orchestrator',
  );
  const stopping = new AbortController();
  const terms: Term[] = [];
  const work = async (term: Term): Promise<void> => {
    terms.push(term);
    const over = deferred();
    if (term.signal.aborted) return;
    term.signal.addEventListener('abort', () => over.resolve(), { once: true });
    await over.promise;
  };
  const leadership = new ElectedLeadership({ lock, candidate: name, logger, ...times });
  const led = leadership.lead(work, stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await within(`${name} to stop`, led);
  };
  const candidate: Candidate = { terms, cut: false, stop };
  t.after(stop);
  return candidate;
}

/** Its updates are made at once, and answered when nobody waits for that any more. */
function answeringLate(bucket: InProcessKeyValue, onUpdate: () => void): KeyValue {
  return new Proxy<KeyValue>(bucket, {
    get: (target, name) => {
      if (name !== 'update') return Reflect.get(target, name, target).bind(target);
      return async (...args: Parameters<KeyValue['update']>): Promise<number> => {
        const revision = await target.update(...args);
        onUpdate();
        await delay(3 * patient.renewMs);
        return revision;
      };
    },
  });
}

function openBucket(t: TestContext): InProcessKeyValue {
  const bucket = new InProcessKeyValue();
  t.after(() => bucket.close());
  return bucket;
}

describe('of several candidates', () => {
  test('one leads, and whoever is left takes over at once when it stops', async (t) => {
    const bucket = openBucket(t);
    // A lease that never runs out: only giving it up lets another lead.
    const all = ['a', 'b', 'c'].map((name) => stand(t, bucket, name, forEver));
    const leading = (): Candidate[] => all.filter(({ terms }) => terms.some(({ signal }) => !signal.aborted));
    const seen: number[] = [];
    for (let left = all.length; left > 0; left--) {
      const [leader] = await waitFor('a leader', () => leading().length === 1 && leading());
      seen.push(leader?.terms.at(-1)?.number ?? 0);
      await leader?.stop();
      assert.equal(leading().length, 0);
    }
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    assert.equal(new Set(seen).size, 3);
  });

  test('one that cannot renew loses the lead before another takes it', async (t) => {
    const bucket = openBucket(t);
    const first = stand(t, bucket, 'first');
    await waitFor('the first', () => first.terms.length === 1);
    const second = stand(t, bucket, 'second');
    first.cut = true;
    await waitFor('the second', () => second.terms.length === 1);
    const [lost, taken] = [first.terms[0], second.terms[0]];
    assert.ok(lost?.signal.aborted);
    assert.equal(lost.isHeld(), false);
    assert.ok((taken?.number ?? 0) > lost.number);
    first.cut = false;
    await second.stop();
    await waitFor('the first again', () => first.terms.length === 2);
  });

  test('one whose lock was taken away stops at the next renewal', async (t) => {
    const bucket = openBucket(t);
    const first = stand(t, bucket, 'first');
    await waitFor('the first', () => first.terms.length === 1);
    const term = (first.terms[0]?.number ?? 0) + 1;
    await bucket.put('orchestrator', Buffer.from(JSON.stringify({ holder: 'other', term })));
    await waitFor('the end of its term', () => first.terms[0]?.signal.aborted === true);
    assert.equal(first.terms[0]?.isHeld(), false);
  });

  test('one whose renewals are made but answered too late keeps the lead', async (t) => {
    let renewals = 0;
    const bucket = answeringLate(openBucket(t), () => renewals++);
    const first = stand(t, bucket, 'first', patient);
    await waitFor('the first', () => first.terms.length === 1);
    await delay(patient.loseMs + 500);
    assert.ok(renewals > 1, `${renewals} renewals`);
    assert.equal(first.terms.length, 1);
    assert.equal(first.terms[0]?.isHeld(), true);
  });
});

test('terms rise also when the lock is lost', async (t) => {
  const bucket = openBucket(t);
  const first = stand(t, bucket, 'first');
  await waitFor('the first', () => first.terms.length === 1);
  await first.stop();
  await bucket.delete('orchestrator');
  const second = stand(t, bucket, 'second');
  await waitFor('the second', () => second.terms.length === 1);
  assert.ok((second.terms[0]?.number ?? 0) > (first.terms[0]?.number ?? 0));
});
