import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inference, strategy } from '@alarena/api';
import { rawParameters } from '@alarena/config';
import { createClient } from '@alarena/grpc';
import { allowedValues, families, needsOf, strategies } from '@alarena/strategies';
import { openServiceHome } from '@alarena/testkit';
import { createStrategyService } from '../server.js';

const signalNames: Record<string, string> = {
  probabilities: 'SIGNAL_PROBABILITIES',
  monteCarlo: 'SIGNAL_MONTE_CARLO',
  z: 'SIGNAL_Z',
  a0: 'SIGNAL_A0',
  a1: 'SIGNAL_A1',
  a2: 'SIGNAL_A2',
  h: 'SIGNAL_H',
};

describe('ListStrategies', () => {
  test('is the registry, word for word', async (t) => {
    const home = await openServiceHome();
    t.after(() => home.close());
    const service = createStrategyService({ ...home, compute: { ...home.compute, slots: 1 } });
    home.onClose(() => service.close());
    const address = await home.serve([service.registration]);
    const client = createClient(strategy.StrategyServiceService, address);
    home.onClose(() => client.close());

    const listed = (await client.listStrategies({}, { timeoutMs: 5_000 })).strategies;
    assert.deepEqual(
      listed.map(({ name, summary, cost }) => ({ name, summary, cost })),
      strategies.map(({ descriptor: { name, summary, cost } }) => ({ name, summary, cost })),
    );
    for (const [i, { descriptor }] of strategies.entries()) {
      const { signals = [], parameters = [], source = '', family, needs } = listed[i] ?? {};
      const own = families.find((one) => one.strategies.some((member) => member.descriptor === descriptor));
      assert.deepEqual(family, { title: own?.title, summary: own?.summary });
      assert.deepEqual(needs, needsOf(descriptor));
      assert.deepEqual(
        signals.map((signal) => inference.Signal[signal]),
        descriptor.signals.map((signal) => signalNames[signal]),
      );
      assert.ok(source.startsWith(descriptor.source.paper));
      assert.deepEqual(
        parameters.map(({ name, summary, type, allowed }) => [
          name,
          summary,
          strategy.ParameterType[type],
          allowed,
        ]),
        descriptor.parameters.map((parameter) => [
          parameter.name,
          parameter.summary,
          `PARAMETER_TYPE_${parameter.type.toUpperCase()}`,
          allowedValues(parameter),
        ]),
      );
      const defaults = parameters.map(({ defaultValue }) =>
        rawParameters(defaultValue ? { it: defaultValue } : {}),
      );
      assert.deepEqual(
        defaults,
        descriptor.parameters.map((parameter) => ({ it: parameter.default })),
      );
    }
  });
});
