// What the installation as a whole is at, as metrics. Only the leader tells it, so that sums over replicas are right.

import type { Bus } from '@alarena/bus';
import { type Logger, meter } from '@alarena/telemetry';
import type { Orchestrator } from '../server.js';

export interface ObserveOptions {
  readonly orchestrator: Orchestrator;
  readonly bus: Bus;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Call after metrics were started. */
export function observeOrchestrator({ orchestrator, bus, logger, signal }: ObserveOptions): void {
  const comparisons = meter().createObservableGauge('alarena_comparisons', {
    description: 'Comparisons by status.',
  });
  comparisons.addCallback(async (result) => {
    if (!orchestrator.isLeader()) return;
    for (const [status, count] of await orchestrator.statuses()) result.observe(count, { status });
  });
  const { quota } = orchestrator;
  meter()
    .createObservableGauge('alarena_store_bytes', {
      description: 'Bytes of the object store, when last measured.',
    })
    .addCallback((result) => {
      if (orchestrator.isLeader() && quota.bytes !== undefined) result.observe(quota.bytes);
    });
  meter()
    .createObservableGauge('alarena_store_quota_bytes', {
      description: 'Bytes of the store that stop new comparisons.',
    })
    .addCallback((result) => {
      if (orchestrator.isLeader() && quota.quotaBytes !== undefined) result.observe(quota.quotaBytes);
    });
  const dead = meter().createCounter('alarena_dead_letters', { description: 'Tasks that were given up.' });
  const follow = async (): Promise<void> => {
    for await (const { subject } of bus.subscribe('dead.task.>', { signal })) {
      if (orchestrator.isLeader()) dead.add(1, { kind: subject.split('.')[2] ?? '' });
    }
  };
  follow().catch((error: unknown) => logger.error({ err: error }, 'dead letters are not counted any more'));
}

/** Call after metrics were started. */
export function roundSeconds(): (seconds: number) => void {
  const histogram = meter().createHistogram('alarena_round_seconds', {
    description: 'Time of a round of a cell, waiting included.',
  });
  return (seconds) => histogram.record(seconds);
}
