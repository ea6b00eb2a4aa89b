import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { comparison } from '@alarena/api';
import { collect, expectAppError } from '@alarena/testkit';
import {
  call,
  cellName,
  get,
  measured,
  runToEnd,
  statusName,
  submit,
  type WatchEvent,
  watch,
} from '../test-support/calls.js';
import { type Client, type Installation, openWhole, smallSpec } from '../test-support/installation.js';

const cellNames = ['random/1', 'random/2', 'margin/1', 'margin/2', 'bald/1', 'bald/2'];

describe('a comparison', () => {
  let home: Installation & { readonly client: Client };
  let events: WatchEvent[];
  let done: comparison.Comparison;
  before(async () => {
    home = await openWhole();
    const { id } = await submit(home.client, smallSpec());
    events = await watch(home.client, id);
    done = await get(home.client, id);
  });
  after(() => home.close());

  test('measures every round of every cell', () => {
    assert.equal(statusName(done.status), 'done');
    assert.deepEqual(done.cells.map(cellName), cellNames);
    for (const cell of done.cells) {
      assert.deepEqual([cell.roundsDone, cell.roundsTotal, cell.error], [3, 3, '']);
      assert.deepEqual(
        cell.rounds.map(({ round, labels }) => [round, labels]),
        [
          [0, 8],
          [1, 14],
          [2, 20],
        ],
      );
      assert.ok(cell.rounds.every(({ accuracy, macroF1 }) => accuracy >= 0 && accuracy <= 1 && macroF1 <= 1));
    }
  });

  test('buys distinct samples of the train split, none twice', () => {
    for (const { rounds } of done.cells) {
      const picked = rounds.flatMap((round) => round.picked);
      assert.deepEqual(
        rounds.map((round) => round.picked.length),
        [6, 6, 0],
      );
      assert.equal(new Set(picked).size, 12);
      assert.ok(picked.every((id) => id < 200));
    }
  });

  test('shares the first fit between the strategies of a seed, and computes no task twice', () => {
    const fits = (seed: bigint, round: number): Set<string> =>
      new Set(
        done.cells.filter((cell) => cell.seed === seed).map((cell) => cell.rounds[round]?.fitKey ?? ''),
      );
    assert.equal(fits(1n, 0).size, 1);
    assert.equal(fits(2n, 0).size, 1);
    assert.notDeepEqual(fits(1n, 0), fits(2n, 0));
    assert.equal(fits(1n, 2).size, 3);
    assert.deepEqual(
      done.cells.map(({ rounds }) => rounds.map(({ fitShared }) => fitShared)),
      cellNames.map((name) => [!name.startsWith('random'), false, false]),
    );
    assert.equal(home.computed('fit').length, 2 * (1 + 3 * 2));
    assert.equal(new Set(home.computed()).size, home.computed().length);
    assert.equal(done.cost?.fits, 14);
    assert.equal(done.cost?.fitsShared, 4);
    assert.ok((done.cost?.deviceSeconds ?? 0) > 0);
  });

  test('is watched from all that is known to the whole end', () => {
    const [first, last] = [events[0], events.at(-1)];
    assert.ok(first?.$case === 'comparison' && last?.$case === 'comparison');
    assert.equal(statusName(first.value.status), 'running');
    assert.equal(statusName(last.value.status), 'done');
    assert.equal(events.filter(({ $case }) => $case === 'comparison').length, 2);

    const cells = events.flatMap((event) =>
      event.$case === 'cell' && event.value.cell ? [event.value.cell] : [],
    );
    for (const name of cellNames) {
      const updates = cells.filter((cell) => cellName(cell) === name);
      assert.deepEqual(
        updates.slice(-3).map(({ status, roundsDone }) => [statusName(status), roundsDone]),
        [
          ['running', 1],
          ['running', 2],
          ['done', 3],
        ],
      );
      assert.equal(updates.at(-1)?.rounds[0]?.round, 2, 'the newest round comes along');
    }
    assert.ok(events.every((event) => event.$case !== 'notice'));
  });

  test('that is done stays so when it is cancelled, and is watched in one message', async () => {
    const again = await watch(home.client, done.id);
    assert.equal((await home.client.cancelComparison({ id: done.id }, call)).comparison?.status, done.status);
    assert.deepEqual(
      again.map(({ $case }) => $case),
      ['comparison'],
    );
  });

  test('is listed without rounds, and reported with all of them', async () => {
    const { comparisons } = await home.client.listComparisons({}, call);
    const listed = comparisons.find(({ id }) => id === done.id);
    assert.deepEqual(
      listed?.cells.map(({ rounds, roundsDone, roundsTotal }) => [rounds.length, roundsDone, roundsTotal]),
      cellNames.map(() => [0, 3, 3]),
    );
    const parts = await collect(home.client.getReport({ id: done.id }, call));
    assert.equal(parts[0]?.part?.$case, 'comparison');
    const cells = parts.slice(1).map(({ part }) => (part?.$case === 'cell' ? part.value : undefined));
    assert.deepEqual(cells, done.cells);
  });

  test('asked for again is the same one, and computes nothing', async () => {
    const before = home.computed().length;
    const again = await runToEnd(home.client, smallSpec());
    assert.equal(home.computed().length, before);
    assert.deepEqual(again, done);
  });

  test('with another strategy costs only that strategy', async () => {
    const before = home.computed('fit').length;
    const more = await runToEnd(
      home.client,
      smallSpec({ strategies: ['random', 'margin', 'bald', { name: 'random', as: 'other' }] }),
    );
    assert.notEqual(more.id, done.id);
    assert.equal(home.computed('fit').length, before + 4);
    assert.deepEqual(more.cells.slice(0, 6), done.cells);
  });

  test('gives the same rounds in another empty store', async () => {
    const other = await openWhole();
    try {
      const there = await runToEnd(other.client, smallSpec(), 1);
      assert.equal(there.id, done.id);
      assert.deepEqual(await measured(other.client, there.id), await measured(home.client, done.id));
    } finally {
      await other.close();
    }
  });

  test('is found by its id, a head of it, and its name', async () => {
    for (const reference of [done.id, done.id.slice(0, -3)]) {
      assert.equal((await get(home.client, reference)).id, done.id);
    }
    const newest = (await home.client.listComparisons({}, call)).comparisons[0];
    assert.equal((await get(home.client, 'small')).id, newest?.id);
  });

  test('is not found by a head of several ids, or by what is only near', async () => {
    await runToEnd(home.client, smallSpec({ strategies: ['random'] }));
    const ambiguous = await expectAppError('invalid-argument', get(home.client, 'smal'));
    assert.equal(ambiguous.violations[0]?.field, 'id');
    assert.ok(ambiguous.message.includes(done.id));
    const wrong = `${done.id.slice(0, -1)}x`;
    for (const refused of [
      () => get(home.client, wrong),
      () => home.client.cancelComparison({ id: wrong }, call),
      () => home.client.resumeComparison({ id: wrong }, call),
      () => home.client.setParallelism({ id: wrong, parallelism: 1 }, call),
      () => watch(home.client, wrong),
    ]) {
      const unknown = await expectAppError('not-found', refused());
      assert.equal(unknown.reason, 'COMPARISON_UNKNOWN');
      assert.match(unknown.message, /did you mean/);
      assert.ok(unknown.message.includes(done.id));
    }
  });
});

