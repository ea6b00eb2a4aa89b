// Settings of a service whose processes are the equal workers of a pool.

import { join } from 'node:path';
import { DEFAULT_CACHE_BYTES } from '@alarena/dataset';
import type { Platform } from '@alarena/platform';
import { z } from 'zod';
import type { ComputeSettings } from './compute-service.js';

/** As zod's raw shape: joined with the settings that every service has. */
export const poolShape = {
  /** Workers of a pool are equal: one device, one numerics profile. */
  pool: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/, {
      error: 'must be 1 to 32 lower-case letters, digits and dashes, as in gpu-a100',
    })
    .default('cpu'),
  /** Tasks at once, each in a process of its own. */
  slots: z.coerce.number().int().min(1).max(64).default(1),
  /** Threads of one computing process; part of the numerics profile. */
  threads: z.coerce.number().int().min(1).max(256).default(1),
  /** Most bytes of data sets kept on the local disk. */
  cacheBytes: z.coerce.number().int().min(0).default(DEFAULT_CACHE_BYTES),
};

export type PoolSettings = z.output<z.ZodObject<typeof poolShape>>;

export function computeSettings(
  { slots, threads, cacheBytes }: PoolSettings,
  { home, onStoreOperation }: Platform,
): ComputeSettings {
  return { slots, threads, cacheBytes, cacheFolder: join(home, 'cache', 'shards'), onStoreOperation };
}
