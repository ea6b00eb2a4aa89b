// Traces against a real OTLP/HTTP sink, across processes; and that nothing happens while tracing is off.

import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { AppError } from '@alarena/core';
import { Attribute } from './attributes.js';
import { createLogger } from './logger.js';
import { startTelemetry } from './start.js';
import { injectContext, openSpan, runWithContext, withSpan } from './tracing.js';

interface SentSpan {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly kind: number;
  readonly status: { readonly code?: number };
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly service: string;
}

interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] };
    readonly scopeSpans: readonly { readonly spans: readonly Omit<SentSpan, 'service'>[] }[];
  }[];
}

const INDEX = new URL('./index.js', import.meta.url).href;
const SERVER_KIND = 2;
const ERROR_STATUS = 2;
/** Of what is waited for only where something fails. */
const limitMs = 60_000;

describe('tracing with a collector', () => {
  const spans: SentSpan[] = [];
  const paths = new Set<string>();
  const sink = createServer(async (request, response) => {
    paths.add(request.url ?? '');
    const batch = JSON.parse(await text(request)) as Batch;
    for (const { resource, scopeSpans } of batch.resourceSpans) {
      const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';
      for (const scope of scopeSpans) for (const span of scope.spans) spans.push({ ...span, service });
    }
    response.end('{}');
  });
  let endpoint = '';
  const named = (name: string): SentSpan => {
    const found = spans.filter((span) => span.name === name);
    assert.equal(found.length, 1, `one span ${name} among ${spans.map((span) => span.name)}`);
    return found[0] as SentSpan;
  };

  before(async () => {
    sink.listen(0, '127.0.0.1');
    await once(sink, 'listening');
    endpoint = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
  });
  after(() => sink.close());

  test('a parent here and its child in another process arrive in one trace', async () => {
    const telemetry = await startTelemetry({ service: 'orchestrator', endpoint, exportLimitMs: limitMs });
    assert.equal(telemetry.enabled, true);
    await withSpan('publish', { [Attribute.comparison]: 'c1', [Attribute.round]: 3 }, async () => {
      const headers = injectContext<Record<string, string>>({ other: 'kept' });
      assert.equal(headers.other, 'kept');
      const script = `import { startTelemetry, withSpan } from ${JSON.stringify(INDEX)};
        const telemetry = await startTelemetry({ service: 'trainer', exportLimitMs: ${limitMs} });
        const parent = JSON.parse(process.argv[1]);
        await withSpan('fit', {}, () => withSpan('epoch', {}, () => {}), { kind: 'consumer', parent });
        await telemetry.shutdown(${limitMs});`;
      const args = ['--input-type=module', '--eval', script, JSON.stringify(headers)];
      await promisify(execFile)(process.execPath, args, {
        env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
      });
    });
    await telemetry.shutdown(limitMs);

    assert.deepEqual([...paths], ['/v1/traces']);
    const [publish, fit, epoch] = [named('publish'), named('fit'), named('epoch')];
    assert.deepEqual([publish.service, fit.service], ['orchestrator', 'trainer']);
    assert.equal(fit.traceId, publish.traceId);
    assert.equal(fit.parentSpanId, publish.spanId);
    assert.equal(epoch.parentSpanId, fit.spanId);
    const attributes = Object.fromEntries(publish.attributes.map(({ key, value }) => [key, value]));
    assert.deepEqual(attributes[Attribute.comparison], { stringValue: 'c1' });
    assert.deepEqual(attributes[Attribute.round], { intValue: 3 });
  });

  test('headers in a map with get and set, as of gRPC and NATS, carry the trace', async () => {
    const telemetry = await startTelemetry({ service: 'orchestrator', endpoint, exportLimitMs: limitMs });
    const stored = new Map<string, string>();
    const metadata = {
      get: (key: string) => [stored.get(key) ?? ''],
      set: (key: string, value: string) => void stored.set(key, value),
    };
    await withSpan('caller', {}, () => void injectContext(metadata));
    await runWithContext(metadata, () => withSpan('callee', {}, () => {}, { kind: 'server' }));
    await telemetry.shutdown(limitMs);
    assert.equal(named('callee').parentSpanId, named('caller').spanId);
    assert.equal(named('callee').kind, SERVER_KIND);
  });

  test('a failure is marked with its code, a cancel is not a failure, and both are thrown on', async () => {
    const telemetry = await startTelemetry({ service: 'orchestrator', endpoint, exportLimitMs: limitMs });
    const failure = new AppError('not-found', 'no such data set', { reason: 'DATASET_UNKNOWN' });
    await assert.rejects(
      withSpan('failing', {}, () => Promise.reject(failure)),
      (thrown) => thrown === failure,
    );
    await assert.rejects(
      withSpan('cancelled', {}, () => {
        throw new AppError('cancelled', 'enough');
      }),
    );
    await telemetry.shutdown(limitMs);
    const reason = named('failing').attributes.find(({ key }) => key === Attribute.errorReason);
    assert.deepEqual(reason?.value, { stringValue: 'DATASET_UNKNOWN' });
    assert.equal(named('failing').status.code, ERROR_STATUS);
    assert.notEqual(named('cancelled').status.code, ERROR_STATUS);
  });

  test('log lines inside a span name its trace', async () => {
    const telemetry = await startTelemetry({ service: 'orchestrator', endpoint, exportLimitMs: limitMs });
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const logger = createLogger({ service: 'orchestrator', level: 'info', destination });
    const open = openSpan('logged', {});
    open.run(() => logger.info('inside'));
    open.end();
    logger.info('outside');
    await telemetry.shutdown(limitMs);
    const { traceId, spanId } = named('logged');
    assert.deepEqual([lines[0]?.trace_id, lines[0]?.span_id], [traceId, spanId]);
    assert.equal(lines[1]?.trace_id, undefined);
  });
});

