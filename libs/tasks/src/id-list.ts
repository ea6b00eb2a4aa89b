// Lists of sample ids by content: the ascending int32 array is a blob, its digest stands in a task's inputs.

import { AppError, bytesOf, fromBytes, ndarray, sha256Hex } from '@alarena/core';
import { getBlob, type ObjectStore, putBlob } from '@alarena/store';

export interface IdsRef {
  readonly sha256: string;
  readonly count: number;
}

const idsLost = 'IDS_LOST';
const largestId = 2 ** 31 - 1;

/**
 * Stores ids in ascending order; a list that is there already is read and, where it is corrupt, stored again, since no
 * task could. Throws on repetition and on what is no id.
 */
export async function putIds(
  store: ObjectStore,
  ids: Iterable<number>,
  onRepair: () => void = () => {},
): Promise<IdsRef> {
  const { ref, bytes } = listOf(ids);
  const state = await stateOf(store, ref);
  if (state === 'corrupt') onRepair();
  // One that is intact may be old garbage, and must not be collected before it is used.
  await putBlob(store, bytes, { rewrite: state !== 'intact' });
  return ref;
}

/** What `putIds` gives, without storing anything. */
export function idsRef(ids: Iterable<number>): IdsRef {
  return listOf(ids).ref;
}

function listOf(ids: Iterable<number>): { readonly ref: IdsRef; readonly bytes: Uint8Array } {
  const sorted = ascending(ids);
  const bytes = bytesOf(ndarray('int32', [sorted.length], sorted));
  return { ref: { sha256: sha256Hex(bytes), count: sorted.length }, bytes };
}

/** Most lists are ascending Int32Arrays already, of tens of thousands of ids: no iterator, no sort. */
function ascending(ids: Iterable<number>): Int32Array<ArrayBuffer> {
  const list = ids instanceof Int32Array ? ids.slice() : Int32Array.from(ids, checkedId);
  const sorted = isAscending(list) ? list : list.sort();
  const [first = 0] = sorted;
  // All that can be wrong in an Int32Array.
  checkedId(first);
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] === sorted[i - 1]) {
      throw new AppError('invalid-argument', `the sample id ${sorted[i]} is named twice`);
    }
  }
  return sorted;
}

function isAscending(ids: Int32Array): boolean {
  for (let i = 1; i < ids.length; i++) if ((ids[i - 1] as number) >= (ids[i] as number)) return false;
  return true;
}

async function stateOf(store: ObjectStore, ref: IdsRef): Promise<'intact' | 'corrupt' | 'missing'> {
  try {
    await getIds(store, ref);
    return 'intact';
  } catch (thrown) {
    const { code } = AppError.from(thrown);
    if (code === 'data-loss') return 'corrupt';
    if (code === 'not-found') return 'missing';
    throw thrown;
  }
}

function checkedId(id: number): number {
  if (Number.isInteger(id) && id >= 0 && id <= largestId) return id;
  throw new AppError('invalid-argument', `a sample id must be an integer from 0 to ${largestId}, got ${id}`);
}

/** One that is gone or corrupt is `isIdsLost`: who knows the ids can put them again. */
export async function getIds(store: ObjectStore, ref: IdsRef): Promise<Int32Array> {
  try {
    const bytes = await getBlob(store, { digest: ref.sha256, sizeBytes: ref.count * 4 });
    return fromBytes('int32', [ref.count], bytes).data;
  } catch (thrown) {
    const { code, message, facts } = AppError.from(thrown);
    if (code !== 'not-found' && code !== 'data-loss') throw thrown;
    throw new AppError(code, `a list of ${ref.count} sample ids is lost: ${message}`, {
      reason: idsLost,
      facts: { ...facts, digest: ref.sha256 },
      cause: thrown,
    });
  }
}

export function isIdsLost(error: unknown): boolean {
  return error instanceof AppError && error.reason === idsLost;
}
