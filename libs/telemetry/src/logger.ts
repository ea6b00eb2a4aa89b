// Logs: one JSON object a line, on stderr, since stdout is for results. Messages are constants and facts are
// fields; payloads are never logged. A line written inside a span carries its trace and span id.

import { isSpanContextValid, trace } from '@opentelemetry/api';
import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino';
import { serializeError } from './error-serializer.js';

export type { Logger } from 'pino';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields of secrets, at the top of a line or up to two objects down. */
const SECRET_FIELDS = [
  'password',
  'secret',
  'token',
  'credentials',
  'authorization',
  'accessKey',
  'accessKeyId',
  'secretKey',
  'secretAccessKey',
  'sessionToken',
];

export interface LoggerOptions {
  /** Name of the process's service, in every line. */
  readonly service: string;
  /** Least severe level that is written. */
  readonly level: LogLevel;
  /** Where lines go. Default: stderr, written at once so that nothing is lost when the process ends. */
  readonly destination?: DestinationStream;
}

export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level,
      base: { service: options.service, pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: serializeError, error: serializeError },
      redact: {
        paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`]),
        censor: '[redacted]',
      },
      mixin: traceFields,
    },
    options.destination ?? destination({ dest: 2, sync: true }),
  );
}

/** What a line is about. */
export interface WorkFields {
  readonly comparison?: string;
  /** `strategy/seed`. */
  readonly cell?: string;
  readonly round?: number;
  /** Key of the task. */
  readonly task?: string;
}

/** A logger whose lines all name the work they are about. */
export function workLogger(logger: Logger, fields: WorkFields): Logger {
  return logger.child(fields);
}

function traceFields(): object {
  const span = trace.getActiveSpan()?.spanContext();
  if (span === undefined || !isSpanContextValid(span)) return {};
  return { trace_id: span.traceId, span_id: span.spanId };
}
