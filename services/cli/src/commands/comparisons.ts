// `alarena list`, `show`, `cancel`, `pause`, `resume`, `set`: comparisons a server knows, by id, head of an id, or name.

import type { comparison } from '@alarena/api';
import { AppError } from '@alarena/core';
import { type Connection, shortCall, withServer } from '../connection.js';
import type { CommandContext } from '../context.js';
import { ExitStatus } from '../exit-status.js';
import { comparisonJson, comparisonText, headLine, listingJson, listingText } from '../format/comparison.js';
import { plural } from '../format/quantities.js';
import { statusWord } from '../format/status.js';
import { print } from './print.js';

export async function listComparisons(context: CommandContext): Promise<ExitStatus> {
  const { comparisons } = await withServer(context, (connection) =>
    connection.comparisons.listComparisons({}, { ...shortCall(context), retries: 2 }),
  );
  print(context, { comparisons: comparisons.map(listingJson) }, () => listingText(comparisons));
  return ExitStatus.done;
}

export async function showComparison(context: CommandContext, id: string): Promise<ExitStatus> {
  const value = await answered(context, (connection) =>
    connection.comparisons.getComparison({ id }, { ...shortCall(context), retries: 2 }),
  );
  print(context, comparisonJson(value), () => comparisonText(value));
  return ExitStatus.done;
}

export async function cancelComparison(context: CommandContext, id: string): Promise<ExitStatus> {
  const value = await answered(context, (connection) =>
    connection.comparisons.cancelComparison({ id }, shortCall(context)),
  );
  const word = statusWord(value.status);
  print(context, comparisonJson(value), () => `${headLine(value)}; ${word}`);
  if (word === 'cancelled') context.terminal.note(`go on with: alarena resume ${value.id}`);
  return ExitStatus.done;
}

export async function pauseComparison(context: CommandContext, id: string): Promise<ExitStatus> {
  const value = await answered(context, (connection) =>
    connection.comparisons.pauseComparison({ id }, shortCall(context)),
  );
  print(context, comparisonJson(value), () => `${headLine(value)}; ${statusWord(value.status)}`);
  context.terminal.note(`go on with: alarena resume ${value.id}`);
  return ExitStatus.done;
}

export async function resumeComparison(context: CommandContext, id: string): Promise<ExitStatus> {
  const value = await answered(context, (connection) =>
    connection.comparisons.resumeComparison({ id }, shortCall(context)),
  );
  print(context, comparisonJson(value), () => `${headLine(value)}; ${statusWord(value.status)}`);
  context.terminal.note(nextStep(context, value));
  return ExitStatus.done;
}

export interface Settings {
  readonly parallelism?: number;
  readonly priority?: number;
}

export async function setComparison(
  context: CommandContext,
  id: string,
  { parallelism, priority }: Settings,
): Promise<ExitStatus> {
  if (parallelism === undefined && priority === undefined) {
    const description = 'give at least one of them';
    throw AppError.invalid('set:', [{ field: '--parallelism, --priority', description }]);
  }
  const value = await answered(context, (connection) =>
    connection.comparisons.setComparison({ id, parallelism, priority }, shortCall(context)),
  );
  const text =
    `comparison ${value.id} runs up to ${plural(value.parallelism, 'cell')} at once, ` +
    `at priority ${value.priority}`;
  print(context, comparisonJson(value), () => text);
  return ExitStatus.done;
}

/** What to do after a comparison was started: without a server nothing runs once this command has ended. */
export function nextStep(context: CommandContext, { id }: comparison.Comparison): string {
  return context.server === undefined
    ? `no server was named, so nothing runs yet; run it with: alarena watch ${id}`
    : `follow it with: alarena watch ${id}`;
}

async function answered(
  context: CommandContext,
  ask: (connection: Connection) => Promise<{ comparison: comparison.Comparison | undefined }>,
): Promise<comparison.Comparison> {
  const response = await withServer(context, ask);
  if (response.comparison !== undefined) return response.comparison;
  throw new AppError('internal', 'the server answered without a comparison');
}
