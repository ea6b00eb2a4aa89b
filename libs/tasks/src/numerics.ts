// A numerics profile: all that changes the bits of a computation beside its inputs.

import { contentKey } from '@alarena/core';

export interface NumericsProfile {
  readonly device: string;
  readonly instructionSet: string;
  readonly tensorflow: string;
  readonly threads: number;
  readonly precision: string;
}

/** Profile name of tasks that run in plain JavaScript, which is the same everywhere. */
export const anyNumerics = 'any';

/** A short name, part of the queue's: a worker of another profile does not take this one's tasks. */
export function profileName(profile: NumericsProfile): string {
  return `${profile.device}-${contentKey({ ...profile }).slice(0, 12)}`;
}
