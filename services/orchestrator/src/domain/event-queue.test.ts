import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { collect } from '@alarena/testkit';
import type { RunEvent } from './comparison.js';
import { EventQueue } from './event-queue.js';

const cell = { strategy: 'random', seed: 1 };

function progress(round: number): RunEvent {
  return { type: 'task', cell, round, kind: 'fit', progress: 0 };
}

describe('EventQueue', () => {
  test('gives what was pushed before its end, in order, also to a reader that waits', async () => {
    const queue = new EventQueue<RunEvent>(({ type }) => type === 'task');
    const reading = collect(queue);
    queue.push({ type: 'notice', notice: 'first' });
    queue.push({ type: 'notice', notice: 'second' });
    queue.end();
    assert.deepEqual(
      (await reading).map((event) => event.type === 'notice' && event.notice),
      ['first', 'second'],
    );
  });

  test('drops the oldest progress of a slow reader, and nothing else', async () => {
    const queue = new EventQueue<RunEvent>(({ type }) => type === 'task');
    queue.push({ type: 'notice', notice: 'kept' });
    for (let round = 0; round < 1_000; round++) queue.push(progress(round));
    queue.push({ type: 'notice', notice: 'kept too' });
    queue.end();
    const events = await collect(queue);
    assert.ok(events.length < 300, `kept ${events.length}`);
    assert.deepEqual(
      [events[0], events.at(-2), events.at(-1)],
      [{ type: 'notice', notice: 'kept' }, progress(999), { type: 'notice', notice: 'kept too' }],
    );
  });
});
