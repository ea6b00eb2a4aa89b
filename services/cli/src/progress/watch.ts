// Watching a comparison to its end: events in, progress out. A lost connection is made again, since a watched
// comparison may outlive many.

import { setTimeout as delay } from 'node:timers/promises';
import type { comparison } from '@alarena/api';
import { AppError } from '@alarena/core';
import { type Connection, longCall } from '../connection.js';
import type { CommandContext } from '../context.js';
import { isEnded } from '../format/status.js';
import { ProgressState } from './progress-state.js';
import { progressView } from './view.js';

/** Tries in a row without any event before the server counts as gone; waits double from the first. */
const mostTries = 6;
const firstWaitMs = 500;

/** Resolves with the comparison as it ended: done, failed or cancelled. */
export async function watchToEnd(
  connection: Connection,
  id: string,
  context: CommandContext,
): Promise<comparison.Comparison> {
  const state = new ProgressState();
  const view = progressView(state, context.terminal);
  try {
    for (let failures = 0; ; ) {
      try {
        for await (const { event } of connection.comparisons.watchComparison({ id }, longCall(context))) {
          failures = 0;
          const nowMs = performance.now();
          view.show(state.apply(event, nowMs), nowMs);
        }
        return ended(state, id);
      } catch (thrown) {
        const error = AppError.from(thrown);
        failures++;
        if (error.code !== 'unavailable' || failures === mostTries) throw error;
        const text = `the connection to ${connection.address} was lost; trying again`;
        view.show([{ kind: 'notice', text }], performance.now());
        await delay(firstWaitMs * 2 ** (failures - 1), undefined, { signal: context.signal });
      }
    }
  } finally {
    view.stop();
  }
}

function ended({ comparison: last }: ProgressState, id: string): comparison.Comparison {
  if (last !== undefined && isEnded(last.status)) return last;
  throw new AppError('unavailable', `the server stopped reporting on ${id} before it ended; watch it again`);
}
