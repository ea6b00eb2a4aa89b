// The process of one command: arguments in, exit status out. Every error ends here.

import { AppError } from '@alarena/core';
import { CommanderError } from 'commander';
import { createContext, type GlobalOptions } from './context.js';
import { ExitStatus, exitStatusOf } from './exit-status.js';
import { errorJson, errorText } from './format/error.js';
import { type Interrupts, listenForInterrupts } from './interrupts.js';
import { createProgram, type Run } from './program.js';
import { processTerminal, type Terminal } from './terminal.js';

/** `args` without the program's own name. */
export async function main(args: readonly string[]): Promise<ExitStatus> {
  // grpc-js makes Node warn of TLS to an IP address; nobody who uses the command could do anything about it.
  process.noDeprecation = true;
  // A reader that has seen enough (`alarena list | head`) is no fault.
  process.stdout.on('error', (error) => {
    if ('code' in error && error.code === 'EPIPE') process.exit(ExitStatus.done);
    throw error;
  });
  const terminal = processTerminal();
  let status: ExitStatus = ExitStatus.done;
  const run: Run = async (options, task) => {
    const interrupts = listenForInterrupts();
    try {
      status = await task(createContext(options, process.env, terminal, interrupts.signal));
    } catch (thrown) {
      status = report(AppError.from(thrown), options, terminal, interrupts);
    } finally {
      interrupts.dispose();
    }
  };
  try {
    await createProgram(run).parseAsync([...args], { from: 'user' });
  } catch (thrown) {
    // Commander has written its message already; its status 0 is that of help asked for.
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return ExitStatus.done;
    if (args.includes('--json')) {
      const message = thrown.message.replace(/^error: /, '');
      terminal.out(JSON.stringify(errorJson(new AppError('invalid-argument', message)), null, 2));
    }
    return ExitStatus.badInput;
  }
  return status;
}

function report(
  error: AppError,
  options: GlobalOptions,
  terminal: Terminal,
  { signal }: Interrupts,
): ExitStatus {
  const status = exitStatusOf(error, signal.aborted);
  if (options.json === true) terminal.out(JSON.stringify(errorJson(error), null, 2));
  const verbose = options.verbose === true || Boolean(process.env.DEBUG);
  terminal.note(status === ExitStatus.interrupted ? error.message : errorText(error, verbose));
  return status;
}
