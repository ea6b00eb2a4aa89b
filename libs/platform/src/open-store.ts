// The object store that the environment names.

import { AppError } from '@alarena/core';
import { type ObjectStore, openObjectStore } from '@alarena/store';
import { type ProcessEnvironment, readStore } from './settings.js';

/** Asks the store nothing yet. Faults in its settings are told by the names of the variables. */
export async function openStore(env: ProcessEnvironment): Promise<ObjectStore> {
  const settings = readStore(env);
  try {
    return openObjectStore(settings);
  } catch (thrown) {
    const { violations } = AppError.from(thrown);
    if (violations.length === 0) throw thrown;
    throw AppError.invalid(
      'the environment:',
      violations.map(({ field, description }) => ({ field: variableOf(field), description })),
    );
  }
}

/** `pathStyle` is ALARENA_S3_PATH_STYLE. */
function variableOf(field: string): string {
  return `ALARENA_S3_${field.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}
