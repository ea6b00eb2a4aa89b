import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inference, strategy } from '@alarena/api';
import { expectAppError } from '@alarena/testkit';
import { strategiesText, strategyText } from './format/strategy.js';
import { ownCatalogue, viewOf } from './strategy-catalogue.js';

test("a server's description reads as one of this program's own", () => {
  const message = strategy.Strategy.fromPartial({
    name: 'power',
    summary: 'noisy',
    signals: [inference.Signal.SIGNAL_MONTE_CARLO, inference.Signal.SIGNAL_A1],
    parameters: [
      {
        name: 'beta',
        type: strategy.ParameterType.PARAMETER_TYPE_NUMBER,
        defaultValue: { value: { $case: 'number', value: 1 } },
        summary: 'sharpness',
        allowed: 'a number of at least 0',
      },
    ],
    source: 'a paper',
    cost: 'O(N)',
    family: { title: 'Bayesian', summary: 'by passes' },
    needs: ['monteCarlo', 'a1', 'labels of the labelled samples'],
  });
  const view = viewOf(message);
  assert.deepEqual(view.signals, ['monteCarlo', 'a1']);
  assert.match(strategyText(view), /^beta +1 +a number of at least 0 +sharpness$/m);
  assert.match(strategyText(view), /^needs: +monteCarlo, a1, labels of the labelled samples$/m);
  assert.match(
    strategyText(view),
    /^arrays: +alarena pick power -k K --mc FILE --a1 FILE --labels FILE --labelled FILE$/m,
  );
  assert.match(strategiesText([view]), /^Bayesian: by passes\npower +monteCarlo, a1, labelled +noisy$/m);
});

test('a description in terms that this version does not know is refused', async () => {
  const message = strategy.Strategy.fromPartial({
    name: 'x',
    signals: [inference.Signal.SIGNAL_UNSPECIFIED],
  });
  await expectAppError('unimplemented', () => viewOf(message));
});

test('all own strategies have a text', () => {
  for (const view of ownCatalogue()) assert.ok(strategyText(view).startsWith(`${view.name}: `));
});
