import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { AppError } from '@alarena/core';
import { createLogger, type LogLevel, workLogger } from './logger.js';

type Line = Record<string, unknown>;

function capture(level: LogLevel = 'info') {
  const lines: Line[] = [];
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as Line) };
  return { lines, logger: createLogger({ service: 'trainer', level, destination }) };
}

describe('logger', () => {
  test('writes one JSON object a line with service, level, time, message and fields', () => {
    const { lines, logger } = capture();
    logger.info({ epochs: 3 }, 'fit done');
    logger.debug('not at this level');
    assert.equal(lines.length, 1);
    const { time, ...rest } = lines[0] as Line;
    assert.match(String(time), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    assert.deepEqual(rest, {
      level: 'info',
      service: 'trainer',
      pid: process.pid,
      epochs: 3,
      msg: 'fit done',
    });
  });

  test('names the work in every line of a child', () => {
    const { lines, logger } = capture();
    workLogger(logger, { comparison: 'c1', cell: 'margin/7', round: 2, task: 'abc' }).warn('slow');
    const { comparison, cell, round, task } = lines[0] as Line;
    assert.deepEqual(
      { comparison, cell, round, task },
      { comparison: 'c1', cell: 'margin/7', round: 2, task: 'abc' },
    );
  });

  test('redacts secrets up to two objects down', () => {
    const { lines, logger } = capture();
    logger.info(
      { token: 'hidden', s3: { secretAccessKey: 'hidden', bucket: 'b' }, a: { b: { password: 'hidden' } } },
      'config',
    );
    const text = JSON.stringify(lines[0]);
    assert.doesNotMatch(text, /hidden/);
    assert.match(text, /"bucket":"b"/);
    assert.equal(text.match(/\[redacted\]/g)?.length, 3);
  });

  test('writes an AppError by code, reason, facts and violations, with its causes', () => {
    const { lines, logger } = capture();
    const cause = Object.assign(new Error('disk'), { code: 'ENOSPC' });
    const violations = [{ field: 'k', description: 'must be at least 1' }];
    const err = new AppError('resource-exhausted', 'store is full', {
      reason: 'STORE_FULL',
      facts: { freeBytes: 12 },
      violations,
      cause,
    });
    logger.error({ err }, 'write failed');
    const logged = lines[0]?.err as Line;
    assert.equal(logged.type, 'AppError');
    assert.equal(logged.code, 'resource-exhausted');
    assert.equal(logged.reason, 'STORE_FULL');
    assert.deepEqual(logged.facts, { freeBytes: 12 });
    assert.deepEqual(logged.violations, violations);
    assert.match(String(logged.stack), /logger\.test/);
    const { type, code, message } = logged.cause as Line;
    assert.deepEqual({ type, code, message }, { type: 'Error', code: 'ENOSPC', message: 'disk' });
  });

  test('ends at causes that name each other, and takes what is not an error', () => {
    const { lines, logger } = capture();
    const first = new Error('first');
    first.cause = new Error('second', { cause: first });
    logger.error({ err: first }, 'cycle');
    logger.error({ err: 'just text' }, 'thrown text');
    assert.equal(lines[1]?.err && (lines[1].err as Line).message, 'just text');
    assert.ok(JSON.stringify(lines[0]).length < 20_000);
  });

  test('writes to stderr and leaves stdout to results', () => {
    const module = new URL('./logger.js', import.meta.url).href;
    const script = `import { createLogger } from ${JSON.stringify(module)};
      createLogger({ service: 's', level: 'info' }).info('hello');
      process.exit(0);`;
    const child = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
    });
    assert.equal(child.status, 0, child.stderr);
    assert.equal(child.stdout, '');
    assert.equal((JSON.parse(child.stderr) as Line).msg, 'hello');
  });
});
