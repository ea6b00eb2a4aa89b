import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Member, type PoolSight, planPool } from './plan-pool.js';

const idle: Member = {
  id: '',
  ready: true,
  state: 'serving',
  busy: 0,
  asked: false,
  low: false,
  overdue: false,
};

function members(...changes: readonly Partial<Member>[]): Member[] {
  return changes.map((change, i) => ({ ...idle, id: `w${i}`, ...change }));
}

function sight(change: Partial<PoolSight>): PoolSight {
  const there = change.members ?? [];
  return { replicas: there.length, min: 0, max: 4, wanted: 0, rolling: false, members: [], ...change };
}

describe('the plan for a pool', () => {
  test('scales up at once, and lifts every drain', () => {
    const there = members(
      {},
      { state: 'draining', asked: true },
      { state: 'drained', asked: true, low: true },
    );
    const plan = planPool(sight({ members: there, wanted: 4 }));
    assert.deepEqual(plan, { raise: ['w2'], lift: ['w1', 'w2'], drain: [], lower: [], replicas: 4 });
  });

  test('scales down in steps: drain, then cost, then replicas', () => {
    const ask = (...there: Member[]) => planPool(sight({ members: there, wanted: 1 }));
    const [busy, other] = members({ busy: 1 }, {}) as [Member, Member];
    assert.deepEqual(ask(busy, other), { raise: [], lift: [], drain: ['w1'], lower: [], replicas: 2 });
    const asked: Member = { ...other, asked: true };
    assert.deepEqual(ask(busy, asked), { raise: [], lift: [], drain: [], lower: [], replicas: 2 });
    const drained: Member = { ...asked, state: 'drained' };
    assert.deepEqual(ask(busy, drained), { raise: [], lift: [], drain: [], lower: ['w1'], replicas: 2 });
    const plan = ask(busy, { ...drained, low: true });
    assert.deepEqual(plan, { raise: [], lift: [], drain: [], lower: [], replicas: 1 });
  });

  test('takes no busy worker while the pool is within its limit', () => {
    const plan = planPool(sight({ members: members({ busy: 1 }, { busy: 2 }), wanted: 0 }));
    assert.deepEqual(plan, { raise: [], lift: [], drain: [], lower: [], replicas: 2 });
  });

  test('lets busy workers finish where the limit was lowered', () => {
    const plan = planPool(sight({ members: members({ busy: 1 }, { busy: 1 }), wanted: 2, max: 1 }));
    assert.deepEqual(plan, { raise: [], lift: [], drain: ['w0'], lower: [], replicas: 2 });
  });

  test('keeps one that is leaving from being lifted when work comes back', () => {
    const there = members({}, { state: 'drained', asked: true, low: true });
    const plan = planPool(sight({ replicas: 1, members: there, wanted: 1 }));
    assert.deepEqual(plan, { raise: [], lift: [], drain: [], lower: [], replicas: 1 });
  });

  test('takes pods that never started before workers', () => {
    const there = members({}, { ready: false, state: 'none' });
    assert.deepEqual(planPool(sight({ members: there, wanted: 1 })).drain, ['w1']);
  });

  test('waits while a worker whose pod is not ready would be deleted instead', () => {
    const there = members({ ready: false, busy: 1 }, { state: 'drained', asked: true, low: true });
    assert.equal(planPool(sight({ members: there, wanted: 1 })).replicas, 2);
  });

  test('waits while pods are being replaced, unless all are drained', () => {
    const drained = { state: 'drained', asked: true, low: true } as const;
    const plan = (...there: Member[]) => planPool(sight({ members: there, rolling: true })).replicas;
    assert.equal(plan(...members({ busy: 1 }, drained)), 2);
    assert.equal(plan(...members(drained, drained)), 0);
  });

  test('gives up a worker that is dead, and asks another in place of one that does not hear', () => {
    const dead = members({}, { state: 'none', asked: true, overdue: true, low: true });
    assert.equal(planPool(sight({ members: dead, wanted: 1 })).replicas, 1);
    const deaf = planPool(sight({ members: members({ asked: true, overdue: true }, {}), wanted: 1 }));
    assert.deepEqual([deaf.lift, deaf.drain], [['w0'], ['w1']]);
  });
});

