import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { strategy } from '@alarena/api';
import { createClient } from './client.js';
import { isLoopback, isLoopbackTarget } from './loopback-address.js';
import { assertSafeToListen } from './tls/safe-to-listen.js';

const REMOTE = [
  '0.0.0.0',
  '::',
  '10.0.0.1',
  'orchestrator',
  '127.0.0.1.example.org',
  'localhost.example.org',
  '',
];

describe('loopback', () => {
  test('is told from addresses that others reach', () => {
    for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '[::1]', '::ffff:127.0.0.1'])
      assert.equal(isLoopback(host), true, host);
    for (const host of REMOTE) assert.equal(isLoopback(host), false, host);
    for (const target of ['localhost:1', '[::1]:1', 'dns:///localhost:1', 'ipv4:127.0.0.1:1', 'unix:/run/a'])
      assert.equal(isLoopbackTarget(target), true, target);
    for (const target of [
      'db:1',
      'dns:///localhost.example.org:1',
      'ipv4:127.0.0.1:1,10.0.0.1:1',
      '[fe80::1]:1',
    ])
      assert.equal(isLoopbackTarget(target), false, target);
  });
});

describe('a server', () => {
  test('may listen beyond loopback only with authentication and TLS, and is told what to set', () => {
    const both = { tls: {}, authenticator: {} };
    assertSafeToListen('127.0.0.1', { tls: undefined, authenticator: undefined });
    for (const host of REMOTE) {
      assertSafeToListen(host, both);
      for (const [protection, variables] of [
        [{ ...both, tls: undefined }, ['ALARENA_TLS_CERT_FILE']],
        [{ ...both, authenticator: undefined }, ['ALARENA_AUTH_TOKENS_FILE']],
        [{ tls: undefined, authenticator: undefined }, ['ALARENA_AUTH_TOKENS_FILE', 'ALARENA_TLS_CERT_FILE']],
      ] as const) {
        assert.throws(
          () => assertSafeToListen(host, protection),
          (thrown) => {
            const { code, violations, message } = Object(thrown);
            assert.equal(code, 'failed-precondition');
            assert.deepEqual(
              violations.map(({ field }: { field: string }) => field),
              variables,
            );
            for (const variable of variables) assert.ok(message.includes(variable));
            return true;
          },
        );
      }
    }
  });
});

describe('a client', () => {
  test('sends no token to another machine without TLS', () => {
    const token = (): string => assert.fail('the token was asked for');
    for (const address of ['orchestrator:50050', 'dns:///10.0.0.1:50050']) {
      assert.throws(() => createClient(strategy.StrategyServiceService, address, { token }), {
        code: 'failed-precondition',
        reason: 'TOKEN_WITHOUT_TLS',
      });
    }
  });

  test('names no token in the error of one that no header can hold', async () => {
    for (const secret of ['two\nlines-of-secret', 'sécret', '', 'with space-secret']) {
      const client = createClient(strategy.StrategyServiceService, '127.0.0.1:1', { token: () => secret });
      await assert.rejects(client.listStrategies({}, { timeoutMs: 5_000 }), (thrown) => {
        assert.equal(Object(thrown).reason, 'TOKEN_MALFORMED');
        assert.ok(secret === '' || !String(thrown).includes(secret));
        return true;
      });
      client.close();
    }
  });
});
