// The process of one service: settings, platform, gRPC server, work, and the end of all that in order. A service's
// main.ts says only what is its own.

import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '@alarena/core';
import {
  createGrpcServer,
  type GrpcServer,
  runUntilSignal,
  type ServiceRegistration,
  type StopStep,
} from '@alarena/grpc';
import { createLogger, type Logger } from '@alarena/telemetry';
import type { z } from 'zod';
import { Platform } from './platform.js';
import type { WorkSignals } from './pool-worker.js';
import { type CommonSettings, type ProcessSettings, readProcessSettings } from './process-settings.js';
import type { ProcessEnvironment } from './settings.js';

/** Time beyond the limit of calls and tasks for handing tasks back and closing connections. */
const STOP_MARGIN_MS = 15_000;
const READINESS_EVERY_MS = 1_000;

export interface ServiceContext<Settings> {
  readonly settings: Settings;
  readonly platform: Platform;
  readonly logger: Logger;
  /** Aborted when the process is told to stop before it has started. */
  readonly signal: AbortSignal;
}

export interface RunningService {
  readonly services: readonly ServiceRegistration[];
  /** Beside store and bus. Default: always. */
  ready?(): boolean;
  /**
   * The taking of tasks. It goes on until it is told to leave and the tasks in work have ended, or its signal aborts.
   * When it fails, the process ends.
   */
  work?(signals: WorkSignals): Promise<void>;
  /** Told first, while calls and tasks go on: what another process may take over. */
  readonly leave?: () => Promise<unknown>;
  /** Told when calls and tasks have ended, or are given up: then they need not wait for what could take long. */
  readonly hurry?: () => Promise<unknown>;
  /** After the last call has ended. */
  readonly close?: () => Promise<unknown>;
}

export interface ServiceProcess<Shape extends z.ZodRawShape> {
  /** As in `ALARENA_<NAME>_…`, in lower case with dashes. */
  readonly name: string;
  readonly defaultPort: number;
  /** Without it NATS may be left out of the environment. */
  readonly needsBus: boolean;
  /** The service's own settings. */
  readonly shape: Shape;
  /** Opens what its settings name on this machine; faults of that are told with those of the settings. */
  prepare?(settings: z.output<z.ZodObject<Shape>>, logger: Logger): Promise<void>;
  start(context: ServiceContext<z.output<z.ZodObject<Shape>>>): Promise<RunningService>;
}

/** Runs until SIGTERM or SIGINT. */
export async function runService<Shape extends z.ZodRawShape>(
  service: ServiceProcess<Shape>,
  env: ProcessEnvironment = process.env,
): Promise<never> {
  const settings = await readProcessSettings(service, env).catch((error: unknown) => {
    createLogger({ service: service.name, level: 'info' }).fatal({ err: error }, 'start failed');
    return process.exit(1);
  });
  const { logger, common } = settings;
  return runUntilSignal({
    logger,
    limitMs: common.shutdownLimitMs + STOP_MARGIN_MS,
    start: (signal) => start(service, settings, env, signal),
  });
}

async function start<Shape extends z.ZodRawShape>(
  service: ServiceProcess<Shape>,
  settings: ProcessSettings<Shape>,
  env: ProcessEnvironment,
  signal: AbortSignal,
): Promise<readonly StopStep[]> {
  const { common, own, shared, protection, logger } = settings;
  let ready = (): boolean => false;
  const platform = await Platform.open({
    ...{ service: service.name, env, settings: shared, logger, signal },
    ready: () => ready(),
  });
  try {
    const running = await service.start({ settings: own, platform, logger, signal });
    const server = createGrpcServer({
      ...{ services: running.services, logger, reflection: common.reflection, initiallyServing: false },
      ...protection,
    });
    await server.start({ host: common.host, port: common.port });
    ready = () => platform.ready() && (running.ready?.() ?? true);
    const stopReporting = reportReadiness(() => ready(), server, logger);
    const notReady = async (): Promise<void> => {
      ready = () => false;
      stopReporting();
    };
    return [
      { name: 'readiness', stop: notReady },
      ...stopSteps(running, server, common, logger),
      { name: 'platform', stop: () => platform.close() },
    ];
  } catch (error) {
    await platform.close();
    throw error;
  }
}

/** Tells callers who ask for health. Returns what ends that, not ready. */
function reportReadiness(ready: () => boolean, server: GrpcServer, logger: Logger): () => void {
  let serving = false;
  const report = (): void => {
    if (ready() === serving) return;
    serving = !serving;
    if (serving) server.setServing();
    else server.setNotServing();
    logger.info({ serving }, serving ? 'ready' : 'not ready');
  };
  report();
  const reporting = setInterval(report, READINESS_EVERY_MS);
  return () => {
    clearInterval(reporting);
    server.setNotServing();
  };
}

/** Begins the work. Calls and tasks have the same time to end. */
function stopSteps(
  running: RunningService,
  server: GrpcServer,
  { shutdownLimitMs: limitMs }: CommonSettings,
  logger: Logger,
): StopStep[] {
  const [leaving, working] = [new AbortController(), new AbortController()];
  setMaxListeners(0, working.signal);
  // Nobody catches its failure: that ends the process in order, as the failure of anything else.
  const work = running.work?.({ leaving: leaving.signal, signal: working.signal });
  const tasks = async (): Promise<void> => {
    if (work === undefined || (await endsWithin(work, limitMs))) return;
    logger.warn({ limitMs }, 'tasks still in work at the shutdown limit are handed back');
  };
  return [
    {
      name: 'leave',
      stop: async () => {
        leaving.abort();
        await running.leave?.();
      },
    },
    { name: 'calls and tasks', stop: () => Promise.all([server.shutdown({ limitMs }), tasks()]) },
    {
      name: 'work',
      stop: async () => {
        working.abort(new AppError('unavailable', 'the process stops'));
        await running.hurry?.();
        await work?.catch(() => {});
      },
    },
    { name: 'service', stop: async () => running.close?.() },
  ];
}

/** Whether it has ended by then, however. */
async function endsWithin(work: Promise<void>, limitMs: number): Promise<boolean> {
  const ended = new AbortController();
  const end = work.then(
    () => true,
    () => true,
  );
  const limit = delay(limitMs, false, { signal: ended.signal });
  try {
    return await Promise.race([end, limit]);
  } finally {
    limit.catch(() => {});
    ended.abort();
  }
}
