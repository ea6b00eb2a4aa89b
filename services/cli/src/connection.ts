// The server a command talks to: one that runs already, or the embedded stack, started for the command alone.
// Either way by gRPC, so that what works embedded works remotely.

import { comparison, dataset, strategy } from '@alarena/api';
import { type ClientOf, createClient } from '@alarena/grpc';
import { createLogger } from '@alarena/telemetry';
import type { CommandContext } from './context.js';
import { startStack } from './load-stack.js';
import type { StackOptions } from './stack-port.js';

export interface Connection {
  readonly address: string;
  /** The services run in this process and end with the command. */
  readonly embedded: boolean;
  readonly comparisons: ClientOf<typeof comparison.ComparisonServiceService>;
  readonly datasets: ClientOf<typeof dataset.DatasetServiceService>;
  readonly strategies: ClientOf<typeof strategy.StrategyServiceService>;
}

/** Short calls: those that answer from what the server knows, or start something that goes on by itself. */
export function shortCall(context: CommandContext): { timeoutMs: number; signal: AbortSignal } {
  return { timeoutMs: 60_000, signal: context.signal };
}

/** Streams that last as long as the work they report. */
export function longCall(context: CommandContext): { timeoutMs: 'none'; signal: AbortSignal } {
  return { timeoutMs: 'none', signal: context.signal };
}

/** Runs `task` against the server and ends the connection, and the embedded stack, whatever happens. */
export async function withServer<Result>(
  context: CommandContext,
  task: (connection: Connection) => Promise<Result>,
): Promise<Result> {
  const stack = context.server === undefined ? await startStack(stackOptions(context)) : undefined;
  try {
    context.signal.throwIfAborted();
    const connection = connect(stack?.address ?? context.server ?? '', stack !== undefined);
    try {
      return await task(connection);
    } finally {
      connection.comparisons.close();
      connection.datasets.close();
      connection.strategies.close();
    }
  } finally {
    if (stack !== undefined && context.signal.aborted)
      context.terminal.note('stopping; Ctrl-C again ends at once');
    await stack?.stop();
  }
}

function connect(address: string, embedded: boolean): Connection {
  const options = {
    unreachableHint:
      'start one with "alarena serve all", or leave --server and ALARENA_SERVER out to run without a server',
  };
  return {
    address,
    embedded,
    comparisons: createClient(comparison.ComparisonServiceService, address, options),
    datasets: createClient(dataset.DatasetServiceService, address, options),
    strategies: createClient(strategy.StrategyServiceService, address, options),
  };
}

export function stackOptions({ home, logLevel }: CommandContext): StackOptions {
  return { home, logger: createLogger({ service: 'alarena', level: logLevel }) };
}
