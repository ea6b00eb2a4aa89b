export { type ArrayRef, getArray, getArrayRows, getFloats, putArray } from './array-refs.js';
export {
  type BlobRef,
  blobKey,
  deleteBlob,
  getBlob,
  openBlob,
  type PutBlobOptions,
  putBlob,
} from './blobs.js';
export { readBytes } from './bytes.js';
export { FilesystemStore } from './filesystem-store.js';
export { getJson, putJson, type StoredValue } from './json-objects.js';
export { checkKey, keyOfUri, uriOf } from './object-keys.js';
export type {
  ByteRange,
  GetOptions,
  ObjectInfo,
  ObjectStore,
  ObjectVersion,
  PutOptions,
  StoredObject,
} from './object-store.js';
export { observeStore, type StoreObserver, type StoreOperation } from './observed-store.js';
export { checkStore, openObjectStore, type StoreSettings } from './open-store.js';
export { beginRemoval, putToStay, type Removal } from './removals.js';
export type { S3StoreSettings } from './s3/s3-settings.js';
export { S3Store } from './s3/s3-store.js';
export { storeTime } from './store-time.js';