describe('what is refused at submit', () => {
  let home: Installation & { readonly client: Client };
  before(async () => {
    home = await openWhole();
  });
  after(async () => {
    const { comparisons } = await home.client.listComparisons({}, call);
    await home.close();
    assert.deepEqual(comparisons, [], 'nothing that was refused left a record');
  });

  test('a protocol that the data set is too small for, with every field', async () => {
    const protocol = {
      poolSize: 300,
      initialLabels: 8,
      labelsPerRound: 6,
      rounds: 2,
      validationSize: 0,
      testSize: 99,
    };
    const error = await expectAppError('invalid-argument', submit(home.client, smallSpec({ protocol })));
    assert.deepEqual(error.violations.map(({ field }) => field).sort(), [
      'protocol.poolSize',
      'protocol.testSize',
    ]);
    assert.match(error.message, /the train split of "quadrants" has 200 samples/);
  });

  test('more queries than the pool has', async () => {
    const protocol = { initialLabels: 20, labelsPerRound: 60, rounds: 4, validationSize: 0 };
    const error = await expectAppError('invalid-argument', submit(home.client, smallSpec({ protocol })));
    assert.deepEqual(
      error.violations.map(({ field }) => field),
      ['protocol.rounds'],
    );
    assert.match(error.message, /at most 3, got 4/);
  });

  test('an unknown data set, with the nearest', async () => {
    const error = await expectAppError('not-found', submit(home.client, smallSpec({ dataset: 'quadrant' })));
    assert.deepEqual(
      error.violations.map(({ field }) => field),
      ['dataset'],
    );
    assert.match(error.message, /did you mean "?quadrants/);
  });

  test('a spec that breaks its own rules', async () => {
    const spec = {
      ...smallSpec(),
      seeds: [1n, 1n],
      model: { architecture: 'bayesian-cnn', dropout: undefined },
    };
    const error = await expectAppError('invalid-argument', submit(home.client, spec));
    assert.ok(error.violations.length >= 2, error.message);
    await expectAppError(
      'invalid-argument',
      home.client.submitComparison({ spec: undefined, parallelism: 0 }, call),
    );
  });
});
