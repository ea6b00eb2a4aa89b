import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { comparison } from '@alarena/api';
import { ProgressBars } from './bars.js';
import { ProgressState } from './progress-state.js';

const { Cell, Comparison, Status } = comparison;

/** A stream that says it is a terminal of some rows, and what was written to it. */
function terminal(rows: number): { stream: NodeJS.WriteStream; written: () => string } {
  const chunks: string[] = [];
  const stream = Object.assign(new PassThrough(), { isTTY: true, rows, columns: 100, cursorTo: () => true });
  const more = { moveCursor: () => true, clearLine: () => true, clearScreenDown: () => true };
  stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  // What cli-progress asks of a terminal is all there.
  return {
    stream: Object.assign(stream, more) as unknown as NodeJS.WriteStream,
    written: () => chunks.join(''),
  };
}

function begin(state: ProgressState, seeds: number): void {
  const cells = Array.from({ length: seeds }, (_, seed) =>
    Cell.fromPartial({
      strategy: 'margin',
      seed: BigInt(seed),
      status: Status.STATUS_PENDING,
      roundsTotal: 5,
    }),
  );
  state.apply({ $case: 'comparison', value: Comparison.fromPartial({ cells }) }, 0);
}

function shown(seeds: number, rows: number): string {
  const { stream, written } = terminal(rows);
  const state = new ProgressState();
  begin(state, seeds);
  const bars = new ProgressBars(state, stream);
  const task = { strategy: 'margin', seed: 1n, round: 0, kind: 'fit', progress: 0.5 };
  state.apply({ $case: 'task', value: task }, 1000);
  bars.show([{ kind: 'notice', text: 'an array was recomputed' }], 1000);
  bars.stop();
  return written();
}

test('each cell has a bar, and the total is below', () => {
  const text = shown(3, 24);
  for (const part of ['margin seed 0', 'margin seed 1', 'fit 50 %', 'note: an array was recomputed']) {
    assert.ok(text.includes(part), `${part} in ${text}`);
  }
  assert.ok(text.lastIndexOf('0/15 rounds') > text.lastIndexOf('margin seed 2'));
});

test('of more cells than rows, only running ones have a bar', () => {
  const text = shown(100, 24);
  assert.ok(text.includes('margin seed 1'));
  assert.ok(!text.includes('margin seed 0'));
  assert.ok(text.includes('0/500 rounds'));
});
