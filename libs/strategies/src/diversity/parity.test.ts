import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { counterRandom, namedRandom, ndarray, scalarMatrices } from '@alarena/core';
import { averageLinkage } from '../algorithms/linkage.js';
import { ProductPoints } from '../algorithms/product-points.js';
import { RowSpace } from '../algorithms/space.js';
import { select } from '../property-suite.js';
import { badge } from './badge.js';
import { bait } from './bait.js';
import { rowsAtPositions, unitRows } from './by-id.js';
import { cdal } from './cdal.js';
import { coreset } from './coreset.js';
import { classChanges, type Masks } from './dropped-features.js';
import { flipScales } from './flip-scales.js';
import { maxHerding } from './max-herding.js';
import { probCover } from './prob-cover.js';
import { definitionCases, lastRows, packageCases, recorded, recordedPool } from './recorded.js';
import { representatives } from './representatives.js';
import { typiclust } from './typiclust.js';
import { uherding } from './uherding.js';

/** A seed of which k-means finds all groups; of thirty about one ends with two in one cluster, as k-means may. */
const ALL_GROUPS_FOUND = 3;

const ascending = (a: number, b: number): number => a - b;

const [z, p] = [recorded('z'), recorded('p')];
const pool = recordedPool({ z, probabilities: p }, lastRows(z));
const first = (array: typeof z, rows: number) =>
  rowsAtPositions(
    array,
    Array.from({ length: rows }, (_, i) => i),
  );

describe('picks what scikit-activeml and small-text pick, index for index', () => {
  test('coreset', () => {
    const { k, ...references } = packageCases.coreset;
    const { ids } = select(coreset, pool, k);
    for (const picks of Object.values(references)) assert.deepEqual(ids, picks);
  });

  test('cdal', () => {
    const { k, 'small-text': picks } = packageCases.cdal;
    assert.deepEqual(select(cdal, pool, k).ids, picks);
  });

  for (const { k, delta, 'scikit-activeml': picks } of packageCases.prob_cover) {
    test(`prob_cover, δ = ${delta}`, () => {
      assert.deepEqual(select(probCover, pool, k, { delta, unit_length: false }).ids, picks);
    });
  }

  for (const { k, radius, unit_length, 'scikit-activeml': picks } of packageCases.max_herding) {
    test(`max_herding, h = ${radius}${unit_length ? ', rows of length 1' : ''}`, () => {
      assert.deepEqual(select(maxHerding, pool, k, { radius, unit_length }).ids, picks);
    });
  }

  test('typiclust on groups far apart, on features as they are', () => {
    const { k, labelled, 'scikit-activeml': picks } = packageCases.typiclust;
    const blobs = recordedPool({ z: recorded('blobs') }, labelled);
    assert.deepEqual(select(typiclust, blobs, k, { unit_length: false }, ALL_GROUPS_FOUND).ids, picks);
  });

  test('drop_query on groups far apart, given which features were dropped', () => {
    const { k, passes, dropout, kept, candidates, 'scikit-activeml': picks } = packageCases.drop_query;
    const [rows, weights] = [recorded('blobs'), recorded('drop_weights')];
    const [size = 0, width = 0] = rows.shape;
    const bits = Buffer.from(kept, 'base64');
    const masks: Masks = (row, pass, mask) => {
      for (let at = 0; at < width; at++) {
        const bit = (pass * size + row) * width + at;
        mask[at] = (bits[bit >> 3]! >> (7 - (bit & 7))) & 1;
      }
    };
    const changes = classChanges(rows, withoutBias(weights), { passes, dropout, masks });
    const changed = [...changes.keys()].filter((row) => changes[row]! > passes / 2);
    assert.deepEqual(changed, candidates);
    const ids = Int32Array.from(changed);
    const draws = counterRandom(namedRandom(ALL_GROUPS_FOUND, 'drop_query'));
    const tools = { matrices: scalarMatrices, progress: () => {} };
    const found = representatives(unitRows(rowsAtPositions(rows, changed)), ids, k, draws, tools);
    assert.deepEqual(found.map((at) => ids[at]!).sort(ascending), [...picks].sort(ascending));
  });

  test('badge: the first pick, and the shares of all samples given the picks before', () => {
    const { picks, shares } = packageCases.badge['scikit-activeml'];
    const rows = 150;
    const given = recordedPool({ z: first(z, rows), probabilities: first(p, rows) }, []);
    assert.equal(select(badge, given, 1).ids[0], picks[0]);
    const errors = first(p, rows).data.slice();
    for (let row = 0; row < rows; row++) {
      const own = errors.subarray(4 * row, 4 * row + 4);
      own[own.indexOf(Math.max(...own))]! -= 1;
    }
    const gradients = new ProductPoints(
      new RowSpace(ndarray('float32', [rows, 4], errors), scalarMatrices),
      new RowSpace(first(z, rows), scalarMatrices),
    );
    shares.forEach((expected, at) => {
      // scikit-activeml takes the origin for a centre as well; the authors' code does not.
      const weights = expected.map((_, row) =>
        Math.min(
          gradients.squaredNorms[row]!,
          ...picks.slice(0, at + 1).map((centre) => gradients.squaredDistance(row, centre)),
        ),
      );
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      expected.forEach((share, row) => {
        assert.ok(Math.abs(weights[row]! / total - share) < 1e-7, `step ${at}, row ${row}`);
      });
    });
  });
});

