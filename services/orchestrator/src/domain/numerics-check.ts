// A comparison runs under one numerics profile, that of its record.

import { AppError } from '@alarena/core';
import { type NumericsProfile, profileName } from '@alarena/tasks';
import type { ComparisonRecord } from './comparison.js';

/** Workers of another profile would never take its tasks, since they would give other bits. */
export function checkNumerics(record: ComparisonRecord, profile: NumericsProfile): void {
  const { id, numerics, versions, spec } = record;
  if (profileName(profile) === numerics) return;
  const differences = Object.entries(describeProfile(profile))
    .filter(([name, value]) => versions[name] !== value)
    .map(([name, value]) => `${name} ${versions[name]} then, ${value} now`);
  throw new AppError(
    'failed-precondition',
    `${id} was begun under other numerics (${differences.join('; ')}) and its results would not be comparable: ` +
      `submit the spec "${spec.name}" again, which begins a new comparison`,
    { reason: 'NUMERICS_DIFFER', facts: { id, numerics, now: profileName(profile) } },
  );
}

/** As it stands among a record's versions. */
export function describeProfile(profile: NumericsProfile): Record<string, string> {
  return {
    tensorflow: profile.tensorflow,
    device: profile.device,
    instructionSet: profile.instructionSet,
    threads: String(profile.threads),
    precision: profile.precision,
  };
}
