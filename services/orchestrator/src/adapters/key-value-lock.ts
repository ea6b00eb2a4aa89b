// The leader lock as one entry of a bucket, for installations without Kubernetes.

import type { KeyValue } from '@alarena/bus';
import { answered } from '../domain/answered.js';
import type { Lock, LockState, SeenLock } from '../domain/elected-leadership.js';

const bucketName = 'the bucket of the leader lock';

/** `key`: names what is led, e.g. `orchestrator`. */
export function keyValueLock(bucket: KeyValue, key: string): Lock {
  return {
    read: async (signal) => {
      const entry = await answered(bucket.get(key), signal, bucketName);
      if (entry === undefined) return undefined;
      const state = JSON.parse(Buffer.from(entry.value).toString('utf8')) as LockState;
      return { ...state, version: String(entry.revision) };
    },
    write: async ({ holder, term }: LockState, seen: SeenLock | undefined, signal) => {
      const value = Buffer.from(JSON.stringify({ holder, term }));
      const written =
        seen === undefined ? bucket.create(key, value) : bucket.update(key, value, Number(seen.version));
      return String(await answered(written, signal, bucketName));
    },
  };
}
