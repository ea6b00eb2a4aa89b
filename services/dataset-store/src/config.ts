// Settings of the process, from the environment. README.md lists them.

import { join, resolve } from 'node:path';
import { type Environment, readEnvironment } from '@alarena/config';
import { DEFAULT_CACHE_BYTES } from '@alarena/dataset';
import { LOG_LEVELS } from '@alarena/telemetry';
import { z } from 'zod';

const PREFIX = 'ALARENA_DATASET_STORE';

const schema = z.object({
  host: z.string().default('127.0.0.1'),
  port: z.coerce.number().int().min(0).max(65_535).default(50_051),
  cacheBytes: z.coerce.number().int().min(0).default(DEFAULT_CACHE_BYTES),
  logLevel: z.enum(LOG_LEVELS).default('info'),
  reflection: z.stringbool().default(false),
  shutdownLimitMs: z.coerce.number().int().min(0).max(600_000).default(20_000),
});

type Settings = z.output<typeof schema>;

export interface Config extends Environment<Settings> {
  readonly storeFolder: string;
  readonly workFolder: string;
  readonly cacheFolder: string;
}

/** ALARENA_HOME, which all services share, is the folder of all local state. */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const home = resolve(env.ALARENA_HOME || '.alarena');
  return {
    ...readEnvironment(schema, env, PREFIX),
    storeFolder: join(home, 'store'),
    workFolder: join(home, 'tmp'),
    cacheFolder: join(home, 'cache', 'shards'),
  };
}
