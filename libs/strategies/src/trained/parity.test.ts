import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { recorded, recordedPool, trainedCases } from '../diversity/recorded.js';
import { select } from '../property-suite.js';
import { dal } from './dal.js';

describe('dal picks the sets that scikit-activeml and small-text pick', () => {
  for (const { labelled, k, ...references } of trainedCases.dal) {
    test(`${labelled.length} labelled, ${k} in groups without labels`, () => {
      const { ids } = select(dal, recordedPool({ a1: recorded('blobs') }, labelled), k, { sub_batches: 1 });
      const picks = [...ids].sort((a, b) => a - b);
      for (const reference of Object.values(references)) assert.deepEqual(picks, reference);
    });
  }
});
