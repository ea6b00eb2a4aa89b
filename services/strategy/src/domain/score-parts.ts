// Scores a large pool part by part in threads, as the parts arrive: memory is that of the parts in work and k, whatever
// the size of the pool.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { AppError, fromWire } from '@alarena/core';
import type { PoolPart, Ranking } from '@alarena/strategies';
import type { FromScorer, ScoringQuery, ToScorer } from './scoring-messages.js';

export interface PartSource {
  readonly count: number;
  read(at: number): Promise<PoolPart>;
}

/** The ranking of each thread. Throws what a strategy throws of a part, and the signal's reason. */
export async function scoreParts(
  query: ScoringQuery,
  parts: PartSource,
  threads: number,
  { signal, onPart }: { readonly signal: AbortSignal; readonly onPart: (done: number) => void },
): Promise<Ranking[]> {
  const scorers = Array.from({ length: Math.min(threads, parts.count) }, () => new Scorer(query));
  let next = 0;
  let done = 0;
  // Each thread takes the next part when it has scored the last; reading one is waiting, not work.
  const score = async (scorer: Scorer): Promise<Ranking> => {
    let reading = next < parts.count ? parts.read(next++) : undefined;
    while (reading !== undefined) {
      const part = await reading;
      signal.throwIfAborted();
      const scored = scorer.ask({ type: 'part', part }, buffersOf(part));
      reading = next < parts.count ? parts.read(next++) : undefined;
      // Heard of below: the failure of this thread's part comes first.
      reading?.catch(() => {});
      await scored;
      onPart(++done);
    }
    const answer = await scorer.ask({ type: 'rank' });
    if (answer.type === 'ranking') return answer.ranking;
    throw new AppError('internal', `a scoring thread answered ${answer.type}`);
  };
  try {
    return await Promise.all(scorers.map(score));
  } finally {
    await Promise.all(scorers.map((scorer) => scorer.end()));
  }
}

class Scorer {
  readonly #worker: Worker;

  constructor(query: ScoringQuery) {
    // The thread takes no flags of ours: a preloaded instrumentation would be loaded a second time.
    this.#worker = new Worker(new URL('./scoring-thread.js', import.meta.url), {
      workerData: query,
      execArgv: [],
    });
    // Asked of only while a question waits; without a listener it would end the process.
    this.#worker.on('error', () => {});
  }

  /** One question at a time. */
  async ask(message: ToScorer, transfer: ArrayBuffer[] = []): Promise<FromScorer> {
    const waiting = new AbortController();
    const { signal } = waiting;
    const gone = once(this.#worker, 'exit', { signal }).then(() => {
      throw new AppError('internal', 'a scoring thread ended unexpectedly');
    });
    gone.catch(() => {});
    try {
      this.#worker.postMessage(message, transfer);
      const [answer] = (await Promise.race([once(this.#worker, 'message', { signal }), gone])) as [
        FromScorer,
      ];
      if (answer.type === 'error') throw fromWire(answer.error);
      return answer;
    } finally {
      waiting.abort();
    }
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

function buffersOf({ ids, signals }: PoolPart): ArrayBuffer[] {
  const arrays = [ids, ...Object.values(signals).map(({ data }) => data)];
  // A view of a larger buffer would take it all along: such a one is copied.
  return arrays.flatMap(({ buffer, byteLength }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
  );
}
