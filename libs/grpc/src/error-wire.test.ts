import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@alarena/core';
import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { fromDetails, toStatus } from './error-wire.js';

const KEY = 'grpc-status-details-bin';

function received(metadata: Metadata, code = status.NOT_FOUND): ServiceError {
  return Object.assign(new Error('text'), { code, details: 'text', metadata });
}

test('the largest error stays below 8 KiB of headers and still names code and reason', () => {
  const long = '漢'.repeat(10_000);
  const indices = [...Array(2_000).keys()];
  const error = new AppError('invalid-argument', long, {
    reason: 'SPEC_INVALID',
    facts: Object.fromEntries([['first', 1], ...indices.map((i) => [`fact${i}`, i])]),
    violations: indices.map((i) => ({
      field: i % 2 === 0 ? 'k' : long,
      description: i % 3 === 0 ? 'x' : long,
    })),
    retryable: true,
  });
  const { details, metadata } = toStatus(error);
  const bytes = metadata.get(KEY)[0] as Buffer;
  const headers = encodeURI(details ?? '').length + bytes.toString('base64').length;
  assert.ok(headers < 8_192, `${headers} bytes`);
  const got = fromDetails(received(metadata, status.INVALID_ARGUMENT));
  assert.deepEqual(
    [got?.code, got?.reason, got?.retryable, got?.facts.first],
    ['invalid-argument', 'SPEC_INVALID', true, 1],
  );
});

test('details that are absent or of another make leave the plain status to speak', () => {
  assert.equal(fromDetails(received(new Metadata())), undefined);
  const garbage = new Metadata();
  garbage.set(KEY, Buffer.from([0xff, 0xff, 0xff]));
  assert.equal(fromDetails(received(garbage)), undefined);
});
