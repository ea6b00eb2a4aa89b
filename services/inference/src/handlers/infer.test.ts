import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { common, inference } from '@alarena/api';
import { fromBytes, namedRandom, sha256Hex } from '@alarena/core';
import { keyOfUri, readBytes } from '@alarena/store';
import { expectAppError } from '@alarena/testkit';
import { call, type InferenceHome, openInferenceHome, range } from '../test-support/inference-home.js';

const { Signal } = inference;
const { TASK_ORIGIN_COMPUTED, TASK_ORIGIN_STORED } = common.TaskOrigin;
const classes = 4;
const passes = 3;
const labelOf = (id: number): number => namedRandom('synthetic', 'quadrants', id).below(classes);
const allSignals = [
  Signal.SIGNAL_PROBABILITIES,
  Signal.SIGNAL_MONTE_CARLO,
  Signal.SIGNAL_Z,
  Signal.SIGNAL_A0,
  Signal.SIGNAL_A1,
  Signal.SIGNAL_A2,
  Signal.SIGNAL_H,
];

describe('inference', () => {
  let home: InferenceHome;
  let fitKey: string;
  before(async () => {
    home = await openInferenceHome();
    fitKey = await home.fit();
  });
  after(() => home.close());

  function request(change: Partial<inference.InferRequest> = {}): inference.InferRequest {
    const samples = { ids: range(50, 30) };
    const wanted = { signals: allSignals, monteCarloPasses: passes, labels: false, classifier: false };
    return { fitKey, samples, ...wanted, ...change };
  }

  /** The values of an array, read from the store as a stranger would. */
  async function read(array: common.ArrayRef | undefined): Promise<Float32Array> {
    assert.equal(array?.dtype, common.DataType.DATA_TYPE_FLOAT32);
    return fromBytes('float32', array.shape, await bytesOf(array)).data;
  }

  async function bytesOf(array: common.ArrayRef | undefined): Promise<Uint8Array> {
    const { uri, sha256 } = array ?? assert.fail('the array is missing');
    const { info, body } = await home.store.get(keyOfUri(uri));
    const bytes = await readBytes(body, info.sizeBytes);
    assert.equal(sha256Hex(bytes), sha256);
    return bytes;
  }

  async function infer(change: Partial<inference.InferRequest> = {}) {
    const response = await home.client.infer(request(change), call);
    const arrays = new Map(response.signals.map(({ signal, array }) => [signal, array]));
    return { ...response, arrays, values: (signal: inference.Signal) => read(arrays.get(signal)) };
  }

  test('names each signal wanted once, with its shape', async () => {
    const { arrays, origin } = await infer();
    assert.equal(origin, TASK_ORIGIN_COMPUTED);
    const shapes = Object.fromEntries([...arrays].map(([signal, array]) => [Signal[signal], array?.shape]));
    assert.deepEqual(shapes, {
      SIGNAL_PROBABILITIES: [30, classes],
      SIGNAL_MONTE_CARLO: [passes, 30, classes],
      SIGNAL_Z: [30, 64],
      SIGNAL_A0: [30, 64],
      SIGNAL_A1: [30, 128],
      SIGNAL_A2: [30, classes],
      SIGNAL_H: [30, 128],
    });
  });

  test('gives probabilities, of each pass too, that follow from the logits', async () => {
    const { values } = await infer();
    const [probabilities, monteCarlo, logits] = [
      await values(Signal.SIGNAL_PROBABILITIES),
      await values(Signal.SIGNAL_MONTE_CARLO),
      await values(Signal.SIGNAL_A2),
    ];
    for (const rows of [probabilities, monteCarlo]) {
      for (let start = 0; start < rows.length; start += classes) {
        const row = rows.subarray(start, start + classes);
        assert.ok(row.every((value) => value >= 0 && value <= 1));
        assert.ok(Math.abs(row.reduce((sum, value) => sum + value, 0) - 1) < 1e-5);
      }
    }
    const first = logits.subarray(0, classes).map(Math.exp);
    const sum = first.reduce((total, value) => total + value, 0);
    first.forEach((value, c) => {
      assert.ok(Math.abs(value / sum - (probabilities[c] ?? 0)) < 1e-5);
    });
    const pass = monteCarlo.length / passes;
    assert.notDeepEqual(monteCarlo.slice(0, pass), monteCarlo.slice(pass, 2 * pass), 'passes differ');
  });

  test('orders rows by ascending id, however samples are named', async () => {
    const mixed = await infer({ samples: { ids: [77, 50, 63] }, signals: [Signal.SIGNAL_PROBABILITIES] });
    const sorted = await infer({ samples: { ids: [50, 63, 77] }, signals: [Signal.SIGNAL_PROBABILITIES] });
    assert.equal(mixed.key, sorted.key);
    const all = await (await infer()).values(Signal.SIGNAL_PROBABILITIES);
    const rows = [50, 63, 77].flatMap((id) => [...all.subarray((id - 50) * classes, (id - 49) * classes)]);
    const few = await mixed.values(Signal.SIGNAL_PROBABILITIES);
    rows.forEach((value, i) => {
      assert.ok(Math.abs(value - (few[i] ?? 0)) < 1e-5, `value ${i}`);
    });
  });

  test('computes only what is wanted, and finds what exists', async () => {
    const wanted = { samples: { ids: range(90, 5) }, signals: [Signal.SIGNAL_A1] };
    const first = await infer(wanted);
    assert.equal(first.origin, TASK_ORIGIN_COMPUTED);
    assert.deepEqual([...first.arrays.keys()], [Signal.SIGNAL_A1]);
    const again = await infer(wanted);
    assert.deepEqual(
      [again.origin, again.key, again.signals],
      [TASK_ORIGIN_STORED, first.key, first.signals],
    );
  });

  test('passes do not count where no signal needs them', async () => {
    const signals = [Signal.SIGNAL_PROBABILITIES];
    const [none, many] = [
      await infer({ signals, monteCarloPasses: 0 }),
      await infer({ signals, monteCarloPasses: 9 }),
    ];
    assert.equal(none.key, many.key);
  });

  test('gives the same bytes in another store', async () => {
    const other = await openInferenceHome();
    try {
      assert.equal(await other.fit(), fitKey);
      const { signals } = await other.client.infer(request(), call);
      assert.deepEqual(signals, (await infer()).signals);
    } finally {
      await other.close();
    }
  });

  // Golden: other values need another semantics version of `infer`. Last bits differ between machines, these do not;
  // nor are Monte-Carlo values recorded, as masks are drawn by the fit's key, which names the machine's profile.
  test('gives the values recorded for this version', async () => {
    const { values } = await infer({ samples: { ids: [50, 51] } });
    const got = [...(await values(Signal.SIGNAL_PROBABILITIES))];
    const recorded = [0.4417, 0.2093, 0.1563, 0.1928, 0.3643, 0.3208, 0.1314, 0.1835];
    assert.equal(got.length, recorded.length);
    assert.ok(
      got.every((value, i) => Math.abs(value - (recorded[i] ?? Number.NaN)) < 5e-3),
      `got ${got.map((value) => value.toFixed(4)).join(', ')}`,
    );
  });

  test('embeds with the features of the backbone', async () => {
    const { features, origin } = await home.client.embed({ fitKey, samples: { ids: range(50, 30) } }, call);
    assert.equal(origin, TASK_ORIGIN_COMPUTED);
    assert.deepEqual(features?.shape, [30, 64]);
    assert.deepEqual(await read(features), await (await infer()).values(Signal.SIGNAL_Z));
  });

  test('gives the last linear layer, which makes logits of what goes into it', async () => {
    const { classifier, values } = await infer({ classifier: true });
    assert.deepEqual(classifier?.shape, [classes, 129]);
    const weights = await read(classifier);
    const [h, logits] = [await values(Signal.SIGNAL_H), await values(Signal.SIGNAL_A2)];
    for (let c = 0; c < classes; c++) {
      const row = weights.subarray(c * 129, (c + 1) * 129);
      const logit = h.subarray(0, 128).reduce((sum, value, j) => sum + value * (row[j] ?? 0), row[128] ?? 0);
      assert.ok(Math.abs(logit - (logits[c] ?? 0)) < 1e-4);
    }
  });

  test('gives labels of samples that the fit was shown, and of no others', async () => {
    const wanted = { signals: [], labels: true };
    const { labels, signals } = await infer({ ...wanted, samples: { ids: range(0, 12) } });
    assert.deepEqual(signals, []);
    assert.equal(labels?.dtype, common.DataType.DATA_TYPE_INT32);
    const values = fromBytes('int32', [12], await bytesOf(labels)).data;
    assert.deepEqual([...values], range(0, 12).map(labelOf));
    const hidden = infer({ ...wanted, samples: { ids: [0, 1, 50] } });
    const error = await expectAppError('failed-precondition', hidden);
    assert.equal(error.reason, 'LABEL_HIDDEN');
    assert.match(error.message, /sample 50 is not among/);
  });

  test('refuses Monte-Carlo passes of a model without dropout', async () => {
    const plain = await home.fit({ dropout: undefined });
    const error = await expectAppError('failed-precondition', infer({ fitKey: plain }));
    assert.equal(error.reason, 'SIGNAL_MISSING');
    assert.match(error.message, /dropout/);
    const { arrays } = await infer({ fitKey: plain, signals: [Signal.SIGNAL_PROBABILITIES] });
    assert.equal(arrays.size, 1);
  });

  test('does not know other fits', async () => {
    const unknown = { fitKey: 'f'.repeat(64), samples: { ids: [50] } };
    const inferring = await expectAppError('not-found', infer(unknown));
    assert.equal(inferring.reason, 'RESULT_MISSING');
    await expectAppError('not-found', home.client.embed(unknown, call));
  });

  test('does not know samples that the data set lacks', async () => {
    const error = await expectAppError('not-found', infer({ samples: { ids: [50, 260] } }));
    assert.match(error.message, /no sample 260/);
  });

  test('names every field that is wrong, at once', async () => {
    const bad = { fitKey: '../fit', samples: { ids: [] }, signals: [], monteCarloPasses: 0 };
    const error = await expectAppError('invalid-argument', infer(bad));
    assert.deepEqual(
      error.violations.map(({ field }) => field),
      ['fit_key', 'samples', 'signals'],
    );
    const signals = [Signal.SIGNAL_MONTE_CARLO, Signal.SIGNAL_UNSPECIFIED, 99];
    const other = await expectAppError(
      'invalid-argument',
      infer({ samples: { ids: [1, 1] }, signals, monteCarloPasses: 1 }),
    );
    assert.deepEqual(
      other.violations.map(({ field }) => field),
      ['samples', 'signals[1]', 'signals[2]', 'monte_carlo_passes'],
    );
    const embedding = await expectAppError(
      'invalid-argument',
      home.client.embed({ fitKey: '', samples: undefined }, call),
    );
    assert.deepEqual(
      embedding.violations.map(({ field }) => field),
      ['fit_key', 'samples'],
    );
  });
});
