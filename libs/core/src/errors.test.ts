import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from './errors.js';

describe('AppError', () => {
  test('derives its reason from its code and is retryable only when unavailable', () => {
    const away = new AppError('unavailable', 'the store is away');
    assert.deepEqual([away.reason, away.retryable, away.name], ['UNAVAILABLE', true, 'AppError']);
    const bad = new AppError('invalid-argument', 'bad');
    assert.deepEqual(
      [bad.reason, bad.retryable, bad.facts, bad.violations],
      ['INVALID_ARGUMENT', false, {}, []],
    );
  });

  test('keeps what it is told', () => {
    const cause = new Error('disk');
    const options = { reason: 'STORE_FULL', facts: { freeBytes: 0 }, retryable: true, cause };
    const error = new AppError('resource-exhausted', 'full', options);
    assert.deepEqual([error.reason, error.facts, error.retryable], ['STORE_FULL', { freeBytes: 0 }, true]);
    assert.equal(error.cause, cause);
  });

  test('has no cause where none was given', () => {
    assert.equal('cause' in new AppError('internal', 'x'), false);
  });

  test('invalid lists every violation in its message', () => {
    const error = AppError.invalid('spec.yaml:', [
      { field: 'seeds', description: 'must be at least 1' },
      { field: '', description: 'the file is empty' },
    ]);
    assert.equal(error.code, 'invalid-argument');
    assert.equal(error.message, 'spec.yaml:\n  seeds: must be at least 1\n  the file is empty');
    assert.equal(error.violations.length, 2);
  });
});

describe('AppError.from', () => {
  test('leaves an AppError as it is and wraps the rest once', () => {
    const error = new AppError('not-found', 'no such data set');
    assert.equal(AppError.from(error), error);
    const thrown = new TypeError('x is not a function');
    const wrapped = AppError.from(thrown);
    assert.deepEqual([wrapped.code, wrapped.message, wrapped.cause], ['internal', thrown.message, thrown]);
    assert.equal(AppError.from('text').message, 'text');
    assert.equal(AppError.from(undefined).code, 'internal');
  });

  test('takes an abort for a cancel, or for the error it was aborted with', () => {
    const controller = new AbortController();
    controller.abort();
    assert.equal(AppError.from(controller.signal.reason).code, 'cancelled');
    const why = new AppError('deadline-exceeded', 'took too long');
    const abort = new Error('aborted', { cause: why });
    abort.name = 'AbortError';
    assert.equal(AppError.from(abort), why);
  });
});