const member = fc.record({
  ready: fc.boolean(),
  state: fc.constantFrom('none', 'serving', 'draining', 'drained'),
  busy: fc.nat(2),
  asked: fc.boolean(),
  low: fc.boolean(),
  overdue: fc.boolean(),
});
/** What a worker can say: who has drained has nothing, who says nothing is not known to have any. */
const possible = fc.array(member, { maxLength: 12 }).map((list) =>
  list.map((one, i): Member => {
    const busy = one.state === 'drained' || one.state === 'none' ? 0 : one.busy;
    return { ...one, id: `w${i}`, state: one.state as Member['state'], busy };
  }),
);
const anySight: fc.Arbitrary<PoolSight> = fc.record({
  replicas: fc.nat(12),
  min: fc.nat(4),
  max: fc.nat(10),
  wanted: fc.nat(20),
  rolling: fc.boolean(),
  members: possible,
});

/** Those a ReplicaSet deletes: not ready first, then by cost; of equal ones, any. The worst for us here: the busiest. */
function deleted(plan: { readonly replicas: number }, there: readonly Member[]): Member[] {
  return [...there]
    .sort((a, b) => Number(a.ready) - Number(b.ready) || Number(b.low) - Number(a.low) || b.busy - a.busy)
    .slice(0, Math.max(0, there.length - plan.replicas));
}

test('one that seemed gone and is back has its cost raised before anyone is deleted', () => {
  const gone: Member = {
    ...{ id: 'w0', ready: true, state: 'none', busy: 0 },
    ...{ asked: true, low: true, overdue: true },
  };
  const back: Member = { ...gone, id: 'w1', state: 'draining', busy: 1, overdue: false };
  const seen = { replicas: 2, min: 0, max: 0, wanted: 0, rolling: false };
  const plan = planPool({ ...seen, members: [gone, back] });
  assert.deepEqual([plan.raise, plan.replicas], [['w1'], 2]);
  const next = planPool({ ...seen, members: [gone, { ...back, low: false }] });
  assert.deepEqual([next.raise, next.replicas], [[], 1]);
});

describe('whatever is seen', () => {
  test('replicas rise no higher than the limit and fall no lower than the least', () => {
    fc.assert(
      fc.property(anySight, (seen) => {
        const { replicas } = planPool(seen);
        const { replicas: before, max } = seen;
        const min = Math.min(seen.min, max);
        assert.ok(replicas <= Math.max(before, max));
        assert.ok(replicas >= Math.min(before, min));
        if (replicas > before) assert.ok(replicas <= max && replicas >= min);
      }),
    );
  });

  test('a reduction deletes nobody who could have a task', () => {
    fc.assert(
      fc.property(anySight, (seen) => {
        // Nobody else has left a low cost on one that works, as nobody but the scaler sets it.
        const there = seen.members.map((one) => ({
          ...one,
          low: one.low && one.asked && one.state !== 'serving',
        }));
        const sane = { ...seen, members: there, replicas: Math.max(seen.replicas, there.length) };
        const plan = planPool(sane);
        if (plan.replicas >= sane.replicas) return;
        for (const gone of deleted(plan, there)) {
          assert.ok(gone.state === 'drained' || gone.state === 'none', `${gone.id} was ${gone.state}`);
          assert.equal(gone.busy, 0);
        }
      }),
    );
  });

  test('with steady needs it comes to rest at what is wanted, or at the busy, and then does nothing', () => {
    const settings = fc.record({
      count: fc.nat(10),
      busy: fc.nat(10),
      wanted: fc.nat(12),
      min: fc.nat(3),
      max: fc.integer({ min: 3, max: 10 }),
    });
    fc.assert(
      fc.property(settings, ({ count, busy, wanted, min, max }) => {
        let replicas = Math.min(count, max);
        let next = replicas;
        let there: Member[] = Array.from({ length: replicas }, (_, i) => ({
          ...{ ...idle, id: `w${i}`, busy: i < busy ? 1 : 0 },
        }));
        const working = Math.min(busy, replicas);
        const desired = Math.max(min, Math.min(wanted, max));
        for (let look = 0; look < 8; look++) {
          const plan = planPool({ replicas, min, max, wanted, rolling: false, members: there });
          if (look >= 5) {
            assert.deepEqual(plan, { raise: [], lift: [], drain: [], lower: [], replicas });
          }
          const gone = deleted(plan, there);
          assert.ok(gone.every((one) => one.state === 'drained'));
          there = there
            .filter((one) => !gone.includes(one))
            .map((one): Member => {
              const asked = (one.asked || plan.drain.includes(one.id)) && !plan.lift.includes(one.id);
              const low = (one.low || plan.lower.includes(one.id)) && !plan.raise.includes(one.id);
              return { ...one, asked, low, state: asked ? 'drained' : 'serving' };
            });
          replicas = plan.replicas;
          while (there.length < replicas) there.push({ ...idle, id: `w${100 + next++}` });
        }
        assert.equal(replicas, Math.max(desired, working));
      }),
    );
  });
});
