import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { comparison } from '@alarena/api';
import { cellState, newsLine, totalState } from './lines.js';
import { ProgressState } from './progress-state.js';

const { Cell, Comparison, Round, Status } = comparison;

function whole(cells: readonly Parameters<typeof Cell.fromPartial>[0][], status = Status.STATUS_RUNNING) {
  return {
    $case: 'comparison' as const,
    value: Comparison.fromPartial({ id: 'c1', status, cells: cells.map((cell) => Cell.fromPartial(cell)) }),
  };
}

function measured(round: number, more: object = {}): comparison.Round {
  return Round.fromPartial({ round, labels: 20 + 20 * round, accuracy: 0.8714, seconds: 12.34, ...more });
}

function cellEvent(cell: Parameters<typeof Cell.fromPartial>[0]) {
  return { $case: 'cell' as const, value: { cell: Cell.fromPartial(cell) } };
}

const margin = { strategy: 'margin', seed: 2n, status: Status.STATUS_RUNNING, roundsTotal: 5 };

/** The lines that a log would have after each event, one clock tick of a second apart. */
function lines(state: ProgressState, ...events: comparison.WatchComparisonResponse['event'][]): string[] {
  return events.flatMap((event, at) => state.apply(event, at * 1000)).flatMap((news) => newsLine(news) ?? []);
}

describe('lines of a watched comparison', () => {
  test('a measured round is told once, however often it is sent', () => {
    const update = cellEvent({ ...margin, roundsDone: 4, rounds: [measured(3)] });
    const last = whole([{ ...margin, roundsDone: 4, rounds: [measured(3)] }]);
    assert.deepEqual(lines(new ProgressState(), whole([margin]), update, update, last), [
      'margin seed 2 round 3/4: 80 labels, accuracy 0.871 (12.3 s)',
    ]);
  });

  test('a pause is told once, with the way on', () => {
    const paused = whole([margin], Status.STATUS_PAUSED);
    assert.deepEqual(lines(new ProgressState(), whole([margin]), paused, paused), [
      'note: paused; go on with: alarena resume c1',
    ]);
    assert.deepEqual(lines(new ProgressState(), paused).length, 1);
  });

  test('a round missed on the way is told with the last message', () => {
    const last = whole([{ ...margin, roundsDone: 2, rounds: [measured(0), measured(1)] }]);
    const told = lines(new ProgressState(), whole([margin]), last);
    assert.deepEqual(
      told.map((line) => line.split(':')[0]),
      ['margin seed 2 round 0/4', 'margin seed 2 round 1/4'],
    );
  });

  test('what was measured before is told in one line, not round by round', () => {
    const some = { ...margin, roundsDone: 2, rounds: [measured(0), measured(1)] };
    const state = new ProgressState();
    assert.deepEqual(lines(state, whole([some])), ['2 of 5 rounds were measured before']);
    assert.deepEqual(lines(state, cellEvent({ ...some, rounds: [measured(1)] })), []);
    const all = { ...margin, roundsDone: 5, rounds: [] };
    assert.deepEqual(lines(new ProgressState(), whole([all])), ['all 5 rounds were measured before']);
  });

  test('shared fits are marked', () => {
    const update = cellEvent({ ...margin, roundsDone: 1, rounds: [measured(0, { fitShared: true })] });
    assert.match(lines(new ProgressState(), whole([margin]), update)[0] ?? '', /\(12\.3 s, fit shared\)$/);
  });

  test('a failed cell is told once, with its cause; notices are passed on', () => {
    const failed = cellEvent({ ...margin, status: Status.STATUS_FAILED, error: 'out of memory' });
    const notice = { $case: 'notice' as const, value: 'an array was recomputed' };
    assert.deepEqual(lines(new ProgressState(), whole([margin]), failed, failed, notice), [
      'margin seed 2 failed: out of memory',
      'note: an array was recomputed',
    ]);
  });
});

describe('state of a watched comparison', () => {
  test('a cell shows its task, then its accuracy', () => {
    const state = new ProgressState();
    const task = { strategy: 'margin', seed: 2n, round: 1, kind: 'fit', progress: 0.456 };
    const shown = (): string => cellState(state.cells[0] ?? assert.fail());
    state.apply(whole([{ ...margin, status: Status.STATUS_PENDING }]), 0);
    assert.equal(shown(), 'pending');
    state.apply({ $case: 'task', value: task }, 0);
    assert.equal(shown(), 'fit 45 %');
    state.apply(cellEvent({ ...margin, roundsDone: 2, rounds: [measured(1)] }), 0);
    assert.equal(shown(), 'fit 45 %, accuracy 0.871');
    state.apply(
      cellEvent({ ...margin, status: Status.STATUS_DONE, roundsDone: 5, rounds: [measured(4)] }),
      0,
    );
    assert.equal(shown(), 'accuracy 0.871');
  });

  test('the time left follows the pace since watching began, not what was there before', () => {
    const state = new ProgressState();
    state.apply(
      whole([
        { ...margin, roundsDone: 2 },
        { ...margin, seed: 3n },
      ]),
      10_000,
    );
    assert.equal(state.secondsLeft(11_000), undefined);
    state.apply(cellEvent({ ...margin, roundsDone: 3 }), 14_000);
    assert.equal(state.secondsLeft(14_000), 4 * 7);
    assert.equal(totalState(state.roundsDone, state.roundsTotal, 28), '3/10 rounds, about 28 s left');
  });

  test('cells that failed do not count as work left', () => {
    const state = new ProgressState();
    state.apply(whole([margin, { ...margin, seed: 3n }]), 0);
    state.apply(cellEvent({ ...margin, roundsDone: 4 }), 4_000);
    state.apply(cellEvent({ ...margin, seed: 3n, status: Status.STATUS_FAILED }), 4_000);
    assert.equal(state.secondsLeft(4_000), 1);
  });

  test('updates of unknown cells do no harm', () => {
    const state = new ProgressState();
    const task = { strategy: 'x', seed: 0n, round: 0, kind: 'fit', progress: 0 };
    assert.deepEqual(state.apply({ $case: 'task', value: task }, 0), []);
    assert.deepEqual(state.apply(undefined, 0), []);
    assert.equal(state.cells.length, 0);
  });
});
