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
  PutOptions,
  StoredObject,
} from './object-store.js';
