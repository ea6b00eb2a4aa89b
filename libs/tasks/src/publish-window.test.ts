import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { type Command, commands, WindowModel } from './publish-window.fixture.js';
import { PublishWindow, type ReadyTask } from './publish-window.js';

const queue = 'task.fit.cpu';

/** A window whose admissions are seen in order. */
class Watched {
  capacity: number;
  readonly admitted: string[] = [];
  readonly window = new PublishWindow({ capacity: () => this.capacity });
  readonly #entered = new Map<string, AbortController>();

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** `a/1`: the task 1 of the comparison a. */
  async enter(...names: string[]): Promise<void> {
    for (const name of names) {
      const left = new AbortController();
      this.#entered.set(name, left);
      this.window.enter(ready(name), left.signal).then(
        () => this.admitted.push(name),
        () => {},
      );
    }
    await nextTurn();
  }

  async leave(...names: string[]): Promise<void> {
    for (const name of names) this.window.leave(ready(name));
    await nextTurn();
  }

  async giveUp(name: string): Promise<void> {
    this.#entered.get(name)?.abort();
    await nextTurn();
  }

  /** What is admitted, one after the other, as each admitted one leaves. */
  async order(): Promise<string> {
    for (let i = 0; i < this.admitted.length; i++) await this.leave(this.admitted[i]!);
    return this.admitted.join(' ');
  }

  get ready(): number {
    return this.window.snapshot().reduce((sum, state) => sum + state.ready, 0);
  }
}

function ready(name: string): ReadyTask {
  const [comparison, key] = name.split('/') as [string, string];
  return { queue, key, comparison };
}

describe('the publish window', () => {
  test('lets through as many tasks as its capacity, first in first out, and the next when one leaves', async () => {
    const watched = new Watched(2);
    await watched.enter('a/1', 'a/2', 'a/3', 'a/4');
    assert.deepEqual(watched.admitted, ['a/1', 'a/2']);
    await watched.leave('a/2');
    assert.deepEqual(watched.admitted, ['a/1', 'a/2', 'a/3']);
  });

  test('has a capacity for each queue', async () => {
    const window = new PublishWindow({ capacity: (name) => (name === 'task.fit.gpu' ? 1 : 0) });
    const { signal } = new AbortController();
    void window.enter({ queue: 'task.fit.cpu', key: '1', comparison: 'a' }, signal);
    await window.enter({ queue: 'task.fit.gpu', key: '1', comparison: 'a' }, signal);
    const states = window.snapshot().map((state) => [state.queue, state.ready, state.published]);
    assert.deepEqual(states, [
      ['task.fit.cpu', 1, 0],
      ['task.fit.gpu', 0, 1],
    ]);
  });

  test('prefers the higher priority, also of what is ready already', async () => {
    const watched = new Watched(0);
    watched.window.setPriority('high', 2);
    watched.window.setPriority('low', -1);
    await watched.enter('low/1', 'usual/2', 'high/3', 'late/4', 'high/5');
    watched.window.setPriority('late', 1);
    watched.capacity = 1;
    watched.window.changed();
    await nextTurn();
    assert.equal(await watched.order(), 'high/3 high/5 late/4 usual/2 low/1');
  });

  test('shares between comparisons of a priority, however many tasks each has', async () => {
    const watched = new Watched(0);
    await watched.enter('a/1', 'a/2', 'a/3', 'a/4', 'b/5', 'b/6', 'c/7');
    watched.capacity = 1;
    watched.window.changed();
    await nextTurn();
    assert.equal(await watched.order(), 'a/1 b/5 c/7 a/2 b/6 a/3 a/4');
  });

  test('gives a free place to the comparison that has the fewest published', async () => {
    const watched = new Watched(4);
    await watched.enter('a/1', 'a/2', 'a/3', 'a/4', 'a/5', 'b/6', 'b/7');
    await watched.leave('a/1');
    await watched.leave('a/2');
    assert.deepEqual(watched.admitted.slice(4), ['b/6', 'b/7']);
  });

  test('lets nobody starve for newcomers', async () => {
    const watched = new Watched(1);
    await watched.enter('old/1', 'old/2');
    for (let i = 0; i < 5; i++) {
      await watched.enter(`new${i}/${10 + i}`);
      await watched.leave(watched.admitted.at(-1)!);
    }
    assert.ok(watched.admitted.includes('old/2'));
  });

  test('loses nothing when its capacity falls and rises', async () => {
    const watched = new Watched(3);
    await watched.enter('a/1', 'a/2', 'a/3', 'a/4', 'a/5');
    watched.capacity = 1;
    watched.window.changed(queue);
    await watched.leave('a/1');
    await watched.leave('a/2');
    assert.equal(watched.admitted.length, 3);
    watched.capacity = 2;
    watched.window.changed('task.other.queue');
    await nextTurn();
    assert.equal(watched.admitted.length, 3);
    watched.window.changed(queue);
    await nextTurn();
    assert.deepEqual(watched.admitted.slice(3), ['a/4']);
    await watched.leave('a/3');
    assert.deepEqual(watched.admitted.slice(3), ['a/4', 'a/5']);
  });
});

