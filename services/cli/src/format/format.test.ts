import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { comparison, dataset } from '@alarena/api';
import { specToProto, validateSpec } from '@alarena/config';
import { AppError } from '@alarena/core';
import { ExitStatus, exitStatusOf } from '../exit-status.js';
import { comparisonJson, comparisonText, costLine, failures, headLine, listingText } from './comparison.js';
import { datasetJson, datasetText } from './dataset.js';
import { errorJson, errorText } from './error.js';
import { byteSize, duration, grouped, plural, roughDuration } from './quantities.js';
import { table } from './table.js';

describe('quantities', () => {
  test('durations change their unit where the smaller would be rounded up to it', () => {
    const seconds = [0, 0.44, 59.9, 59.96, 3599.4, 3599.6, 7620];
    assert.deepEqual(seconds.map(duration), [
      '0.0 s',
      '0.4 s',
      '59.9 s',
      '1 min 00 s',
      '59 min 59 s',
      '1 h 00 min',
      '2 h 07 min',
    ]);
  });

  test('estimates are rounded up to whole seconds', () => {
    assert.deepEqual([0.2, 59.2, 61].map(roughDuration), ['1 s', '1 min 00 s', '1 min 01 s']);
  });

  test('sizes, counts and plurals', () => {
    assert.deepEqual([0, 999, 1000, 11_594_722, 999_960].map(byteSize), [
      '0 bytes',
      '999 bytes',
      '1.0 kB',
      '11.6 MB',
      '1.0 MB',
    ]);
    assert.deepEqual([0, 999, 1000, 1_234_567].map(grouped), ['0', '999', '1,000', '1,234,567']);
    assert.deepEqual(
      [plural(1, 'fit'), plural(2, 'fit'), plural(2, 'class', 'classes')],
      ['1 fit', '2 fits', '2 classes'],
    );
  });
});

test('tables align their columns and leave no space at the ends of lines', () => {
  const text = table(
    [{ title: 'name' }, { title: 'n', align: 'right' }, { title: 'note' }],
    [
      ['margin', '5', ''],
      ['é', '100', 'x'],
    ],
  );
  assert.equal(text, 'name      n  note\nmargin    5\né       100  x');
});

describe('errors', () => {
  const invalid = AppError.invalid('the spec:', [
    { field: 'seeds', description: 'must be more' },
    { field: '', description: 'must be a mapping' },
  ]);

  test('violations are shown once each', () => {
    assert.equal(errorText(invalid, false), 'error: the spec\n  seeds: must be more\n  must be a mapping');
    assert.deepEqual(errorJson(invalid), {
      error: {
        code: 'invalid-argument',
        reason: 'INVALID_ARGUMENT',
        message: 'the spec',
        facts: {},
        violations: invalid.violations,
      },
    });
  });

  test('a message that is its only violation is shown once', () => {
    const description = 'no data set is called "x"';
    const error = new AppError('not-found', description, { violations: [{ field: 'dataset', description }] });
    assert.equal(errorText(error, false), `error: ${description}`);
  });

  test('the stack and the causes are shown on request only', () => {
    const error = new AppError('internal', 'broken', { cause: new Error('deeper') });
    assert.equal(errorText(error, false), 'error: broken');
    assert.match(errorText(error, true), /at .*\n[\s\S]*caused by Error: deeper/);
  });

  test('the exit status tells bad input from failures', () => {
    assert.equal(exitStatusOf(invalid, false), ExitStatus.badInput);
    assert.equal(exitStatusOf(new AppError('not-found', ''), false), ExitStatus.badInput);
    assert.equal(exitStatusOf(new AppError('unavailable', ''), false), ExitStatus.failed);
    assert.equal(exitStatusOf(new AppError('cancelled', ''), false), ExitStatus.failed);
    assert.equal(exitStatusOf(new AppError('cancelled', ''), true), ExitStatus.interrupted);
    assert.equal(exitStatusOf(new AppError('internal', ''), true), ExitStatus.failed);
  });
});

describe('comparisons', () => {
  const { Cell, Comparison, Round, Status } = comparison;
  const spec = validateSpec({
    name: 'quick',
    dataset: 'mnist',
    model: { architecture: 'bayesian-cnn' },
    strategies: ['random', 'margin'],
    seeds: 1,
  });
  const cells = [
    {
      strategy: 'random',
      status: Status.STATUS_DONE,
      rounds: [Round.fromPartial({ accuracy: 0.5 })],
      roundsDone: 5,
    },
    { strategy: 'margin', status: Status.STATUS_FAILED, error: 'out of memory', roundsDone: 2 },
  ];
  const value = Comparison.fromPartial({
    id: '3f2a',
    key: 'k',
    spec: specToProto(spec),
    status: Status.STATUS_FAILED,
    createdAt: '2026-01-01T00:00:00Z',
    cells: cells.map((cell) => Cell.fromPartial({ seed: 0n, roundsTotal: 5, ...cell })),
    cost: { fits: 6, fitsShared: 1, deviceSeconds: 61, wallSeconds: 2 },
  });

  test('the head line says what it is and how far it is', () => {
    assert.equal(headLine(value), 'comparison 3f2a: quick, 2 strategies x 1 seed, 7 of 10 rounds measured');
  });

  test('the text has the spec with defaults, the cells and the cost', () => {
    const text = comparisonText(value);
    assert.match(text, /^comparison 3f2a: failed, created 2026-01-01T00:00:00Z$/m);
    assert.match(text, /^ {2}labelsPerRound: 20$/m);
    assert.match(text, /^random +0 +done +5\/5 +0\.500$/m);
    assert.match(text, /^margin +0 +failed +2\/5 +out of memory$/m);
    assert.ok(
      text.endsWith(
        "cost: 6 fits (1 round shared another cell's), 1 min 01 s of computing, 2.0 s by the clock",
      ),
    );
    assert.deepEqual(failures(value), ['margin seed 0 failed: out of memory']);
    assert.match(costLine(undefined), /^cost: 0 fits, /);
  });

  test('the document has plain numbers and words', () => {
    const document = JSON.parse(JSON.stringify(comparisonJson(value)));
    assert.equal(document.status, 'failed');
    assert.deepEqual(document.spec, JSON.parse(JSON.stringify(spec)));
    assert.equal(document.cells[0].seed, 0);
    assert.equal(document.cells[1].error, 'out of memory');
    assert.equal(document.cost.fits, 6);
  });

  test('a listing has a line each, or says how to begin', () => {
    assert.match(listingText([value]), /^3f2a +quick +failed +2 +7\/10 +2026/m);
    assert.match(listingText([]), /alarena compare SPEC\.yaml/);
  });
});

test('data sets as text and as a document', () => {
  const value = dataset.Dataset.fromPartial({
    name: 'mnist',
    digest: 'abc',
    sampleShape: [28, 28, 1],
    dtype: 3,
    classes: ['0', '1'],
    splits: [
      { name: 'train', samples: 60_000, firstId: 0 },
      { name: 'validation', samples: 0, firstId: 60_000 },
    ],
    storedBytes: 11_594_722n,
    shards: 1,
  });
  const text = datasetText(value);
  assert.match(text, /^mnist: 60,000 samples of 28 x 28 x 1 uint8, 2 classes$/m);
  assert.match(text, /^stored: 11\.6 MB in 1 shard$/m);
  assert.match(text, /^train +60,000 +0 to 59999$/m);
  assert.match(text, /^validation +0$/m);
  const document = JSON.parse(JSON.stringify(datasetJson(value)));
  assert.equal(document.storedBytes, 11_594_722);
  assert.equal(document.dtype, 'uint8');
});
