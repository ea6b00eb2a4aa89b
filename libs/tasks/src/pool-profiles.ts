// The numerics profile of each pool, in the bucket `pools` under `profile.<pool>.<version>`: kept when no worker of the pool
// is left, and the same for all of its workers, since results of another are not comparable.

import type { KeyValue } from '@alarena/bus';
import { AppError, canonicalJson } from '@alarena/core';
import type { Logger } from '@alarena/telemetry';
import { type NumericsProfile, profileName } from './numerics.js';
import { encodeEntry, fieldsOf, hasNumbers, hasStrings, parseEntry } from './stored-entry.js';

export interface PoolProfile {
  readonly pool: string;
  /** Of alarena. */
  readonly version: string;
  readonly profile: NumericsProfile;
  /** The profile's name. */
  readonly numerics: string;
}

const prefix = 'profile.';

/** By key. An entry that is no profile is left out, and logged. */
export async function readPoolProfiles(pools: KeyValue, logger: Logger): Promise<PoolProfile[]> {
  const keys = await pools.keys(prefix);
  const entries = await Promise.all(keys.map((key) => pools.get(key)));
  return entries
    .map((entry) => parseEntry(entry, logger, parsePoolProfile))
    .filter((profile) => profile !== undefined);
}

/** Joins the pool: the first worker's profile is the pool's; another one's must be the same. */
export async function joinPool(
  pools: KeyValue,
  worker: Pick<PoolProfile, 'pool' | 'version' | 'profile'>,
  logger: Logger,
): Promise<void> {
  const { pool, version, profile } = worker;
  const key = `${prefix}${pool}.${version}`;
  const mine = encodeEntry({ pool, version, profile, numerics: profileName(profile) });
  const theirs = await claim(pools, key, mine);
  const joined = parseEntry(theirs, logger, parsePoolProfile);
  if (theirs === undefined || joined === undefined) {
    // Nothing, or nothing that could be compared, was there.
    if (theirs !== undefined) await pools.update(key, mine, theirs.revision);
    return;
  }
  if (canonicalJson({ ...joined.profile }) === canonicalJson({ ...profile })) return;
  throw unequal(worker, joined.profile, key);
}

/** Undefined when `value` is now the entry, else the entry that was there first. */
async function claim(pools: KeyValue, key: string, value: Uint8Array): ReturnType<KeyValue['get']> {
  try {
    await pools.create(key, value);
    return undefined;
  } catch (thrown) {
    if (AppError.from(thrown).code !== 'already-exists') throw thrown;
    return (await pools.get(key)) ?? claim(pools, key, value);
  }
}

export function parseProfile(value: unknown): NumericsProfile {
  const fields = fieldsOf(value);
  if (
    !hasStrings(fields, ['device', 'instructionSet', 'tensorflow', 'precision']) ||
    !hasNumbers(fields, ['threads'])
  ) {
    throw new AppError('data-loss', 'not a numerics profile');
  }
  const { device, instructionSet, tensorflow, precision, threads } = fields;
  return { device, instructionSet, tensorflow, threads, precision };
}

function parsePoolProfile(value: Readonly<Record<string, unknown>>): PoolProfile {
  if (!hasStrings(value, ['pool', 'version', 'numerics'])) throw new AppError('data-loss', 'not a profile');
  const { pool, version, numerics } = value;
  return { pool, version, numerics, profile: parseProfile(value.profile) };
}

function unequal(
  { pool, version, profile }: Pick<PoolProfile, 'pool' | 'version' | 'profile'>,
  theirs: NumericsProfile,
  key: string,
): AppError {
  const names = ['device', 'instructionSet', 'tensorflow', 'threads', 'precision'] as const;
  const differences = names
    .filter((name) => profile[name] !== theirs[name])
    .map((name) => `${name} ${theirs[name]} there, ${profile[name]} here`);
  return new AppError(
    'failed-precondition',
    `the workers of the pool ${pool} are not equal to this one (${differences.join('; ')}), and its results would ` +
      `not be comparable with theirs: give this worker's pool another name, or make it equal; when none of the others is ` +
      `left, delete the key ${key} from the bucket pools`,
    { reason: 'POOL_UNEQUAL', facts: { pool, version, key } },
  );
}
