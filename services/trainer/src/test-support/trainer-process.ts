// The trainer as a process of its own, on a NATS server and a store in a folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type LogLine, type RunningNats, type TestScope, temporaryFolder, waitFor } from '@alarena/testkit';

const entry = fileURLToPath(new URL('../main.js', import.meta.url));

export interface TrainerProcess {
  readonly child: ChildProcess;
  /** Its local state, with the store in it. */
  readonly home: string;
  readonly lines: readonly LogLine[];
  /** The first line of its log with this message. */
  said(message: string): Promise<LogLine>;
  /** Its exit status, or the signal that ended it. */
  readonly ended: Promise<number | string | null>;
}

/** Ends with the test. */
export async function startTrainerProcess(
  t: TestScope,
  nats: RunningNats,
  settings: Readonly<Record<string, string>>,
): Promise<TrainerProcess> {
  const home = await temporaryFolder(t);
  const child = spawn(process.execPath, ['--enable-source-maps', entry], {
    env: {
      ...{ PATH: process.env.PATH, HOME: process.env.HOME, ALARENA_HOME: home, ALARENA_NATS_URL: nats.url },
      ...{ ALARENA_TRAINER_PORT: '0', ALARENA_TRAINER_LOG_LEVEL: 'debug', ...settings },
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines: LogLine[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => lines.push(JSON.parse(line)));
  const ended = once(child, 'exit').then(([status, signal]) => status ?? signal);
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const said = (message: string): Promise<LogLine> =>
    waitFor(`the trainer to say "${message}"`, () => lines.find(({ msg }) => msg === message), 180_000);
  return { child, home, lines, said, ended };
}
