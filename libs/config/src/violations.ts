// From zod's issues to violations a person can act on: the field's path as one writes it
// (`strategies[2].params.beta`), what would be right, what was given, and the nearest known key.

import { didYouMean, type FieldViolation } from '@alarena/core';
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Known keys by the path of their object, list positions left out: `''`, `model`, `training.optimizer`, … */
export type KnownKeys = ReadonlyMap<string, readonly string[]>;

/** Every violation once, in the order in which zod found them. */
export function violationsOf(
  error: z.ZodError | undefined,
  input: unknown,
  known: KnownKeys,
): FieldViolation[] {
  const found = new Map<string, FieldViolation>();
  for (const issue of error?.issues ?? []) collect(issue, [], input, known, found);
  return [...found.values()];
}

/** In the order of a spec's sections and, within lists, of their entries; unknown sections come first. */
export function inSpecOrder(
  violations: readonly FieldViolation[],
  sections: readonly string[],
): FieldViolation[] {
  const rank = ({ field }: FieldViolation): readonly [number, number] => {
    const [, section = '', position = '-1'] = /^([^.[]*)(?:\[(\d+)\])?/.exec(field) ?? [];
    return [sections.indexOf(section), Number(position)];
  };
  return violations.toSorted((a, b) => {
    const [sectionA, positionA] = rank(a);
    const [sectionB, positionB] = rank(b);
    return sectionA - sectionB || positionA - positionB;
  });
}

function collect(
  issue: Issue,
  parent: Path,
  input: unknown,
  known: KnownKeys,
  found: Map<string, FieldViolation>,
): void {
  const path = [...parent, ...issue.path];
  const add = (field: string, description: string): void => {
    found.set(`${field}\n${description}`, { field, description });
  };
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) add(fieldOf([...path, key]), unknownKey(key, path, known));
    return;
  }
  const value = valueAt(input, path);
  const branch = issue.code === 'invalid_union' ? meantBranch(issue.errors, value) : undefined;
  if (branch !== undefined) {
    for (const inner of branch) collect(inner, path, input, known, found);
    return;
  }
  add(fieldOf(path), describe(issue.message, value, isMissing(input, path)));
}

/** The form of a union that was meant: the one that took the value's kind and complains of what is inside. */
function meantBranch(branches: readonly (readonly Issue[])[], value: unknown): readonly Issue[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  return branches.find((branch) =>
    branch.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys' || sizeIssue(issue)),
  );
}

function sizeIssue(issue: Issue): boolean {
  return issue.code === 'too_small' || issue.code === 'too_big';
}

function describe(message: string, value: unknown, missing: boolean): string {
  if (missing) return `is missing; it ${message}`;
  return message.startsWith('must ') ? `${message}, got ${shown(value)}` : message;
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

function unknownKey(key: string, path: Path, known: KnownKeys): string {
  const keys = known.get(groupOf(path)) ?? [];
  if (keys.includes(key)) return 'does not go with the form chosen here';
  const near = didYouMean(key, keys);
  if (near !== '') return `is not a known key${near}`;
  for (const [group, members] of known) {
    if (members.includes(key))
      return `is not a known key here; it belongs ${group === '' ? 'at the top' : `under "${group}"`}`;
  }
  return `is not a known key; known are ${keys.join(', ')}`;
}

function groupOf(path: Path): string {
  return path.filter((part) => typeof part === 'string').join('.');
}

function fieldOf(path: Path): string {
  let field = '';
  for (const part of path) {
    if (typeof part === 'number') field += `[${part}]`;
    else field += field === '' ? String(part) : `.${String(part)}`;
  }
  return field;
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

function isMissing(input: unknown, path: Path): boolean {
  return path.length > 0 && valueAt(input, path) === undefined;
}
