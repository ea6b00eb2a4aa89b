// The life of a service's process: start, wait for SIGTERM or SIGINT, stop in order, exit.

import { AppError } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';

const STOP_LIMIT_MS = 30_000;
/** A terminal and the npm between pass one Ctrl-C on twice: a repeat this soon is not a second wish. */
const SAME_WISH_MS = 1_000;

/** One step of the end, e.g. `drain the bus`. */
export interface StopStep {
  readonly name: string;
  stop(): Promise<unknown>;
}

export interface RunOptions {
  readonly logger: Logger;
  /**
   * Starts the service and returns what ends it, in order: readiness, pulling of tasks, the gRPC server, the
   * bus, telemetry. `signal` is aborted when the process is told to stop before it has started.
   */
  start(signal: AbortSignal): Promise<readonly StopStep[]>;
  /** The process exits with 1 where stopping takes longer. Default: 30 s, as long as Kubernetes waits. */
  readonly limitMs?: number;
}

/**
 * Ends the process: with 0 after an orderly stop, with 1 where the start or a step of the stop failed or
 * something was thrown that nobody caught. A second signal ends it at once.
 */
export async function runUntilSignal(options: RunOptions): Promise<never> {
  const { logger } = options;
  const starting = new AbortController();
  let started = false;
  let toldAt = 0;
  const told = new Promise<{ readonly failed: boolean }>((resolve) => {
    const onSignal = (name: NodeJS.Signals): void => {
      if (starting.signal.aborted) {
        if (performance.now() - toldAt < SAME_WISH_MS) return;
        logger.warn({ signal: name }, 'told twice to stop: exiting at once');
        process.exit(1);
      }
      logger.info({ signal: name }, 'stopping');
      toldAt = performance.now();
      starting.abort(new AppError('cancelled', `stopped by ${name}`));
      resolve({ failed: false });
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    const onStray = (thrown: unknown): void => {
      logger.fatal({ err: thrown }, 'nobody caught this: stopping');
      if (!started) process.exit(1);
      resolve({ failed: true });
    };
    process.on('uncaughtException', onStray);
    process.on('unhandledRejection', onStray);
  });

  let steps: readonly StopStep[];
  try {
    steps = await options.start(starting.signal);
  } catch (thrown) {
    const stoppedEarly = starting.signal.aborted && AppError.from(thrown).code === 'cancelled';
    if (!stoppedEarly) logger.fatal({ err: thrown }, 'start failed');
    return process.exit(stoppedEarly ? 0 : 1);
  }
  started = true;
  const { failed } = await told;
  const stopped = await stopInOrder(steps, logger, options.limitMs ?? STOP_LIMIT_MS);
  if (stopped) logger.info('stopped');
  return process.exit(stopped && !failed ? 0 : 1);
}

/** Takes every step, also after one that failed. Returns whether all succeeded within the limit. */
async function stopInOrder(steps: readonly StopStep[], logger: Logger, limitMs: number): Promise<boolean> {
  let current = '';
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(() => {
      logger.error({ step: current, limitMs }, 'stopping takes too long');
      resolve(false);
    }, limitMs);
  });
  const all = async (): Promise<boolean> => {
    let ok = true;
    for (const step of steps) {
      current = step.name;
      try {
        await step.stop();
      } catch (thrown) {
        ok = false;
        logger.error({ step: step.name, err: thrown }, 'a step of the stop failed');
      }
    }
    return ok;
  };
  const stopped = await Promise.race([all(), limit]);
  clearTimeout(timer);
  return stopped;
}
