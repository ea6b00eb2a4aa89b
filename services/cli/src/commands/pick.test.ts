import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ndarray } from '@alarena/core';
import { temporaryFolder } from '@alarena/testkit';
import { writeArrays } from '../arrays/arrays.fixture.js';
import { computeArrays } from '../arrays/compute-arrays.js';
import { runBin } from '../run-bin.js';

// Least confident first: 2, 0, 1.
const probabilities = ndarray('float32', [3, 2], Float32Array.of(0.75, 0.25, 1, 0, 0.5, 0.5));

describe('alarena pick', () => {
  test('--json has ids, scores, notes, seconds and parameters, and nothing else on stdout', async (t) => {
    const cwd = await temporaryFolder(t);
    await writeArrays(cwd, { p: probabilities, z: probabilities });
    const args = [
      'pick',
      'least_confidence',
      '-k',
      '2',
      '--probabilities',
      'p.npy',
      '--features',
      'z.npy',
      '--json',
    ];
    const { status, stdout, stderr } = await runBin(args, { cwd });
    assert.equal(status, 0, stderr);
    assert.equal(stderr, '');
    const { seconds, ...document } = JSON.parse(stdout);
    assert.ok(seconds > 0);
    assert.deepEqual(document, {
      ...{ strategy: 'least_confidence', k: 2, seed: 0, parameters: { reference_faults: false }, pool: 3 },
      ...{ ids: [2, 0], scores: [1, 0.5] },
      notes: ['--features: least_confidence needs no values of it, only its rows were counted'],
    });
  });

  test('--params takes name=value or JSON, and text has a row per pick', async (t) => {
    const cwd = await temporaryFolder(t);
    await writeArrays(cwd, { p: probabilities });
    const args = ['pick', 'least_confidence', '-k', '2', '--probabilities', 'p.npy', '--params'];
    const given = await runBin([...args, 'reference_faults=true'], { cwd });
    assert.match(
      given.stdout,
      /^least_confidence: 2 of 3 samples in .*\nparameters: reference_faults=true\n\nrow +score\n +1 +0\.00000\n +0 +-0\.500000\n$/,
    );
    const rows = (text: string): string => text.split('\n\n')[1] ?? '';
    const json = await runBin([...args, '{"reference_faults": true}'], { cwd });
    assert.equal(rows(json.stdout), rows(given.stdout));
    for (const [wrong, message] of [
      ['reference_faults=1', /--params\.reference_faults: must be true or false, got "1"/],
      ['faults', /must be name=value or a JSON object, got "faults"/],
      ['{"reference', /is no JSON/],
    ] as const) {
      const { status, stderr } = await runBin([...args, wrong], { cwd });
      assert.equal(status, 2);
      assert.match(stderr, message);
    }
  });

  test('bad input is status 2 and one document', async (t) => {
    const cwd = await temporaryFolder(t);
    const spoilt = ndarray('float32', [2, 2], Float32Array.of(0.5, 0.5, Number.NaN, 0));
    await writeArrays(cwd, { p: spoilt });
    const args = ['pick', 'margin', '-k', '1', '--probabilities', 'p.npy', '--json'];
    const { status, stdout } = await runBin(args, { cwd });
    assert.equal(status, 2);
    const { error } = JSON.parse(stdout);
    assert.equal(error.code, 'invalid-argument');
    assert.equal(error.violations[0].field, '--probabilities p.npy');
    assert.match(error.violations[0].description, /^row 1 holds NaN/);
  });

  test('its help shows how to write the arrays in Python', async () => {
    const { status, stdout } = await runBin(['pick', '--help']);
    assert.equal(status, 0);
    assert.match(stdout, /numpy\.save\("p\.npy"/);
  });
});

test('an interrupt ends the work at once', async (t) => {
  const folder = await temporaryFolder(t);
  await writeArrays(folder, { p: probabilities });
  const interrupt = new AbortController();
  const request = {
    strategy: 'margin',
    k: 1,
    seed: 0,
    parameters: {},
    arrays: { probabilities: `${folder}/p.npy` },
  };
  const picking = computeArrays('pick', request, interrupt.signal, () => {});
  interrupt.abort(new Error('enough'));
  await assert.rejects(picking, /enough/);
});
