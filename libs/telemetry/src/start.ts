// Starts and stops tracing. Off unless an endpoint is named; the SDK is imported only then, since loading it
// costs more than the start of the rest of a command.

import { AppError } from '@alarena/core';
import { context, DiagLogLevel, diag, propagation, trace } from '@opentelemetry/api';
import type { Logger } from './logger.js';

const EXPORT_LIMIT_MS = 3_000;
const SHUTDOWN_LIMIT_MS = 5_000;

export interface TelemetryOptions {
  /** Becomes `service.name`. */
  readonly service: string;
  /** Base URL of an OTLP/HTTP collector. Default: OTEL_EXPORTER_OTLP_ENDPOINT; neither: telemetry is off. */
  readonly endpoint?: string;
  /** For each delivery of spans to the collector. Default: 3,000. */
  readonly exportLimitMs?: number;
  /** Hears when spans cannot be delivered. */
  readonly logger?: Logger;
}

export interface Telemetry {
  readonly enabled: boolean;
  /** Sends what is buffered, waiting at most `limitMs` (default 5 s), and turns tracing off. Never throws. */
  shutdown(limitMs?: number): Promise<void>;
}

export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const endpoint = options.endpoint ?? process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? '';
  if (endpoint === '') return { enabled: false, shutdown: async () => {} };
  const url = tracesUrl(endpoint);

  const [{ BatchSpanProcessor, NodeTracerProvider }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const { logger, exportLimitMs = EXPORT_LIMIT_MS } = options;
  if (logger !== undefined) {
    const report = (detail: string): void => logger.warn({ endpoint, detail }, 'telemetry trouble');
    const silent = (): void => {};
    diag.setLogger(
      { error: report, warn: report, info: silent, debug: silent, verbose: silent },
      { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true },
    );
  }
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportLimitMs });
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.service, 'process.pid': process.pid }),
    spanProcessors: [new BatchSpanProcessor(exporter)],
  });
  provider.register();

  let stopping: Promise<void> | undefined;
  const stop = async (limitMs: number): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      const late = new AppError('deadline-exceeded', `no answer from the collector within ${limitMs} ms`);
      timer = setTimeout(() => reject(late), limitMs);
    });
    await Promise.race([provider.shutdown(), limit]).catch((thrown: unknown) => {
      logger?.warn({ err: thrown, endpoint }, 'spans are lost');
    });
    clearTimeout(timer);
    trace.disable();
    context.disable();
    propagation.disable();
    diag.disable();
  };
  return {
    enabled: true,
    shutdown: (limitMs = SHUTDOWN_LIMIT_MS) => {
      stopping ??= stop(limitMs);
      return stopping;
    },
  };
}

/** The collector's path for traces below `endpoint`, as the OTLP specification has it. */
function tracesUrl(endpoint: string): string {
  const base = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol)) {
    throw AppError.invalid('telemetry cannot start', [
      {
        field: 'OTEL_EXPORTER_OTLP_ENDPOINT',
        description: `must be an http(s) URL such as http://localhost:4318, got ${endpoint}`,
      },
    ]);
  }
  base.pathname = `${base.pathname.replace(/\/$/, '')}/v1/traces`;
  return base.href;
}
