// Labels leave the inference service only of samples whose labels the fit was shown: never of a pool.

import { AppError } from '@alarena/core';
import type { ObjectStore } from '@alarena/store';
import { type FitInputs, getIds, type IdsRef } from '@alarena/tasks';

export async function refuseUnseen(store: ObjectStore, samples: IdsRef, fit: FitInputs): Promise<void> {
  const shown = [fit.labelled, fit.validation];
  // The usual case, without reading anything.
  if (samples.count === 0 || shown.some(({ sha256 }) => sha256 === samples.sha256)) return;
  const known = new Set<number>();
  for (const list of shown) for (const id of await getIds(store, list)) known.add(id);
  const unseen = (await getIds(store, samples)).find((id) => !known.has(id));
  if (unseen === undefined) return;
  throw new AppError(
    'failed-precondition',
    `labels are given of samples that the fit was trained or validated on, which sample ${unseen} is not among`,
    { reason: 'LABEL_HIDDEN', facts: { sample: unseen } },
  );
}
