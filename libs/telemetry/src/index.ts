export { Attribute } from './attributes.js';
export { type LoggedError, serializeError } from './error-serializer.js';
export {
  createLogger,
  LOG_LEVELS,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  type WorkFields,
  workLogger,
} from './logger.js';
export {
  type Counter,
  type Histogram,
  type Meter,
  type MetricAttributes,
  type Metrics,
  meter,
  startMetrics,
} from './metrics.js';
export { startTelemetry, type Telemetry, type TelemetryOptions } from './start.js';
export {
  type Attributes,
  type HeaderMap,
  injectContext,
  type OpenSpan,
  openSpan,
  runWithContext,
  type Span,
  type SpanOptions,
  type TraceHeaders,
  withSpan,
} from './tracing.js';
