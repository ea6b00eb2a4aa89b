import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inference, strategy } from '@alarena/api';
import { expectAppError } from '@alarena/testkit';
import { strategyText } from './format/strategy.js';
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
      },
    ],
    source: 'a paper',
    cost: 'O(N)',
  });
  const view = viewOf(message);
  assert.deepEqual(view.signals, ['monteCarlo', 'a1']);
  assert.match(strategyText(view), /^beta +number +1 +sharpness$/m);
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
