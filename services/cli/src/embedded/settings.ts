// How much of this machine the embedded stack takes. From the environment, for those who want it otherwise.

import { availableParallelism, totalmem } from 'node:os';
import { readEnvironment } from '@alarena/config';
import { z } from 'zod';

/** A computing process with its model and data stays below this. */
const bytesPerProcess = 1.5 * 2 ** 30;

export interface EmbeddedSettings {
  /** Fits at once, each in a process of its own. */
  readonly fits: number;
  /** Threads of one computing process. Part of the numerics profile: another count gives other last bits. */
  readonly threads: number;
  /** Most bytes of data set shards kept in the cache folder. */
  readonly cacheBytes: number;
}

/**
 * One thread a process and a process a core: many small fits gain more from running side by side than from sharing
 * cores, and one thread gives the same bits on machines with any number of cores.
 */
export function embeddedSettings(env: NodeJS.ProcessEnv): EmbeddedSettings {
  const byMemory = Math.floor(totalmem() / bytesPerProcess) - 1;
  const processes = Math.max(1, Math.min(availableParallelism(), byMemory));
  const schema = z.object({
    fits: z.coerce.number().int().min(1).max(256).default(processes),
    threads: z.coerce.number().int().min(1).max(256).default(1),
    cacheBytes: z.coerce
      .number()
      .int()
      .min(0)
      .default(4 * 2 ** 30),
  });
  return readEnvironment(schema, env, 'ALARENA_EMBEDDED').settings;
}
