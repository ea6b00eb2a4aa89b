import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, type ErrorCode } from '@alarena/core';
import { expectAppError } from '@alarena/testkit';
import { producerOf, readingFrom } from './producer.js';

const producer = { kind: 'infer', key: '1234567890abcdef' } as const;

function failing(code: ErrorCode, reason: string, facts = {}): () => Promise<never> {
  return () => Promise.reject(new AppError(code, 'the cause', { reason, facts }));
}

test('what is read passes through', async () => {
  assert.equal(await readingFrom(producer, async () => 7), 7);
});

test('corrupt and missing bytes are blamed on the task that made them', async () => {
  for (const [code, reason] of [
    ['data-loss', 'STORE_BLOB_CORRUPT'],
    ['not-found', 'STORE_OBJECT_MISSING'],
  ] as const) {
    const read = readingFrom(producer, failing(code, reason, { digest: 'd' }));
    const error = await expectAppError('data-loss', read);
    assert.equal(error.reason, 'RESULT_CORRUPT');
    assert.deepEqual(producerOf(error), producer);
    assert.equal(error.facts.digest, 'd');
    assert.match(error.message, /infer task 1234567890ab is corrupt: the cause/);
  }
});

test('other errors are not, nor those that name a producer already', async () => {
  for (const error of [
    await expectAppError('unavailable', readingFrom(producer, failing('unavailable', 'STORE_AWAY'))),
    await expectAppError('not-found', readingFrom(producer, failing('not-found', 'DATASET_UNKNOWN'))),
  ]) {
    assert.equal(producerOf(error), undefined);
  }
  const inner = { kind: 'fit', key: 'abc' } as const;
  const nested = readingFrom(producer, () => readingFrom(inner, failing('data-loss', 'X')));
  assert.deepEqual(producerOf(await expectAppError('data-loss', nested)), inner);
});

test('facts that name no kind of task name no producer', () => {
  const facts = { producerKind: 'bake', producerKey: 'abc' };
  assert.equal(producerOf(new AppError('data-loss', 'x', { facts })), undefined);
});
