// States of comparisons and cells in words, and which of them are ends.

import { comparison } from '@alarena/api';

const { Status } = comparison;

const words: ReadonlyMap<comparison.Status, string> = new Map([
  [Status.STATUS_PENDING, 'pending'],
  [Status.STATUS_RUNNING, 'running'],
  [Status.STATUS_DONE, 'done'],
  [Status.STATUS_FAILED, 'failed'],
  [Status.STATUS_CANCELLED, 'cancelled'],
  [Status.STATUS_PAUSED, 'paused'],
]);

/** A server of a later version may know more states. */
export function statusWord(status: comparison.Status): string {
  return words.get(status) ?? 'unknown';
}

export function isEnded(status: comparison.Status): boolean {
  return (
    status === Status.STATUS_DONE || status === Status.STATUS_FAILED || status === Status.STATUS_CANCELLED
  );
}
