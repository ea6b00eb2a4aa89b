import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { specFromProto } from '@alarena/config';
import { smallSpec } from '../test-support/installation.js';
import type { Cell, Comparison, ComparisonEvent, Desired, Round, Status } from './comparison.js';
import { untouched } from './comparison-records.js';
import { ComparisonView } from './comparison-view.js';
import type { RunMessage } from './event-messages.js';

const spec = specFromProto(smallSpec());
const desired: Desired = { state: 'running', parallelism: 1, priority: 0, generation: 1 };

function cell(roundsDone: number, status: Status = 'running'): Cell {
  return { strategy: 'random', seed: 1, status, error: '', roundsDone, roundsTotal: 3 };
}

function round(number: number): Round {
  const measures = { accuracy: 0, macroF1: 0, trainingAccuracy: 0 };
  const validation = { validationAccuracy: null, validationMacroF1: null };
  const fit = { bestEpoch: 1, picked: [], fitKey: `fit-${number}`, tasks: [], fitShared: false };
  return { round: number, labels: 8, ...measures, ...validation, ...fit };
}

function heard(number: number, now: Cell, run = 'r1'): RunMessage {
  const newest = now.roundsDone === 0 ? null : round(now.roundsDone - 1);
  return { run, number, event: { type: 'cell', cell: now, newest } };
}

/** Takes in a state that has `events` events of the run in it. */
function state(view: ComparisonView, now: Cell, events: number, status: Status = 'running'): string[] {
  const told = { ...untouched, status, generation: 1, run: 'r1', events, roundsTotal: 3 };
  const record = { schemaVersion: 1, id: 'a', key: 'a', spec, dataset: '', numerics: '' } as const;
  const rest = { parallelism: 1, priority: 0, finishedAt: null, cost: untouched.cost };
  const comparison: Comparison = {
    ...rest,
    record: { ...record, versions: {}, createdAt: '' },
    ...{ status, cells: [now] },
  };
  return words(view.state({ desired, status: told }, comparison));
}

function words(events: readonly ComparisonEvent[] | undefined): string[] {
  assert.ok(events !== undefined, 'rounds are missing');
  return events.map((event) =>
    event.type === 'cell'
      ? `${event.cell.status} ${event.cell.roundsDone} ${event.newest?.round ?? '-'}`
      : event.type,
  );
}

describe('what a watcher is told', () => {
  test('is every round once, whichever comes first, event or status', () => {
    const view = new ComparisonView();
    assert.deepEqual(words(view.hear(heard(1, cell(0)))), [], 'nothing before what is known');
    assert.deepEqual(state(view, cell(0), 1), ['comparison']);
    assert.deepEqual(words(view.hear(heard(2, cell(1)))), ['running 1 0']);
    assert.deepEqual(words(view.hear(heard(2, cell(1)))), []);
    assert.deepEqual(state(view, cell(2), 3), [], 'its round is not known yet');
    assert.deepEqual(view.behind, [cell(2)]);
    assert.deepEqual(words(view.hear(heard(3, cell(2)))), ['running 2 1']);
    assert.deepEqual(view.behind, []);
  });

  test('is made up for where events are lost', () => {
    const view = new ComparisonView();
    state(view, cell(0), 1);
    assert.equal(view.hear(heard(4, cell(3, 'done'))), undefined);
    const rounds = [round(0), round(1), round(2)];
    assert.deepEqual(words(view.catchUp({ ...cell(3, 'done'), rounds })), [
      ...['running 1 0', 'running 2 1', 'done 3 2'],
    ]);
    assert.deepEqual(words(view.hear(heard(4, cell(3, 'done')))), []);
  });

  test('is not undone by late events, nor by another run that looks through what is done', () => {
    const view = new ComparisonView();
    state(view, cell(1), 5);
    assert.deepEqual(state(view, cell(1, 'failed'), 9), ['failed 1 -']);
    assert.deepEqual(words(view.hear(heard(8, cell(1)))), [], 'before the status');
    assert.deepEqual(words(view.hear(heard(1, cell(0), 'r2'))), []);
    assert.deepEqual(words(view.hear(heard(2, cell(1), 'r2'))), ['running 1 0']);
  });

  test('ends with the whole, once', () => {
    const view = new ComparisonView();
    assert.deepEqual(state(view, cell(3, 'done'), 9, 'done'), []);
    assert.ok(view.isOver);
    assert.deepEqual(words(view.end()), ['comparison']);
  });
});
