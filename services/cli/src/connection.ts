// The server a command talks to: one that runs already, or the embedded stack, started for the command alone.
// Either way by gRPC, so that what works embedded works remotely.

import { cluster, comparison, dataset, strategy } from '@alarena/api';
import {
  type ClientOf,
  type ClientOptions,
  channelCredentials,
  createClient,
  isLoopback,
  tokenFromFile,
} from '@alarena/grpc';
import { createLogger } from '@alarena/telemetry';
import type { Access, CommandContext } from './context.js';
import { startStack } from './load-stack.js';
import type { StackOptions } from './stack-port.js';

export interface Connection {
  readonly address: string;
  /** The services run in this process and end with the command. */
  readonly embedded: boolean;
  readonly cluster: ClientOf<typeof cluster.ClusterServiceService>;
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
  const access = await openAccess(context.access);
  const stack = context.server === undefined ? await startStack(stackOptions(context)) : undefined;
  try {
    context.signal.throwIfAborted();
    const connection = connect(stack?.address ?? context.server ?? '', stack !== undefined, access);
    try {
      return await task(connection);
    } finally {
      connection.cluster.close();
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

type OpenAccess = Pick<ClientOptions, 'credentials' | 'token'>;

/** Reads all files, so that a fault in one is told before anything is asked of the server. */
async function openAccess({ tokenFile, ...tls }: Access): Promise<OpenAccess> {
  const encrypted = Object.values(tls).some((file) => file !== undefined);
  return {
    credentials: encrypted ? await channelCredentials(tls) : undefined,
    token: tokenFile === undefined ? undefined : await tokenFromFile(tokenFile),
  };
}

function connect(address: string, embedded: boolean, access: OpenAccess): Connection {
  const options: ClientOptions = {
    ...access,
    unreachableHint: unreachableHint(address, access.credentials !== undefined),
  };
  return {
    address,
    embedded,
    cluster: createClient(cluster.ClusterServiceService, address, options),
    comparisons: createClient(comparison.ComparisonServiceService, address, options),
    datasets: createClient(dataset.DatasetServiceService, address, options),
    strategies: createClient(strategy.StrategyServiceService, address, options),
  };
}

/** What to do where no server answers: on this machine start one, elsewhere find out what is between. */
function unreachableHint(address: string, encrypted: boolean): string {
  if (isLoopback(address.replace(/:\d+$/, '')))
    return 'start one with "alarena serve all", or leave --server and ALARENA_SERVER out to run without a server';
  const tls = encrypted ? '' : ', and name its authority with --ca FILE if it uses TLS';
  return `check the name and the port (of an orchestrator: 50050), and that no firewall is between${tls}`;
}

export function stackOptions({ home, logLevel }: CommandContext): StackOptions {
  return { home, logger: createLogger({ service: 'alarena', level: logLevel }) };
}
