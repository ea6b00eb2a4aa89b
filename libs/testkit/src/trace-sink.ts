// A collector of traces on loopback, as OpenTelemetry's exporter sends them: OTLP over HTTP in JSON.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestScope } from './temporary-folder.js';

export interface SentSpan {
  readonly name: string;
  /** `service.name` of the process that sent it. */
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface TraceSink {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly endpoint: string;
  /** In the order of their arrival. */
  readonly spans: readonly SentSpan[];
  named(name: string): SentSpan[];
  /** From its parent up, as far as they have arrived. */
  ancestors(span: SentSpan): SentSpan[];
}

interface Batch {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyAndValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

interface OtlpSpan extends Pick<SentSpan, 'name' | 'traceId' | 'spanId'> {
  readonly parentSpanId?: string;
  readonly attributes: readonly KeyAndValue[];
}

interface KeyAndValue {
  readonly key: string;
  /** `{ stringValue: 'x' }`, `{ intValue: 1 }` and the like. */
  readonly value: Readonly<Record<string, unknown>>;
}

export async function startTraceSink(scope: TestScope): Promise<TraceSink> {
  const spans: SentSpan[] = [];
  const byId = new Map<string, SentSpan>();
  const server = createServer(async (request, response) => {
    const { resourceSpans } = JSON.parse(await text(request)) as Batch;
    for (const { resource, scopeSpans } of resourceSpans) {
      const service = String(plain(resource.attributes)['service.name']);
      for (const { name, traceId, spanId, parentSpanId, attributes } of scopeSpans.flatMap(
        (scopeSpan) => scopeSpan.spans,
      )) {
        const parent = parentSpanId || undefined;
        const span = {
          ...{ name, service, traceId, spanId },
          ...{ parentSpanId: parent, attributes: plain(attributes) },
        };
        spans.push(span);
        byId.set(spanId, span);
      }
    }
    response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  scope.after(async () => {
    server.close();
    server.closeAllConnections();
  });
  const ancestors = (span: SentSpan): SentSpan[] => {
    const parent = byId.get(span.parentSpanId ?? '');
    return parent === undefined ? [] : [parent, ...ancestors(parent)];
  };
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    named: (name) => spans.filter((span) => span.name === name),
    ancestors,
  };
}

function plain(attributes: readonly KeyAndValue[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
