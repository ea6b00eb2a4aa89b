// Real processes and real signals.

import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, type TestContext, test } from 'node:test';
import { HOST, type LogLine, serve } from './loopback.js';

const PRELUDE = `
  import { createLogger } from '@alarena/telemetry';
  import { AppError } from '@alarena/core';
  import { createGrpcServer, runUntilSignal } from ${JSON.stringify(new URL('./index.js', import.meta.url).href)};
  const logger = createLogger({ service: 'child', level: 'info' });
  const step = (name, stop = async () => {}) => ({ name, stop: async () => { logger.info({ step: name }, 'step'); await stop(); } });
  const awake = () => setInterval(() => {}, 1000);
`;

interface Child {
  readonly process: ChildProcess;
  readonly lines: LogLine[];
  /** Waits for a line with this message. */
  said(msg: string): Promise<LogLine>;
  /** Waits for the end; gives the exit code. */
  ended(): Promise<number | null>;
}

function run(t: TestContext, script: string): Child {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', PRELUDE + script], {
    cwd: new URL('.', import.meta.url),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines: LogLine[] = [];
  const waiting = new Map<string, (line: LogLine) => void>();
  createInterface(child.stderr).on('line', (text) => {
    const line = JSON.parse(text) as LogLine;
    lines.push(line);
    waiting.get(String(line.msg))?.(line);
  });
  const exited = once(child, 'close');
  return {
    process: child,
    lines,
    said: (msg) =>
      new Promise((resolve, reject) => {
        const found = lines.find((line) => line.msg === msg);
        if (found !== undefined) resolve(found);
        waiting.set(msg, resolve);
        exited.then(() => reject(new Error(`ended without "${msg}": ${JSON.stringify(lines)}`)));
      }),
    ended: async () => (await exited)[0] as number | null,
  };
}

const steps = ({ lines }: Child): unknown[] =>
  lines.filter(({ msg }) => msg === 'step').map(({ step }) => step);

describe('a service process', () => {
  test('stops in order and exits with 0 on SIGTERM', { timeout: 120_000 }, async (t) => {
    const child = run(
      t,
      `await runUntilSignal({ logger, start: async () => {
        const server = createGrpcServer({ services: [], logger, reflection: false });
        await server.start({ host: '${HOST}', port: 0 });
        return [
          step('readiness', async () => server.setNotServing()),
          step('server', () => server.shutdown({ limitMs: 1000 })),
          step('bus'),
        ];
      } });`,
    );
    await child.said('listening');
    child.process.kill('SIGTERM');
    assert.equal(await child.ended(), 0);
    assert.deepEqual(steps(child), ['readiness', 'server', 'bus']);
    assert.equal(child.lines.at(-1)?.msg, 'stopped');
  });

  test('exits with 1 and the reason where it cannot start', { timeout: 120_000 }, async (t) => {
    const { port } = await serve(t, []);
    const child = run(
      t,
      `await runUntilSignal({ logger, start: async () => {
        await createGrpcServer({ services: [], logger, reflection: false }).start({ host: '${HOST}', port: ${port} });
        return [];
      } });`,
    );
    assert.equal(await child.ended(), 1);
    const last = child.lines.at(-1) ?? {};
    assert.deepEqual([last.level, last.msg], ['fatal', 'start failed']);
    assert.equal((last.err as LogLine).reason, 'PORT_IN_USE');
  });

  test('takes the other steps where one fails, and exits with 1', { timeout: 120_000 }, async (t) => {
    const child = run(
      t,
      `awake();
      await runUntilSignal({ logger, start: async () => {
        setImmediate(() => logger.info('ready'));
        return [step('first', async () => { throw new AppError('unavailable', 'no bus'); }), step('second')];
      } });`,
    );
    await child.said('ready');
    child.process.kill('SIGINT');
    assert.equal(await child.ended(), 1);
    assert.deepEqual(steps(child), ['first', 'second']);
    assert.equal(child.lines.find(({ msg }) => msg === 'a step of the stop failed')?.step, 'first');
  });

  test('exits with 1 where a step takes longer than the limit', { timeout: 120_000 }, async (t) => {
    const child = run(
      t,
      `awake();
      await runUntilSignal({ logger, limitMs: 50, start: async () => {
        setImmediate(() => logger.info('ready'));
        return [step('stuck', () => new Promise(() => {}))];
      } });`,
    );
    await child.said('ready');
    child.process.kill('SIGTERM');
    assert.equal(await child.ended(), 1);
    assert.equal(child.lines.at(-1)?.step, 'stuck');
  });

  test('gives up its start on SIGTERM', { timeout: 120_000 }, async (t) => {
    const child = run(
      t,
      `awake();
      await runUntilSignal({ logger, start: (signal) => new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
        logger.info('starting');
      }) });`,
    );
    await child.said('starting');
    child.process.kill('SIGTERM');
    assert.equal(await child.ended(), 0);
  });

  test('stops in order and exits with 1 after what nobody caught', { timeout: 120_000 }, async (t) => {
    const child = run(
      t,
      `awake();
      await runUntilSignal({ logger, start: async () => {
        setImmediate(() => void Promise.reject(new Error('stray')));
        return [step('only')];
      } });`,
    );
    assert.equal(await child.ended(), 1);
    assert.deepEqual(steps(child), ['only']);
    assert.match(JSON.stringify(child.lines[0]), /stray/);
  });

  test('exits at once when told again later', { timeout: 120_000 }, async (t) => {
    const child = run(
      t,
      `awake();
      await runUntilSignal({ logger, start: async () => {
        setImmediate(() => logger.info('ready'));
        return [step('stuck', () => new Promise(() => {}))];
      } });`,
    );
    await child.said('ready');
    child.process.kill('SIGTERM');
    await child.said('step');
    // Repeats within the first second count as the same wish.
    const again = setInterval(() => child.process.kill('SIGTERM'), 100);
    t.after(() => clearInterval(again));
    assert.equal(await child.ended(), 1);
    assert.equal(child.lines.at(-1)?.msg, 'told twice to stop: exiting at once');
  });
});
