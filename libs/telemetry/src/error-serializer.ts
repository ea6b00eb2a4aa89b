// How an error looks in a log line: what a machine filters by (code, reason, facts, violations) beside what a
// person reads (message, stack), causes included to a fixed depth so that a cycle ends.

import { AppError } from '@alarena/core';

const MAX_CAUSES = 5;

export type LoggedError = Readonly<Record<string, unknown>>;

/** Whatever was thrown, as fields of a log line. */
export function serializeError(thrown: unknown): LoggedError {
  return describe(thrown, MAX_CAUSES);
}

function describe(thrown: unknown, causesLeft: number): LoggedError {
  if (!(thrown instanceof Error)) return { type: typeof thrown, message: String(thrown) };
  const cause =
    thrown.cause === undefined || causesLeft === 0 ? {} : { cause: describe(thrown.cause, causesLeft - 1) };
  const common = { message: thrown.message, stack: thrown.stack, ...cause };
  if (!(thrown instanceof AppError)) {
    const code = 'code' in thrown && typeof thrown.code === 'string' ? { code: thrown.code } : {};
    return { type: thrown.name, ...code, ...common };
  }
  return {
    type: thrown.name,
    code: thrown.code,
    reason: thrown.reason,
    retryable: thrown.retryable,
    facts: thrown.facts,
    ...(thrown.violations.length > 0 ? { violations: thrown.violations } : {}),
    ...common,
  };
}
