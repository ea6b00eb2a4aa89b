import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { neededSlots, SteadyNeed, shareOut } from './needed-workers.js';
import { TaskSeconds } from './task-seconds.js';

describe('what tasks are worth', () => {
  const slots = (tasks: number, taskSeconds: number) =>
    neededSlots({ tasks, taskSeconds, targetSeconds: 120 });

  test('many short tasks share a worker, long ones have one each, none needs none', () => {
    assert.equal(slots(100, 1), 1);
    assert.equal(slots(100, 12), 10);
    assert.equal(slots(7, 3_600), 7);
    assert.equal(slots(1, 0.001), 1);
    assert.equal(slots(0, 60), 0);
  });

  test('pools of equal numerics are filled one after the other, none beyond its limit or below its busy', () => {
    const pool = { slots: 2, min: 0, max: 3, busy: 0 };
    assert.deepEqual(shareOut(5, [pool, pool]), [3, 0]);
    assert.deepEqual(shareOut(9, [pool, pool]), [3, 2]);
    assert.deepEqual(shareOut(100, [pool, pool]), [3, 3]);
    assert.deepEqual(
      shareOut(0, [
        { ...pool, min: 1 },
        { ...pool, busy: 2 },
      ]),
      [1, 2],
    );
  });

  test('the mean time follows what was observed', () => {
    const seconds = new TaskSeconds(60);
    assert.equal(seconds.mean, 60);
    // Four in work, one second each: four ends for each second.
    for (let second = 0; second < 100; second++) seconds.observe(4, 1, 4);
    assert.ok(Math.abs(seconds.mean - 1) < 0.2, String(seconds.mean));
    // They get slow: none ends for ten minutes.
    for (let second = 0; second < 600; second++) seconds.observe(4, 1, 0);
    assert.ok(seconds.mean > 20, String(seconds.mean));
  });
});

describe('a steady need', () => {
  test('rises at once and falls when no more was needed for the idle time', () => {
    const need = new SteadyNeed(100, 0, 0);
    assert.equal(need.add(1, 4), 4);
    assert.equal(need.add(50, 1), 4);
    assert.equal(need.add(100, 1), 4);
    assert.equal(need.add(101, 1), 1);
    assert.equal(need.add(102, 0), 1);
    assert.equal(need.add(150, 1), 1);
    assert.equal(need.add(249, 0), 1);
    assert.equal(need.add(250, 0), 0);
  });

  test('is the most of all needs within the idle time', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(9)), { maxLength: 40 }),
        (steps) => {
          const need = new SteadyNeed(100, 0, 3);
          const all = [{ atMs: 0, workers: 3 }];
          let atMs = 0;
          for (const [elapsed, workers] of steps) {
            atMs += elapsed;
            all.push({ atMs, workers });
            const recent = all.filter((one) => atMs - one.atMs < 100);
            assert.equal(need.add(atMs, workers), Math.max(...recent.map((one) => one.workers)));
          }
        },
      ),
    );
  });
});
