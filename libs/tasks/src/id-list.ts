// Lists of sample ids by content: the ascending int32 array is a blob, its digest stands in a task's inputs.

import { AppError, bytesOf, fromBytes, ndarray, sha256Hex } from '@alarena/core';
import { getBlob, type ObjectStore, putBlob } from '@alarena/store';

export interface IdsRef {
  readonly sha256: string;
  readonly count: number;
}

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
  const sorted = Int32Array.from(ids, checkedId).sort();
  for (let i = 1; i < sorted.length; i++) {
    if (sorted[i] === sorted[i - 1]) {
      throw new AppError('invalid-argument', `the sample id ${sorted[i]} is named twice`);
    }
  }
  const bytes = bytesOf(ndarray('int32', [sorted.length], sorted));
  const ref = { sha256: sha256Hex(bytes), count: sorted.length };
  const state = await stateOf(store, ref);
  if (state === 'intact') return ref;
  if (state === 'corrupt') onRepair();
  await putBlob(store, bytes, { rewrite: true });
  return ref;
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

export async function getIds(store: ObjectStore, ref: IdsRef): Promise<Int32Array> {
  const bytes = await getBlob(store, { digest: ref.sha256, sizeBytes: ref.count * 4 });
  return fromBytes('int32', [ref.count], bytes).data;
}
