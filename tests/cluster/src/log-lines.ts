// Lines of a service's log, which are JSON.

export type LogLine = Readonly<Record<string, unknown>>;

export function linesOf(log: string): LogLine[] {
  return log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as LogLine);
}

/** The line has these fields, and what they hold. */
export function holds(line: LogLine, fields: LogLine): boolean {
  return Object.entries(fields).every(([name, value]) => {
    const found = line[name];
    if (typeof value !== 'object' || value === null) return found === value;
    return typeof found === 'object' && found !== null && holds({ ...found }, { ...value });
  });
}
