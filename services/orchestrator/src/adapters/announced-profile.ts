// The numerics profile of a pool, as its first worker has announced it.

import type { KeyValue } from '@alarena/bus';
import { AppError } from '@alarena/core';
import { type NumericsProfile, readPoolProfiles } from '@alarena/tasks';
import type { Logger } from '@alarena/telemetry';

export interface AnnouncedProfileOptions {
  /** How long a worker that is being started is waited for. */
  readonly timeoutMs: number;
  readonly logger: Logger;
}

/** `version`: of alarena; each has profiles of its own. */
export function announcedProfile(
  pools: KeyValue,
  pool: string,
  version: string,
  { timeoutMs, logger }: AnnouncedProfileOptions,
): () => Promise<NumericsProfile> {
  const find = async (): Promise<NumericsProfile | undefined> => {
    const profiles = await readPoolProfiles(pools, logger);
    return profiles.find((known) => known.pool === pool && known.version === version)?.profile;
  };
  return async () => {
    const there = await find();
    if (there !== undefined) return there;
    const over = new AbortController();
    const limit = setTimeout(() => over.abort(), timeoutMs);
    try {
      for await (const { entry } of pools.watch(`profile.${pool}.`, { signal: over.signal })) {
        const announced = entry && (await find());
        if (announced !== undefined) return announced;
      }
    } finally {
      clearTimeout(limit);
      over.abort();
    }
    throw new AppError(
      'unavailable',
      `no worker of the pool ${pool} has announced its numerics yet, by which results are named: ` +
        'try again when the one being started is there, or start one',
      { reason: 'POOL_WITHOUT_PROFILE', facts: { pool, version } },
    );
  };
}
