import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type NdArray, namedRandom, ndarray } from '@alarena/core';
import { temporaryFolder } from '@alarena/testkit';
import { writeArrays } from '../arrays/arrays.fixture.js';
import { runBin } from '../run-bin.js';

/** Three clusters of 40 rows far from each other, and one row far from all. */
function clusters(width: number): NdArray<'float32'> {
  const random = namedRandom(width, 'clusters');
  const values = Float32Array.from({ length: 121 * width }, (_, at) => {
    const row = Math.floor(at / width);
    return 20 * Math.floor(row / 40) + random.normal() + (row === 120 ? 30 : 0);
  });
  return ndarray('float32', [121, width], values);
}

describe('alarena hdbscan', () => {
  for (const width of [2, 40]) {
    test(`--json has labels, probabilities and GLOSH of each row, ${width} wide`, async (t) => {
      const cwd = await temporaryFolder(t);
      await writeArrays(cwd, { x: clusters(width) });
      const args = ['hdbscan', 'x.npy', '--min-cluster-size', '20', '--min-samples', '1', '--json'];
      const { status, stdout, stderr } = await runBin(args, { cwd });
      assert.equal(status, 0, stderr);
      const { labels, probabilities, glosh, clusters: count, notes } = JSON.parse(stdout);
      assert.equal(count, 3);
      const expected = Array.from({ length: 120 }, (_, row) => Math.floor(row / 40));
      assert.deepEqual(
        labels.slice(0, 120).filter((label: number, row: number) => label !== -1 && label !== expected[row]),
        [],
      );
      assert.equal(labels[120], -1);
      assert.equal(probabilities[120], 0);
      assert.equal(glosh.indexOf(Math.max(...glosh)), 120);
      assert.deepEqual([labels.length, probabilities.length, glosh.length], [121, 121, 121]);
      assert.deepEqual(notes, []);
    });
  }

  test('as text it is a table of clusters and the outliers', async (t) => {
    const cwd = await temporaryFolder(t);
    await writeArrays(cwd, { x: clusters(2) });
    const { stdout } = await runBin(['hdbscan', 'x.npy', '--min-cluster-size', '20', '--min-samples', '1'], {
      cwd,
    });
    assert.match(stdout, /^121 rows of 2: 3 clusters, \d+ noise, in /);
    assert.match(stdout, /^ +0 +\d+ +3\d\.\d % +0\.\d{3} +0\.\d{3}$/m);
    assert.match(stdout, /the highest GLOSH\)\n.*\n *120 +0\.\d{4} +–$/m);
  });

  test('refuses what it cannot cluster, naming the file and the first bad row', async (t) => {
    const cwd = await temporaryFolder(t);
    const spoilt = clusters(3);
    spoilt.data.set([Number.NaN], 3 * 50 + 1);
    spoilt.data.set([Number.NaN], 3 * 90);
    const flat = ndarray('float32', [4], new Float32Array(4));
    const whole = ndarray('int32', [3, 2], new Int32Array(6));
    const one = ndarray('float32', [1, 2], new Float32Array(2));
    await writeArrays(cwd, { spoilt, flat, whole, one });
    for (const [file, message] of [
      ['spoilt.npy', /spoilt\.npy: row 50 holds NaN/],
      ['flat.npy', /flat\.npy: must have the shape rows x width, got 4/],
      ['whole.npy', /whole\.npy: holds int32; it must hold float32/],
      ['one.npy', /one\.npy: must have two rows at least/],
      ['none.npy', /there is no file none\.npy/],
    ] as const) {
      const { status, stdout, stderr } = await runBin(['hdbscan', file, '--min-cluster-size', '5'], { cwd });
      assert.equal(status, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, message);
    }
    const { status } = await runBin(['hdbscan', 'one.npy', '--min-cluster-size', '1'], { cwd });
    assert.equal(status, 2);
  });
});
