// Spans and their way across processes. Everything here goes through OpenTelemetry's API package alone: while
// no SDK is started (see start.ts) spans record nothing and headers stay as they are.

import { AppError } from '@alarena/core';
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';
import { Attribute } from './attributes.js';

export type { Attributes, Span } from '@opentelemetry/api';

const TRACER = 'alarena';

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

export interface SpanOptions {
  /** Default: `internal`. */
  readonly kind?: keyof typeof KINDS;
  /** Headers of a remote caller whose trace goes on here. Default: the active span is the parent. */
  readonly parent?: TraceHeaders;
}

/** gRPC metadata, NATS headers and the like, by the two methods they share. */
export interface HeaderMap {
  get(key: string): string | readonly (string | Uint8Array)[] | undefined;
  set(key: string, value: string): void;
}

/** Where the trace travels: a map of headers, or a plain object of strings. */
export type TraceHeaders = HeaderMap | Record<string, string>;

/** A span that its owner ends, for work that is not one function call, such as a stream. */
export interface OpenSpan {
  readonly span: Span;
  /** Runs `fn` with the span active. */
  run<T>(fn: () => T): T;
  /** Ends the span; with `thrown`, as failed. */
  end(thrown?: unknown): void;
}

export function openSpan(name: string, attributes: Attributes, options: SpanOptions = {}): OpenSpan {
  const parent = options.parent === undefined ? context.active() : contextOf(options.parent);
  const kind = KINDS[options.kind ?? 'internal'];
  const span = trace.getTracer(TRACER).startSpan(name, { attributes, kind }, parent);
  const active = trace.setSpan(parent, span);
  return {
    span,
    run: (fn) => context.with(active, fn),
    end: (thrown) => {
      if (thrown !== undefined) recordFailure(span, thrown);
      span.end();
    },
  };
}

/** Runs `fn` in a span. What `fn` throws is recorded and thrown on; a cancel is not marked as a failure. */
export async function withSpan<T>(
  name: string,
  attributes: Attributes,
  fn: (span: Span) => T | Promise<T>,
  options: SpanOptions = {},
): Promise<T> {
  const open = openSpan(name, attributes, options);
  try {
    const result = await open.run(() => fn(open.span));
    open.end();
    return result;
  } catch (thrown) {
    open.end(thrown ?? new Error('nothing was thrown'));
    throw thrown;
  }
}

/** Writes the active trace into `headers` (W3C `traceparent`) and returns them. */
export function injectContext<H extends TraceHeaders>(headers: H): H {
  propagation.inject<TraceHeaders>(context.active(), headers, SETTER);
  return headers;
}

/** Runs `fn` as a part of the trace that `headers` name. */
export function runWithContext<T>(headers: TraceHeaders, fn: () => T): T {
  return context.with(contextOf(headers), fn);
}

/** The remote caller alone decides the parent; a span that happens to be active here has no part in it. */
function contextOf(headers: TraceHeaders): Context {
  return propagation.extract<TraceHeaders>(ROOT_CONTEXT, headers, GETTER);
}

function recordFailure(span: Span, thrown: unknown): void {
  const error = AppError.from(thrown);
  span.setAttributes({ [Attribute.errorCode]: error.code, [Attribute.errorReason]: error.reason });
  if (error.code === 'cancelled') return;
  span.recordException(thrown instanceof Error ? thrown : error);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
}

function isHeaderMap(headers: TraceHeaders): headers is HeaderMap {
  return typeof headers.get === 'function' && typeof headers.set === 'function';
}

const SETTER: TextMapSetter<TraceHeaders> = {
  set(headers, key, value) {
    if (isHeaderMap(headers)) headers.set(key, value);
    else headers[key] = value;
  },
};

const GETTER: TextMapGetter<TraceHeaders> = {
  keys: (headers) => (isHeaderMap(headers) ? [] : Object.keys(headers)),
  get(headers, key) {
    const found = isHeaderMap(headers) ? headers.get(key) : headers[key];
    const first = typeof found === 'string' ? found : found?.[0];
    // An absent NATS header reads as the empty string.
    return typeof first === 'string' && first !== '' ? first : undefined;
  },
};
