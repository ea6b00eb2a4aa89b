// Values of the program's own types as JSON values.

import type { Json } from './canonical.js';

/**
 * Interfaces carry no index signature, so the compiler does not see that their values are plain data. Throws a
 * TypeError on NaN and infinities, which JSON would turn into null without a word.
 */
export function plainJson(value: object): Json {
  return JSON.parse(JSON.stringify(value, refuseNonFinite)) as Json;
}

function refuseNonFinite(member: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new TypeError(`"${member}" is ${value}, which JSON cannot hold`);
  }
  return value;
}
