import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { namedRandom, ndarray } from '@alarena/core';
import { parseParameters } from '../parameters.js';
import { headOptions, headParameters } from './head-options.js';
import { type Examples, trainHead } from './train-head.js';

const WIDTH = 8;
const options = headOptions(parseParameters({ name: 'head', parameters: headParameters }, undefined));

/** Noise around ±`apart` in the first column. */
function examples(zeros: number, ones: number, apart: number, seed = 1): Examples {
  const random = namedRandom(seed, 'examples');
  const targets = new Uint8Array(zeros + ones).fill(1, zeros);
  const rows = Float32Array.from({ length: targets.length * WIDTH }, (_, at) => {
    const centre = at % WIDTH === 0 ? (targets[Math.floor(at / WIDTH)] === 1 ? apart : -apart) : 0;
    return random.normal() + centre;
  });
  return { rows: ndarray('float32', [targets.length, WIDTH], rows), targets };
}

function accuracies(found: Examples, of: Examples, seed = 1): [number, number] {
  const { logits } = trainHead(found, options, namedRandom(seed, 'head'), () => {});
  const rows = Int32Array.from(of.targets.keys());
  const values = logits(of.rows.data, rows);
  const share = (target: number): number => {
    const own = rows.filter((row) => of.targets[row] === target);
    return own.filter((row) => values[row]! > 0 === (target === 1)).length / own.length;
  };
  return [share(0), share(1)];
}

describe('a head', () => {
  test('learns to tell classes apart that can be told apart', () => {
    for (const share of accuracies(examples(100, 100, 3), examples(200, 200, 3, 2)))
      assert.ok(share > 0.98, `${share}`);
  });

  test('learns a class that only one sample in thirty is of', () => {
    for (const share of accuracies(examples(580, 20, 2), examples(200, 200, 2, 2)))
      assert.ok(share > 0.85, `${share}`);
  });

  test('can be trained on two of each: one to learn from, one held back', () => {
    const few = examples(2, 2, 20);
    const { logits, history } = trainHead(few, options, namedRandom(1, 'head'), () => {});
    assert.ok(logits(few.rows.data, Int32Array.of(0, 1, 2, 3)).every(Number.isFinite));
    assert.ok(history.every(({ loss, accuracy }) => loss >= 0 && [0, 0.5, 1].includes(accuracy)));
  });

  test('keeps one record an epoch, with a loss that falls and an accuracy that rises', () => {
    const fractions: number[] = [];
    const { history } = trainHead(examples(100, 100, 2), options, namedRandom(1, 'head'), (fraction) =>
      fractions.push(fraction),
    );
    assert.deepEqual(
      history.map(({ epoch }) => epoch),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
    const [first, last] = [history[0]!, history[9]!];
    assert.ok(last.loss < first.loss && first.loss < 0.8, `${first.loss}, ${last.loss}`);
    assert.ok(last.accuracy >= 0.9 && last.accuracy <= 1);
    assert.equal(fractions.at(-1), 1);
  });

  test('is the one of its best epoch, not of its last', () => {
    // Labels that mean nothing: what is learnt of them is no use for the part held back.
    const noise = examples(40, 40, 0);
    const rows = Int32Array.from(noise.targets.keys());
    const after = (epochs: number) =>
      trainHead(noise, { ...options, epochs }, namedRandom(3, 'head'), () => {});
    const long = after(10);
    const best = Math.max(...long.history.map(({ accuracy }) => accuracy));
    const firstBest = long.history.findIndex(({ accuracy }) => accuracy === best) + 1;
    assert.ok(firstBest < 10, 'the case is one where the last epoch is not the best');
    const candidates = long.history.flatMap(({ epoch, accuracy }) => (accuracy === best ? [epoch] : []));
    const same = candidates.filter(
      (epochs) =>
        JSON.stringify([...after(epochs).logits(noise.rows.data, rows)]) ===
        JSON.stringify([...long.logits(noise.rows.data, rows)]),
    );
    assert.ok(same.length > 0);
  });

  test('makes at least so many steps an epoch', () => {
    const once = { ...options, leastSteps: 1, epochs: 1 };
    const lossOf = (leastSteps: number): number =>
      trainHead(examples(20, 20, 3), { ...once, leastSteps }, namedRandom(1, 'head'), () => {}).history[0]!
        .loss;
    assert.ok(lossOf(50) < lossOf(1) - 0.1);
  });
});
