// Who made what was found corrupt: the error then says which task has to be done again.

import { AppError } from '@alarena/core';
import { type TaskKind, taskKinds } from './task.js';

export interface Producer {
  readonly kind: TaskKind;
  readonly key: string;
}

/** Runs `read`; corrupt or missing bytes that it meets are blamed on the task that made them. */
export async function readingFrom<T>(producer: Producer, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    const error = AppError.from(thrown);
    const lost =
      error.code === 'data-loss' || (error.code === 'not-found' && error.reason !== 'DATASET_UNKNOWN');
    if (!lost || producerOf(error) !== undefined) throw thrown;
    const { kind, key } = producer;
    throw new AppError(
      'data-loss',
      `an array of the ${kind} task ${key.slice(0, 12)} is corrupt: ${error.message}`,
      {
        reason: 'RESULT_CORRUPT',
        facts: { ...error.facts, producerKind: kind, producerKey: key },
        cause: thrown,
      },
    );
  }
}

export function producerOf(error: AppError): Producer | undefined {
  const { producerKind, producerKey } = error.facts;
  const kind = taskKinds.find((name) => name === producerKind);
  return kind === undefined || typeof producerKey !== 'string' ? undefined : { kind, key: producerKey };
}
