// The reference experiment's numpy code sorted two scores the wrong way round. One parameter brings that back, to
// compare with its published results; no default uses it.

import type { BooleanParameter, Parameters } from '../parameters.js';

export const referenceFaults: BooleanParameter = {
  name: 'reference_faults',
  type: 'boolean',
  default: false,
  summary: 'pick the lowest scores, a mistake of the reference experiment; only to compare with it',
};

/** The scores, negated where the reference's order is asked for. */
export function inReferenceOrder(scores: Float64Array, parameters: Parameters): Float64Array {
  if (parameters[referenceFaults.name] !== true) return scores;
  return scores.map((score) => 0 - score);
}
