// `alarena serve all`: the whole stack in the foreground, until Ctrl-C or SIGTERM.

import { once } from 'node:events';
import { AppError, didYouMean } from '@alarena/core';
import { isLoopback } from '@alarena/grpc';
import { stackOptions } from '../connection.js';
import type { CommandContext } from '../context.js';
import { ExitStatus } from '../exit-status.js';
import { startStack } from '../load-stack.js';

const services = ['all'];

export interface ServeOptions {
  readonly port: number;
  readonly host: string;
}

export async function serve(
  context: CommandContext,
  service: string,
  { port, host }: ServeOptions,
): Promise<ExitStatus> {
  if (!services.includes(service)) {
    const description = `there is no service "${service}"${didYouMean(service, services) || '; this version serves "all" in one process'}`;
    throw AppError.invalid('serve:', [{ field: 'SERVICE', description }]);
  }
  if (!isLoopback(host)) {
    const description =
      'must be of this machine alone, such as 127.0.0.1: "serve all" does not ask who calls';
    throw AppError.invalid('serve:', [{ field: '--host', description }]);
  }
  const stack = await startStack({ ...stackOptions(context), port, host, resume: true });
  try {
    context.terminal.note(`listening ${stack.address}`);
    if (context.json) context.terminal.out(JSON.stringify({ address: stack.address }));
    if (!context.signal.aborted) await once(context.signal, 'abort');
  } finally {
    await stack.stop();
  }
  // Being told to stop is how a server ends well.
  return ExitStatus.done;
}
