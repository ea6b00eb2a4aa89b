// Spec files: YAML (of which JSON is a part) to a `ComparisonSpec`.

import { AppError } from '@alarena/core';
import { parseDocument } from 'yaml';
import type { ComparisonSpec } from './spec.js';
import { validateSpec } from './validate-spec.js';

export interface ParseSpecOptions {
  /** Name of the file the text came from, for messages. */
  readonly file?: string;
}

/** Throws an AppError `invalid-argument`: syntax errors as file:line:column, otherwise every violation. */
export function parseSpec(text: string, options: ParseSpecOptions = {}): ComparisonSpec {
  const file = options.file ?? 'spec';
  const document = parseDocument(text, { prettyErrors: false });
  if (document.errors.length > 0) {
    const violations = document.errors.map((error) => ({
      field: `${file}:${position(text, error.pos[0])}`,
      description: error.message,
    }));
    throw AppError.invalid(`${file} is not valid YAML:`, violations);
  }
  return validateSpec(plain(document, file), `${file} is not a valid spec:`);
}

/** Aliases that would expand without bound end in an error of the parser. */
function plain(document: ReturnType<typeof parseDocument>, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw new AppError('invalid-argument', `${file}: ${AppError.from(error).message}`, { cause: error });
  }
}

function position(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}
