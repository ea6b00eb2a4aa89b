// The object store that settings name. They are plain JSON: a computing child process opens the same store by them.

import { FilesystemStore } from './filesystem-store.js';
import type { ObjectStore } from './object-store.js';
import type { S3StoreSettings } from './s3/s3-settings.js';
import { S3Store } from './s3/s3-store.js';

export type StoreSettings =
  | { readonly kind: 'filesystem'; readonly folder: string }
  | ({ readonly kind: 's3' } & S3StoreSettings);

/** Reaches for nothing but the CA file; `checkStore` does. */
export function openObjectStore(settings: StoreSettings): ObjectStore {
  return settings.kind === 'filesystem' ? new FilesystemStore(settings.folder) : new S3Store(settings);
}

/**
 * For the start of a service: throws where the store cannot be used as it is configured (credentials, bucket,
 * certificate, a server that ignores conditions), and `unavailable` where it cannot be reached.
 */
export async function checkStore(store: ObjectStore): Promise<void> {
  if (store instanceof S3Store) await store.check();
}
