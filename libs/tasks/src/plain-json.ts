import type { Json } from '@alarena/core';

/** Interfaces carry no index signature, so the compiler does not see that their values are plain data. */
export function plainJson(value: object): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
