// A real logger whose lines stay in memory, for tests of what was done rather than of how it was said.

import { createLogger, type Logger } from '@alarena/telemetry';

export type LogLine = Readonly<Record<string, unknown>>;

export interface CapturedLog {
  readonly logger: Logger;
  /** Grows as lines are written. */
  readonly lines: readonly LogLine[];
}

export function captureLog(): CapturedLog {
  const lines: LogLine[] = [];
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as LogLine) };
  return { lines, logger: createLogger({ service: 'test', level: 'debug', destination }) };
}
