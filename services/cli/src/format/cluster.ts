// The state of an installation as text for people and as documents for `--json`.

import { cluster } from '@alarena/api';
import { byteSize, grouped, plural } from './quantities.js';
import { table } from './table.js';

const states: ReadonlyMap<cluster.WorkerState, string> = new Map([
  [cluster.WorkerState.WORKER_STATE_SERVING, 'serving'],
  [cluster.WorkerState.WORKER_STATE_DRAINING, 'draining'],
  [cluster.WorkerState.WORKER_STATE_DRAINED, 'drained'],
]);

export function clusterJson(value: cluster.GetClusterResponse): object {
  return {
    ...value,
    workers: value.workers.map((worker) => ({ ...worker, state: stateOf(worker) })),
    storeBytes: value.storeBytes === undefined ? null : Number(value.storeBytes),
    storeQuotaBytes: value.storeQuotaBytes === undefined ? null : Number(value.storeQuotaBytes),
  };
}

export function clusterText(value: cluster.GetClusterResponse): string {
  const parts = [headLines(value), poolsText(value), workersText(value), queuesText(value)];
  if (value.nodes.length > 0) parts.push(nodesText(value));
  if (value.pending.length > 0) {
    parts.push(['waiting:', ...value.pending.map(({ name, reason }) => `  ${name}: ${reason}`)].join('\n'));
  }
  return parts.join('\n\n');
}

export function poolText({ name, limit }: cluster.Pool): string {
  const most =
    limit === undefined ? 'as many tasks as its workers can hold' : `up to ${plural(limit, 'task')}`;
  return `pool ${name}: ${most} of a kind out at once`;
}

function headLines({ leader, scaler, storeBytes, storeQuotaBytes }: cluster.GetClusterResponse): string {
  const lines = [leader === '' ? 'no orchestrator leads at the moment' : `leader: ${leader}`];
  if (scaler !== '') lines.push(`scaler: ${scaler}`);
  if (storeBytes !== undefined) {
    const quota = storeQuotaBytes === undefined ? '' : ` of ${byteSize(Number(storeQuotaBytes))}`;
    lines.push(`store: ${byteSize(Number(storeBytes))}${quota}`);
  }
  return lines.join('\n');
}

function poolsText({ pools }: cluster.GetClusterResponse): string {
  if (pools.length === 0) return 'no pool has had a worker yet';
  return table(
    [
      { title: 'pool' },
      { title: 'workload' },
      ...['ready', 'wanted', 'min', 'max', 'gpus', 'limit'].map(
        (title) => ({ title, align: 'right' }) as const,
      ),
      { title: 'numerics' },
    ],
    pools.flatMap((pool) => {
      const limit = pool.limit === undefined ? '-' : String(pool.limit);
      const numerics = pool.numerics || '(not told yet)';
      if (pool.workloads.length === 0) return [[pool.name, '-', '', '', '', '', '', limit, numerics]];
      return pool.workloads.map(({ component, ready, wanted, min, max, gpus }) => [
        pool.name,
        component,
        ...[ready, wanted, min, max, gpus].map(String),
        limit,
        numerics,
      ]);
    }),
  );
}

function workersText({ workers }: cluster.GetClusterResponse): string {
  if (workers.length === 0) return 'no workers';
  return table(
    [
      { title: 'worker' },
      { title: 'pool' },
      { title: 'kind' },
      { title: 'state' },
      { title: 'busy', align: 'right' },
      { title: 'slots', align: 'right' },
      { title: 'version' },
    ],
    workers.map((worker) => [
      worker.id,
      worker.pool,
      worker.kind,
      stateOf(worker),
      ...[worker.busy, worker.slots].map(String),
      worker.version,
    ]),
  );
}

function queuesText({ queues }: cluster.GetClusterResponse): string {
  if (queues.length === 0) return 'no queues';
  return table(
    [
      { title: 'queue' },
      { title: 'ready', align: 'right' },
      { title: 'waiting', align: 'right' },
      { title: 'in work', align: 'right' },
    ],
    queues.map(({ name, ready, waiting, inWork }) => [name, ...[ready, waiting, inWork].map(grouped)]),
  );
}

function nodesText({ nodes }: cluster.GetClusterResponse): string {
  return table(
    [
      { title: 'node' },
      { title: 'state' },
      { title: 'GPUs', align: 'right' },
      { title: 'used', align: 'right' },
    ],
    nodes.map(({ name, ready, gpus, gpusUsed }) => [
      name,
      ready ? 'ready' : 'not ready',
      ...[gpus, gpusUsed].map(String),
    ]),
  );
}

export function collectionJson(value: cluster.CollectGarbageResponse, dryRun: boolean): object {
  const groups = (list: readonly cluster.GarbageGroup[]): object[] =>
    list.map(({ reason, objects, bytes }) => ({ reason, objects: Number(objects), bytes: Number(bytes) }));
  return { dryRun, removed: groups(value.removed), kept: groups(value.kept) };
}

export function collectionText(value: cluster.CollectGarbageResponse, dryRun: boolean): string {
  const total = value.removed.reduce((sum, { bytes }) => sum + Number(bytes), 0);
  const rows = (list: readonly cluster.GarbageGroup[], word: string): string[][] =>
    list.map(({ reason, objects, bytes }) => [
      word,
      grouped(Number(objects)),
      byteSize(Number(bytes)),
      reason,
    ]);
  const groups = [...rows(value.removed, dryRun ? 'would go' : 'removed'), ...rows(value.kept, 'stays')];
  const head = dryRun ? `${byteSize(total)} would be removed` : `removed ${byteSize(total)}`;
  if (groups.length === 0) return `${head}: the store is empty`;
  return [
    head,
    table(
      [
        { title: '' },
        { title: 'objects', align: 'right' },
        { title: 'size', align: 'right' },
        { title: 'what' },
      ],
      groups,
    ),
  ].join('\n\n');
}

function stateOf({ state }: cluster.Worker): string {
  return states.get(state) ?? 'unknown';
}
