// One trace leads from a submit to its rounds' tasks: across gRPC and across the bus.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startTraceSink, temporaryFolder } from '@alarena/testkit';
import { runBin } from './run-bin.js';

const spec = `
name: traced
dataset: mnist
model: { architecture: bayesian-cnn }
training: { epochs: 1, batchSize: 10, minStepsPerEpoch: 2, earlyStopping: false }
protocol: { poolSize: 30, initialLabels: 10, labelsPerRound: 10, rounds: 1, validationSize: 0, testSize: 20 }
strategies: [margin]
seeds: 1
`;

test('a trace leads from the submit to the fit, the inference and the pick', async (t) => {
  const sink = await startTraceSink(t);
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'traced.yaml'), spec);

  const run = await runBin(['compare', 'traced.yaml'], {
    cwd: folder,
    env: {
      ALARENA_HOME: join(folder, 'home'),
      OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint,
    },
    timeoutMs: 300_000,
  });
  assert.equal(run.status, 0, run.stderr);

  const call = 'alarena.comparison.v1.ComparisonService/SubmitComparison';
  for (const [name, count] of [
    ['task fit', 2],
    ['task infer', 1],
    ['task select', 1],
  ] as const) {
    const found = sink.named(name);
    assert.equal(found.length, count, `${name} among ${sink.spans.map((span) => span.name).join(', ')}`);
    for (const span of found) {
      const ancestors = sink.ancestors(span);
      // The client's span, the server's, the comparison's, its round's, and the task's own.
      assert.deepEqual(
        ancestors.map((ancestor) => ancestor.name),
        [name.replace('task', 'publish'), 'round', 'comparison', call, call],
      );
      assert.equal(span.traceId, ancestors.at(-1)?.traceId);
    }
  }
});
