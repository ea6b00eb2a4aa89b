import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutTokens } from './bearer.js';

test('traces of calls lose their tokens and nothing else', () => {
  for (const authorization of [
    '["Bearer s3cret"]',
    '["s3cret"]',
    '["Basic s3cret","Bearer s3cret"]',
    '"s3cret"',
  ]) {
    const trace = `received headers {"authorization":${authorization},"x-kept":["kept"]}`;
    assert.equal(withoutTokens(trace), 'received headers {"authorization":"[redacted]","x-kept":["kept"]}');
  }
  assert.equal(withoutTokens('authorization: bearer s3cret; more'), 'authorization: Bearer [redacted] more');
});
