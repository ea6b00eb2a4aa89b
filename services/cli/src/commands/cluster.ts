// `alarena cluster`, `cluster set`, `gc`: what an installation runs on, and its upkeep.

import { AppError } from '@alarena/core';
import { longCall, shortCall, withServer } from '../connection.js';
import type { CommandContext } from '../context.js';
import { ExitStatus } from '../exit-status.js';
import { clusterJson, clusterText, collectionJson, collectionText, poolText } from '../format/cluster.js';
import { print } from './print.js';

export async function showCluster(context: CommandContext): Promise<ExitStatus> {
  const value = await withServer(context, (connection) =>
    connection.cluster.getCluster({}, { ...shortCall(context), retries: 2 }),
  );
  print(context, clusterJson(value), () => clusterText(value));
  return ExitStatus.done;
}

export async function setPool(context: CommandContext, name: string, limit: number): Promise<ExitStatus> {
  const { pool } = await withServer(context, (connection) =>
    connection.cluster.setPool({ name, limit }, shortCall(context)),
  );
  if (pool === undefined) throw new AppError('internal', 'the server answered without the pool');
  print(context, pool, () => poolText(pool));
  return ExitStatus.done;
}

export async function collectGarbage(
  context: CommandContext,
  { dryRun = false }: { readonly dryRun?: boolean },
): Promise<ExitStatus> {
  const value = await withServer(context, (connection) =>
    connection.cluster.collectGarbage({ dryRun }, { ...longCall(context), timeoutMs: 24 * 3_600_000 }),
  );
  print(context, collectionJson(value, dryRun), () => collectionText(value, dryRun));
  return ExitStatus.done;
}
