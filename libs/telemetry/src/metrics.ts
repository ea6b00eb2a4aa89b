// Metrics of the process, for Prometheus to scrape. Everything else uses OpenTelemetry's API alone (`meter()`):
// where nothing was started, instruments record nothing. Make instruments after the start, not when a module loads.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Meter, metrics } from '@opentelemetry/api';

export type { Attributes as MetricAttributes, Counter, Histogram, Meter } from '@opentelemetry/api';

/** Bounds of histograms, in seconds: from a store's answer to a fit of hours. */
const SECONDS = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200,
];

export interface Metrics {
  /** Answers a scrape. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  shutdown(): Promise<void>;
}

/** The meter of this process. */
export function meter(): Meter {
  return metrics.getMeter('alarena');
}

export async function startMetrics({ service }: { readonly service: string }): Promise<Metrics> {
  const [
    { AggregationType, InstrumentType, MeterProvider },
    { PrometheusExporter },
    { resourceFromAttributes },
  ] = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-prometheus'),
    import('@opentelemetry/resources'),
  ]);
  // The service is a label of the scrape's target; every line need not repeat what OpenTelemetry knows of its scope.
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    withResourceConstantLabels: /^service\.name$/,
    withoutScopeInfo: true,
    withoutTargetInfo: true,
  });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    readers: [exporter],
    views: [
      {
        instrumentType: InstrumentType.HISTOGRAM,
        aggregation: { type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM, options: { boundaries: SECONDS } },
      },
    ],
  });
  metrics.setGlobalMeterProvider(provider);
  return {
    handle: (request, response) => exporter.getMetricsRequestHandler(request, response),
    shutdown: async () => {
      metrics.disable();
      await provider.shutdown();
    },
  };
}
