// `alarena submit SPEC.yaml` and `alarena watch ID`: the steps of `compare`, apart.

import { setTimeout as delay } from 'node:timers/promises';
import type { comparison } from '@alarena/api';
import { type ComparisonSpec, specToProto } from '@alarena/config';
import { AppError, didYouMean } from '@alarena/core';
import { type Connection, shortCall, withServer } from '../connection.js';
import type { CommandContext } from '../context.js';
import { ExitStatus } from '../exit-status.js';
import { comparisonJson, costLine, failures, headLine } from '../format/comparison.js';
import { isEnded, statusWord } from '../format/status.js';
import { watchToEnd } from '../progress/watch.js';
import { readSpec } from '../read-spec.js';
import { nextStep } from './comparisons.js';
import { importDataset } from './data.js';
import { print } from './print.js';

/** Data sets that a server can fetch by itself. */
const builtInDatasets = ['mnist', 'repeated-mnist'];

/** Some quarter of an hour, with the server's own waiting. */
const mostSubmits = 20;
const submitPauseMs = 2_000;

export interface SubmitOptions {
  readonly parallelism?: number;
}

export async function submit(
  context: CommandContext,
  path: string,
  options: SubmitOptions,
): Promise<ExitStatus> {
  const spec = await readSpec(path);
  const value = await withServer(context, (connection) => submitSpec(connection, context, spec, options));
  print(context, comparisonJson(value), () => headLine(value));
  if (!isEnded(value.status)) context.terminal.note(nextStep(context, value));
  return ExitStatus.done;
}

export async function watch(context: CommandContext, id: string): Promise<ExitStatus> {
  return withServer(context, async (connection) => {
    const response = await connection.comparisons.getComparison(
      { id },
      { ...shortCall(context), retries: 2 },
    );
    const found = present(response.comparison);
    context.terminal.note(headLine(found));
    const value = await follow(connection, context, found, `alarena watch ${found.id}`);
    print(context, comparisonJson(value), () => `${statusWord(value.status)}; ${costLine(value.cost)}`);
    for (const line of failures(value)) context.terminal.note(line);
    return statusOfEnd(context, value);
  });
}

/** Imports the data set where it is built in and missing, and starts the comparison, or finds it. */
export async function submitSpec(
  connection: Connection,
  context: CommandContext,
  spec: ComparisonSpec,
  { parallelism = 0 }: SubmitOptions,
): Promise<comparison.Comparison> {
  await ensureDataset(connection, context, spec.dataset);
  const request = { spec: specToProto(spec), parallelism };
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await connection.comparisons.submitComparison(request, shortCall(context));
      return present(response.comparison);
    } catch (thrown) {
      // A node with a GPU takes minutes to come; the server has begun to wait for it.
      const { reason, message } = AppError.from(thrown);
      if (reason !== 'POOL_WITHOUT_PROFILE' || attempt === mostSubmits) throw thrown;
      if (attempt === 1) context.terminal.note(`waiting: ${message}`);
      await delay(submitPauseMs, undefined, { signal: context.signal });
    }
  }
}

/** Watches to the end. Ctrl-C ends in an AppError that says how to go on. */
export async function follow(
  connection: Connection,
  context: CommandContext,
  { id }: comparison.Comparison,
  again: string,
): Promise<comparison.Comparison> {
  try {
    return await watchToEnd(connection, id, context);
  } catch (thrown) {
    const error = AppError.from(thrown);
    if (error.code !== 'cancelled' || !context.signal.aborted) throw error;
    const message = connection.embedded
      ? `interrupted; everything measured is kept, go on with: ${again}`
      : `no longer watching; ${connection.address} goes on with ${id} (end that with: alarena cancel ${id})`;
    throw new AppError('cancelled', message, { reason: 'INTERRUPTED', facts: { comparison: id } });
  }
}

/** Only a comparison measured whole counts as done. */
export function statusOfEnd(context: CommandContext, value: comparison.Comparison): ExitStatus {
  const word = statusWord(value.status);
  if (word === 'done') return ExitStatus.done;
  context.terminal.note(
    `the comparison ended as ${word}; try what is missing again with: alarena resume ${value.id}`,
  );
  return ExitStatus.failed;
}

async function ensureDataset(connection: Connection, context: CommandContext, name: string): Promise<void> {
  const { datasets } = await connection.datasets.listDatasets({}, { ...shortCall(context), retries: 2 });
  const names = datasets.map((known) => known.name);
  if (names.includes(name)) return;
  if (builtInDatasets.includes(name)) {
    await importDataset(connection, context, { name });
    return;
  }
  const known = [...new Set([...names, ...builtInDatasets])].sort();
  const hint = didYouMean(name, known) || `; there are ${known.join(', ')}`;
  const description = `there is no data set "${name}"${hint} (alarena data add ${name} --from PATH imports one)`;
  throw AppError.invalid('the spec:', [{ field: 'dataset', description }]);
}

function present(value: comparison.Comparison | undefined): comparison.Comparison {
  if (value !== undefined) return value;
  throw new AppError('internal', 'the server answered without a comparison');
}
