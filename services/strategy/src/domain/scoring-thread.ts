// A thread that scores parts of the pool and keeps the best.

import { parentPort, workerData } from 'node:worker_threads';
import { toWire } from '@alarena/core';
import { getStrategy, rankParts } from '@alarena/strategies';
import { drawsOf } from './draws.js';
import type { FromScorer, ScoringQuery, ToScorer } from './scoring-messages.js';

const query = workerData as ScoringQuery;
const ranking = rankParts(getStrategy(query.strategy), query.k, query.parameters, drawsOf(query));

function answer(message: ToScorer): FromScorer {
  try {
    if (message.type === 'rank') return { type: 'ranking', ranking: ranking.result() };
    ranking.offer(message.part);
    return { type: 'scored' };
  } catch (error) {
    return { type: 'error', error: toWire(error) };
  }
}

parentPort?.on('message', (message: ToScorer) => parentPort?.postMessage(answer(message)));
