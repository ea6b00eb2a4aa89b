// One trace leads from a submit to its rounds' tasks: across gRPC and across the bus.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { temporaryFolder } from '@alarena/testkit';
import { runBin } from './run-bin.js';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

interface Batch {
  readonly resourceSpans: readonly { readonly scopeSpans: readonly { readonly spans: readonly Span[] }[] }[];
}

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
  const spans: Span[] = [];
  const sink = createServer(async (request, response) => {
    const { resourceSpans } = JSON.parse(await text(request)) as Batch;
    spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
    response.end('{}');
  });
  sink.listen(0, '127.0.0.1');
  await once(sink, 'listening');
  t.after(() => sink.close());
  const { port } = sink.address() as AddressInfo;
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'traced.yaml'), spec);

  const run = await runBin(['compare', 'traced.yaml'], {
    cwd: folder,
    env: {
      ALARENA_HOME: join(folder, 'home'),
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    },
    timeoutMs: 120_000,
  });
  assert.equal(run.status, 0, run.stderr);

  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const ancestors = (span: Span): string[] => {
    const parent = byId.get(span.parentSpanId ?? '');
    return parent === undefined ? [] : [parent.name, ...ancestors(parent)];
  };
  const call = 'alarena.comparison.v1.ComparisonService/SubmitComparison';
  for (const [name, count] of [
    ['task fit', 2],
    ['task infer', 1],
    ['task select', 1],
  ] as const) {
    const found = spans.filter((span) => span.name === name);
    assert.equal(found.length, count, `${name} among ${spans.map((span) => span.name).join(', ')}`);
    for (const span of found) {
      // The client's span, the server's, the comparison's, and the task's own.
      assert.deepEqual(ancestors(span), ['comparison', call, call]);
      assert.equal(span.traceId, spans.find((one) => one.name === call)?.traceId);
    }
  }
});