function withoutBias({ shape, data }: typeof z): typeof z {
  const [rows = 0, width = 0] = shape;
  const padded = new Float32Array(rows * (width + 1));
  for (let row = 0; row < rows; row++)
    padded.set(data.subarray(row * width, (row + 1) * width), row * (width + 1));
  return ndarray('float32', [rows, width + 1], padded);
}

test('average linkage merges at the heights that SciPy finds', () => {
  const { rows, scipy } = packageCases.linkage;
  const space = new RowSpace(first(z, rows), scalarMatrices);
  const merges = averageLinkage(space, scalarMatrices, () => {});
  merges.forEach(({ height }, at) => {
    assert.ok(Math.abs(height - scipy[at]!) < 1e-9 * scipy[at]!, `${height} against ${scipy[at]}`);
  });
});

describe("picks what the authors' procedures pick", () => {
  test('typiclust on groups far apart', () => {
    const { k, labelled, picks } = definitionCases.typiclust;
    const blobs = recordedPool({ z: recorded('blobs') }, labelled);
    assert.deepEqual(select(typiclust, blobs, k, undefined, ALL_GROUPS_FOUND).ids, picks);
  });

  test('bait', () => {
    const { k, labelled, picks } = definitionCases.bait;
    const given = recordedPool({ h: recorded('h'), probabilities: recorded('h_p') }, labelled);
    assert.deepEqual(select(bait, given, k).ids, picks);
  });

  for (const { k, labelled, labels, cap, candidates } of definitionCases.alfa_mix) {
    test(`alfa_mix: the candidates, k = ${k}`, () => {
      const { ids, signals, labelled: known } = recordedPool({ h: recorded('h') }, labelled);
      const classifier = recorded('classifier');
      const width = 6;
      const anchors = [0, 1, 2].flatMap((label) => {
        const own = labels.flatMap((other, row) => (other === label ? [row] : []));
        const of = own.length > 0 ? own : labels.map((_, row) => row);
        return Array.from(
          { length: width },
          (_, at) => of.reduce((sum, row) => sum + known.signals.h!.data[row * width + at]!, 0) / of.length,
        );
      });
      const scales = flipScales(signals.h!, classifier, Float64Array.from(anchors));
      const reach = cap / Math.sqrt(width);
      const flipped = [...ids].filter((_, row) => scales[row]! < reach);
      assert.deepEqual(flipped, candidates);
      assert.ok(scales.filter((scale) => scale < reach - 0.03125 / Math.sqrt(width)).length <= k);
    });
  }

  test('uherding, at a temperature of 1', () => {
    const { k, picks, radius } = definitionCases.uherding;
    const calibrated = {
      ids: Int32Array.from({ length: 4 }, (_, i) => 1000 + i),
      signals: {
        probabilities: ndarray(
          'float32',
          [4, 4],
          Float32Array.from({ length: 16 }, (_, at) => (at % 4 < 2 ? 0.375 : 0.125)),
        ),
      },
      labels: Int32Array.of(0, 0, 1, 3),
    };
    const { ids, notes } = select(uherding, { ...pool, validation: calibrated }, k);
    assert.match(notes.join('; '), new RegExp(`temperature 1; radius ${Number(radius.toPrecision(6))}`));
    assert.deepEqual(ids, picks);
  });
});
