// What the tests of the key-value contract share.

import type { TestContext } from 'node:test';
import type { KeyValue, KeyValueChange } from '@alarena/bus';

export interface BucketUnderTest {
  /** Empty. */
  readonly bucket: KeyValue;
  /** The same entries, as another process sees them. */
  readonly other: KeyValue;
  dispose(): Promise<void>;
}

/** With `ttlMs`, of a bucket whose entries expire. */
export type MakeBucket = (options: { readonly ttlMs?: number }) => Promise<BucketUnderTest>;

export async function open(
  t: TestContext,
  makeBucket: MakeBucket,
  options: { readonly ttlMs?: number } = {},
): Promise<BucketUnderTest> {
  const made = await makeBucket(options);
  t.after(() => made.dispose());
  return made;
}

export function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function plain(
  entry: KeyValueChange['entry'],
): { key: string; value: string; revision: number } | undefined {
  return entry && { ...entry, value: new TextDecoder().decode(entry.value) };
}
