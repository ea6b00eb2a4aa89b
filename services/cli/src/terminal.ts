// Where a command writes: results on stdout, everything else on stderr.

export interface Terminal {
  /** Results. With `--json` one document, else text. */
  out(text: string): void;
  /** Progress, notices, errors: whole lines. */
  note(text: string): void;
  /** For progress bars. */
  readonly progressStream: NodeJS.WriteStream;
}

export function processTerminal(): Terminal {
  return {
    out: (text) => process.stdout.write(text.endsWith('\n') ? text : `${text}\n`),
    note: (text) => process.stderr.write(text.endsWith('\n') ? text : `${text}\n`),
    progressStream: process.stderr,
  };
}