describe('a task in the publish window', () => {
  test('that several comparisons want takes one place, until all have left', async () => {
    const watched = new Watched(1);
    await watched.enter('a/1', 'b/1', 'a/1', 'c/2');
    assert.deepEqual(watched.admitted.toSorted(), ['a/1', 'a/1', 'b/1']);
    await watched.leave('a/1', 'a/1');
    assert.equal(watched.ready, 1);
    await watched.leave('b/1');
    assert.deepEqual(watched.admitted.slice(3), ['c/2']);
  });

  test('that is given up before it is let through takes no place', async () => {
    const watched = new Watched(1);
    await watched.enter('a/1', 'a/2', 'a/3');
    await watched.giveUp('a/2');
    await watched.leave('a/1');
    assert.deepEqual(watched.admitted, ['a/1', 'a/3']);
  });

  test('is given up with the reason of the signal', async () => {
    const window = new PublishWindow({ capacity: () => 0 });
    const reason = new Error('no longer wanted');
    const left = new AbortController();
    const waiting = window.enter(ready('a/1'), left.signal);
    left.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(window.enter(ready('a/1'), left.signal), reason);
    assert.deepEqual(window.snapshot(), []);
  });

  test('counts once for its queue, and for each comparison that waits for it', async () => {
    const watched = new Watched(1);
    await watched.enter('a/1', 'a/2', 'b/2', 'b/3');
    assert.deepEqual(watched.window.snapshot(), [
      {
        queue,
        ready: 2,
        published: 1,
        byComparison: [
          { comparison: 'a', ready: 1, published: 1 },
          { comparison: 'b', ready: 2, published: 0 },
        ],
      },
    ]);
  });
});

test('ten thousand ready tasks all get through, each once', async () => {
  const watched = new Watched(0);
  const names = Array.from({ length: 10_000 }, (_, i) => `c${i % 20}/${i}`);
  await watched.enter(...names);
  watched.capacity = 1_000;
  watched.window.changed();
  await nextTurn();
  assert.equal(watched.admitted.length, 1_000);
  const perComparison = watched.window.snapshot()[0]!.byComparison.map(({ published }) => published);
  assert.deepEqual(perComparison, Array(20).fill(50));
  await watched.order();
  assert.deepEqual(new Set(watched.admitted), new Set(names));
  assert.equal(watched.admitted.length, names.length);
  assert.deepEqual(watched.window.snapshot(), []);
});

test('whatever happens, the window lets through what its rules say', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(commands, { minLength: 20, maxLength: 80 }),
      async (list: readonly Command[]) => {
        const model = new WindowModel();
        const window = new PublishWindow({ capacity: () => model.capacity });
        const admitted = new Set<number>();
        const claims: { task: ReadyTask; left: AbortController }[] = [];
        for (const command of list) {
          if (command.type === 'enter') {
            const claim = claims.length;
            const left = new AbortController();
            claims.push({ task: command.task, left });
            window.enter(command.task, left.signal).then(
              () => admitted.add(claim),
              () => {},
            );
          } else if (command.type === 'leave') {
            const claim = [...model.admittedClaims()][command.which];
            if (claim !== undefined) window.leave(claims[claim]!.task);
          } else if (command.type === 'giveUp') {
            const claim = [...model.readyClaims()][command.which];
            if (claim !== undefined) claims[claim]!.left.abort();
          } else if (command.type === 'priority') window.setPriority(command.comparison, command.priority);
          model.apply(command);
          if (command.type === 'capacity') window.changed();
          await nextTurn();
          assert.deepEqual([...admitted].toSorted(), [...model.everAdmitted].toSorted());
        }
        // Nothing was lost: with room for all, all that still wait get through.
        model.capacity = 1_000;
        window.changed();
        await nextTurn();
        for (const claim of model.readyClaims()) assert.ok(admitted.has(claim));
      },
    ),
    { numRuns: 1_000 },
  );
});
