// Errors for people (message and one line per violation) and for programs (the document of `--json`).

import type { AppError } from '@alarena/core';

/** The option that helps, by an error's reason. */
const HINTS: Readonly<Record<string, string>> = {
  TOKEN_MISSING: '--token-file FILE (or ALARENA_TOKEN_FILE) gives the server your token',
  TOKEN_WITHOUT_TLS: "--ca FILE (or ALARENA_CA_FILE) names the certificate of the server's authority",
  CERTIFICATE_UNTRUSTED: "--ca FILE (or ALARENA_CA_FILE) names the certificate of the server's authority",
  CLIENT_CERTIFICATE_MISSING:
    '--cert FILE and --key FILE (or ALARENA_CERT_FILE and ALARENA_KEY_FILE) name yours',
  SERVER_WITHOUT_TLS: 'without --ca, --cert and --key (and their variables) the connection is not encrypted',
};

export function errorText(error: AppError, verbose: boolean): string {
  const lines = [`error: ${messageOf(error)}`];
  for (const { field, description } of error.violations) {
    // A single violation may be the whole message.
    if (description === error.message) continue;
    lines.push(field === '' ? `  ${description}` : `  ${field}: ${description}`);
  }
  const hint = HINTS[error.reason];
  if (hint !== undefined) lines.push(`  ${hint}`);
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
