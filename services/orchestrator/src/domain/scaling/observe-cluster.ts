// The installation's figures as metrics. Pools and queues are told by the leader alone, so that none counts twice.

import type { KeyValue } from '@alarena/bus';
import { readPoolProfiles, readWorkers } from '@alarena/tasks';
import { type Logger, type MetricAttributes, meter } from '@alarena/telemetry';
import { knownQueues, type QueueSources, readQueues } from './queue-figures.js';
import type { Workload } from './workloads.js';

export interface ClusterSources extends QueueSources {
  readonly workers: KeyValue;
  readonly pools: KeyValue;
  readonly isLeader: () => boolean;
  /** As the scaler sees them. */
  readonly workloads: () => readonly Workload[];
  readonly logger: Logger;
}

type Point = readonly [value: number, attributes: MetricAttributes];

/** Call after metrics were started. */
export function observeCluster(sources: ClusterSources): void {
  const { isLeader, workloads, workers, pools, logger } = sources;
  observe('alarena_leader', '1 where this orchestrator leads.', () => [[isLeader() ? 1 : 0, {}]]);
  observe('alarena_pool_replicas', 'Workers of a pool: wanted, ready, most.', () =>
    workloads().flatMap(({ pool, component, replicas, ready, max }): Point[] => [
      [replicas, { pool, component, what: 'wanted' }],
      [ready, { pool, component, what: 'ready' }],
      [max, { pool, component, what: 'max' }],
    ]),
  );
  observe('alarena_queue_tasks', 'Tasks of a queue.', async () => {
    if (!isLeader()) return [];
    try {
      const known = knownQueues(await readPoolProfiles(pools, logger), await readWorkers(workers, logger));
      const figures = await readQueues(sources, known);
      return figures.flatMap(({ name, ready, waiting, inWork }): Point[] => [
        [ready, { queue: name, state: 'ready' }],
        [waiting, { queue: name, state: 'waiting' }],
        [inWork, { queue: name, state: 'in_work' }],
      ]);
    } catch (error) {
      logger.warn({ err: error }, 'the queues could not be looked at');
      return undefined;
    }
  });
}

/** What was told once is told on by OpenTelemetry for ever, so what is no more is told as 0. */
function observe(
  name: string,
  description: string,
  look: () => Point[] | Promise<Point[] | undefined>,
): void {
  const told = new Map<string, MetricAttributes>();
  meter()
    .createObservableGauge(name, { description })
    .addCallback(async (gauge) => {
      const points = await look();
      if (points === undefined) return;
      const now = new Set<string>();
      for (const [value, attributes] of points) {
        const series = JSON.stringify(attributes);
        now.add(series);
        told.set(series, attributes);
        gauge.observe(value, attributes);
      }
      for (const [series, attributes] of told) if (!now.has(series)) gauge.observe(0, attributes);
    });
}
