import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '@alarena/core';
import { z } from 'zod';
import { readEnvironment } from './environment.js';

const schema = z.object({
  httpPort: z.coerce.number().int().min(0).max(65535).default(8080),
  accessKey: z.string().optional(),
});

function read(env: Record<string, string>) {
  return readEnvironment(schema, env, 'ALARENA_GATEWAY', { secrets: ['accessKey'] });
}

function fields(env: Record<string, string>): string[] {
  try {
    read(env);
  } catch (error) {
    assert.ok(error instanceof AppError);
    return error.violations.map(({ field, description }) => `${field}: ${description}`);
  }
  return [];
}

test('settings come from variables of the prefix, defaults fill in', () => {
  assert.deepEqual(read({ ALARENA_GATEWAY_HTTP_PORT: '9', PATH: 'x' }).settings, { httpPort: 9 });
  assert.deepEqual(read({ ALARENA_GATEWAY_HTTP_PORT: '', ALARENA_OTHER: 'x' }).settings, { httpPort: 8080 });
});

test('a mistyped variable of the prefix is a fault with a suggestion', () => {
  assert.match(
    fields({ ALARENA_GATEWAY_HTP_PORT: '9' }).join(),
    /did you mean "ALARENA_GATEWAY_HTTP_PORT"\?/,
  );
});

test('faults come together and name the variable', () => {
  const found = fields({ ALARENA_GATEWAY_HTTP_PORT: '99999999', ALARENA_GATEWAY_X: '1' });
  assert.deepEqual(
    found.map((line) => line.split(':')[0]),
    ['ALARENA_GATEWAY_X', 'ALARENA_GATEWAY_HTTP_PORT'],
  );
});

test('a secret comes from a file, and is never printed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'environment-'));
  try {
    const file = join(folder, 'key');
    writeFileSync(file, 'hush\n');
    const { settings, printable } = read({ ALARENA_GATEWAY_ACCESS_KEY_FILE: file });
    assert.equal(settings.accessKey, 'hush');
    assert.deepEqual(printable, {
      ALARENA_GATEWAY_HTTP_PORT: '8080',
      ALARENA_GATEWAY_ACCESS_KEY: '[hidden]',
    });
    const both = { ALARENA_GATEWAY_ACCESS_KEY_FILE: file, ALARENA_GATEWAY_ACCESS_KEY: 'x' };
    assert.match(fields(both).join(), /set one of the two/);
    const missing = { ALARENA_GATEWAY_ACCESS_KEY_FILE: join(folder, 'none') };
    assert.match(fields(missing).join(), /ACCESS_KEY_FILE: cannot be read/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('only secrets come from files', () => {
  assert.equal(fields({ ALARENA_GATEWAY_HTTP_PORT_FILE: '/x' }).length, 1);
});
