// Watching a comparison, on whichever orchestrator: events over the bus make it quick, the status in the bucket makes
// it whole, and the rounds that an event was to tell are read from the store where it was lost.

import { setTimeout as delay } from 'node:timers/promises';
import type { Bus } from '@alarena/bus';
import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';
import type { Cell, Comparison, ComparisonEvent, MeasuredCell } from './comparison.js';
import type { ComparisonRecords, ComparisonState } from './comparison-records.js';
import { ComparisonView } from './comparison-view.js';
import { decodeRunEvent, eventSubject, type RunMessage } from './event-messages.js';
import { EventQueue } from './event-queue.js';

export interface WatchDeps {
  readonly records: ComparisonRecords;
  readonly bus: Bus;
  readonly logger: Logger;
  /** How long events may be later than the status that includes them. */
  readonly lookMs: number;
  readonly summary: (state: ComparisonState) => Promise<Comparison>;
  readonly replayed: (cells: readonly Cell[]) => Promise<readonly MeasuredCell[]>;
}

type Item =
  | { readonly type: 'state'; readonly state: ComparisonState }
  | { readonly type: 'event'; readonly message: RunMessage }
  | { readonly type: 'look' };

const retryMs = 1_000;

/** Everything known, then each change until the comparison ends or the signal aborts. */
export async function* watchComparison(
  deps: WatchDeps,
  id: string,
  signal: AbortSignal,
): AsyncGenerator<ComparisonEvent, void, undefined> {
  if (signal.aborted) return;
  const left = new AbortController();
  const leave = (): void => {
    left.abort();
    queue.end();
  };
  const queue = new EventQueue<Item>((item) => item.type === 'event' && item.message.event.type === 'task');
  const view = new ComparisonView();
  let looking: NodeJS.Timeout | undefined;
  async function* caughtUp(cells: readonly Cell[]): AsyncGenerator<ComparisonEvent, void, undefined> {
    if (cells.length === 0) return;
    for (const cell of await deps.replayed(cells)) yield* view.catchUp(cell);
  }
  signal.addEventListener('abort', leave, { once: true });
  const sources = [
    persistently(deps, left.signal, queue, () => hear(deps, id, left.signal, queue)),
    persistently(deps, left.signal, queue, () =>
      deps.records.follow(id, left.signal, (state) => queue.push({ type: 'state', state })),
    ),
  ];
  try {
    for await (const item of queue) {
      switch (item.type) {
        case 'state': {
          yield* view.state(item.state, await deps.summary(item.state));
          if (view.isOver) {
            yield* caughtUp(view.behind);
            yield* view.end();
            return;
          }
          if (view.behind.length === 0) break;
          looking ??= setTimeout(() => {
            looking = undefined;
            queue.push({ type: 'look' });
          }, deps.lookMs);
          break;
        }
        case 'event': {
          const news = view.hear(item.message);
          if (news === undefined && item.message.event.type === 'cell') {
            yield* caughtUp([item.message.event.cell]);
            yield* view.hear(item.message) ?? [];
          } else yield* news ?? [];
          break;
        }
        case 'look':
          yield* caughtUp(view.behind);
          break;
      }
    }
  } finally {
    signal.removeEventListener('abort', leave);
    leave();
    clearTimeout(looking);
    await Promise.all(sources);
  }
}

async function hear(
  { bus }: WatchDeps,
  id: string,
  signal: AbortSignal,
  queue: EventQueue<Item>,
): Promise<void> {
  for await (const { payload } of bus.subscribe(eventSubject(id), { signal })) {
    queue.push({ type: 'event', message: decodeRunEvent(payload) });
  }
}

/** A source that fails is opened again, unless it is gone for good. */
async function persistently(
  { logger }: WatchDeps,
  signal: AbortSignal,
  queue: EventQueue<Item>,
  read: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await read();
      if (signal.aborted) return;
    } catch (thrown) {
      if (signal.aborted) return;
      const error = AppError.from(thrown);
      if (!error.retryable) {
        queue.fail(error);
        return;
      }
      logger.warn({ err: error }, 'a comparison cannot be watched for now');
    }
    await delay(retryMs, undefined, { signal, ref: false }).catch(() => {});
  }
}
