// Settings of a service from environment variables: one zod schema, read once, every fault at once. Variables of
// the service's prefix that the schema does not know are faults too, since they are mostly typos.

import { readFileSync } from 'node:fs';
import { AppError, didYouMean, type FieldViolation } from '@alarena/core';
import type { z } from 'zod';

export interface EnvironmentOptions<Key extends string> {
  /** Settings never to be shown. `PREFIX_KEY_FILE` names a file whose content is the value. */
  readonly secrets?: readonly Key[];
}

export interface Environment<Settings> {
  readonly settings: Settings;
  /** The variables and their values, defaults included, secrets hidden: fit to be logged at start. */
  readonly printable: Readonly<Record<string, string>>;
}

/**
 * Reads `schema` from `env`: the key `httpPort` under the prefix `ALARENA_GATEWAY` is `ALARENA_GATEWAY_HTTP_PORT`.
 * An empty variable counts as not set. Throws an AppError `invalid-argument` with every violation.
 */
export function readEnvironment<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
  options: EnvironmentOptions<Extract<keyof Shape, string>> = {},
): Environment<z.output<z.ZodObject<Shape>>> {
  const secrets = new Set<string>(options.secrets);
  const variables = new Map(Object.keys(schema.shape).map((key) => [variableName(prefix, key), key]));
  const violations: FieldViolation[] = [];
  const known = new Set(variables.keys());
  const raw: Record<string, string> = {};
  for (const [variable, key] of variables) {
    const value = env[variable] || undefined;
    const file = secrets.has(key) ? env[`${variable}_FILE`] || undefined : undefined;
    if (secrets.has(key)) known.add(`${variable}_FILE`);
    if (file !== undefined && value !== undefined) {
      const description = `is set beside ${variable}_FILE; set one of the two`;
      violations.push({ field: variable, description });
    } else if (file !== undefined) {
      const content = secretFrom(file, `${variable}_FILE`, violations);
      if (content !== undefined) raw[key] = content;
    } else if (value !== undefined) raw[key] = value;
  }
  for (const variable of Object.keys(env).sort()) {
    if (!variable.startsWith(`${prefix}_`) || known.has(variable)) continue;
    const near = didYouMean(variable, known) || `; known are ${[...known].join(', ')}`;
    violations.push({ field: variable, description: `is not a known setting${near}` });
  }
  const result = schema.safeParse(raw);
  for (const issue of result.error?.issues ?? []) {
    const field = variableName(prefix, String(issue.path[0] ?? ''));
    violations.push({ field, description: issue.message });
  }
  if (violations.length > 0 || !result.success) throw AppError.invalid('the environment:', violations);
  const settings = result.data;
  return { settings, printable: printableOf(settings, variables, secrets) };
}

function variableName(prefix: string, key: string): string {
  return `${prefix}_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function secretFrom(file: string, variable: string, violations: FieldViolation[]): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    violations.push({ field: variable, description: `cannot be read: ${AppError.from(error).message}` });
    return undefined;
  }
}

function printableOf(
  settings: object,
  variables: ReadonlyMap<string, string>,
  secrets: ReadonlySet<string>,
): Record<string, string> {
  const printable: Record<string, string> = {};
  for (const [variable, key] of variables) {
    const value: unknown = Reflect.get(settings, key);
    if (value === undefined) continue;
    printable[variable] = secrets.has(key)
      ? '[hidden]'
      : typeof value === 'string'
        ? value
        : JSON.stringify(value);
  }
  return printable;
}
