// Errors for people (message and one line per violation) and for programs (the document of `--json`).

import type { AppError } from '@alarena/core';

export function errorText(error: AppError, verbose: boolean): string {
  const lines = [`error: ${messageOf(error)}`];
  for (const { field, description } of error.violations) {
    // A single violation may be the whole message.
    if (description === error.message) continue;
    lines.push(field === '' ? `  ${description}` : `  ${field}: ${description}`);
  }
  if (verbose && error.stack !== undefined) lines.push(error.stack, ...causes(error.cause));
  return lines.join('\n');
}

export function errorJson(error: AppError): object {
  const { code, reason, facts, violations } = error;
  return { error: { code, reason, message: messageOf(error), facts, violations } };
}

/** A message may list the violations for those who see nothing else; here they are shown apart. */
function messageOf(error: AppError): string {
  if (error.violations.length === 0) return error.message;
  return (error.message.split('\n')[0] ?? '').replace(/:$/, '');
}

function causes(cause: unknown): string[] {
  if (!(cause instanceof Error)) return [];
  return [`caused by ${cause.stack ?? cause.message}`, ...causes(cause.cause)];
}