describe('tracing without a collector', () => {
  test('spans run their function and headers stay as they are', async () => {
    const telemetry = await startTelemetry({ service: 'cli', endpoint: '' });
    assert.equal(telemetry.enabled, false);
    assert.equal(await withSpan('work', {}, () => 42), 42);
    assert.deepEqual(await withSpan('work', {}, () => injectContext({})), {});
    await telemetry.shutdown();
  });

  test('the SDK is loaded only where an endpoint is named', () => {
    const loaded = (endpoint: string): number => {
      const script = `import { createRequire } from 'node:module';
        import { startTelemetry } from ${JSON.stringify(INDEX)};
        await startTelemetry({ service: 's', endpoint: ${JSON.stringify(endpoint)} });
        const loaded = Object.keys(createRequire(${JSON.stringify(INDEX)}).cache);
        process.stdout.write(String(loaded.filter((path) => path.includes('sdk-trace')).length));
        process.exit(0);`;
      const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
        encoding: 'utf8',
      });
      assert.equal(child.status, 0, child.stderr);
      return Number(child.stdout);
    };
    assert.equal(loaded(''), 0);
    assert.ok(loaded('http://127.0.0.1:9') > 0);
  });

  test('an unusable endpoint is refused by name', async () => {
    for (const endpoint of ['localhost:4318', 'not a url', 'ftp://host']) {
      await assert.rejects(startTelemetry({ service: 's', endpoint }), (thrown) => {
        assert.ok(thrown instanceof AppError);
        assert.equal(thrown.violations[0]?.field, 'OTEL_EXPORTER_OTLP_ENDPOINT');
        return true;
      });
    }
  });

  test('a collector that is away costs a warning, not the end of the process', async () => {
    const gone = createServer().listen(0, '127.0.0.1');
    await once(gone, 'listening');
    const { port } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, 'close');
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const logger = createLogger({ service: 's', level: 'warn', destination });
    const telemetry = await startTelemetry({ service: 's', endpoint: `http://127.0.0.1:${port}`, logger });
    await withSpan('lost', {}, () => {});
    await telemetry.shutdown();
    assert.deepEqual(
      lines.map(({ msg }) => msg),
      ['spans are lost'],
    );
  });
});
