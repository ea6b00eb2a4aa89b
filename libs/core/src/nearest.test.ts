import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { didYouMean, nearest } from './nearest.js';

const names = ['random', 'margin', 'max_entropy', 'entropy', 'least_confidence', 'bald', 'badge'];

describe('nearest', () => {
  test('finds the name behind one mistake of any kind', () => {
    assert.equal(nearest('margn', names), 'margin'); // one character missing
    assert.equal(nearest('marginn', names), 'margin'); // one too many
    assert.equal(nearest('mergin', names), 'margin'); // one wrong
    assert.equal(nearest('magrin', names), 'margin'); // two swapped
    assert.equal(nearest('Least-Confidence', names), 'least_confidence');
  });

  test('takes an abbreviation for its name', () => {
    assert.equal(nearest('least_conf', names), 'least_confidence');
    assert.equal(nearest('random_sampling', names), 'random');
  });

  test('prefers the smaller distance, then the earlier candidate', () => {
    assert.equal(nearest('entrpy', names), 'entropy');
    assert.equal(nearest('bat', ['cat', 'bar']), 'cat');
  });

  test('suggests nothing when nothing is near', () => {
    assert.equal(nearest('xyzzy', names), undefined);
    assert.equal(nearest('', names), undefined);
    assert.equal(nearest('margin', []), undefined);
  });

  test('a known name is nearest to itself', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,12}$/), { minLength: 1 }), (candidates) => {
        for (const name of candidates) assert.equal(nearest(name, candidates), name);
      }),
    );
  });
});

test('didYouMean is a clause to append, or nothing', () => {
  assert.equal(didYouMean('margn', names), '; did you mean "margin"?');
  assert.equal(didYouMean('xyzzy', names), '');
});
