import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { matchesSubject } from './subjects.js';

describe('subjects', () => {
  test('match by tokens: * for one, a last > for one or more', () => {
    const cases: [string, string, boolean][] = [
      ['event.a', 'event.a', true],
      ['event.a', 'event.ab', false],
      ['event.a', 'event.a.b', false],
      ['event.*', 'event.a', true],
      ['event.*', 'event', false],
      ['event.*', 'event.a.b', false],
      ['event.*.c', 'event.b.c', true],
      ['event.*.c', 'event.b.d', false],
      ['event.>', 'event.a', true],
      ['event.>', 'event.a.b.c', true],
      ['event.>', 'event', false],
      ['event.>', 'events.a', false],
      ['event.*.>', 'event.a', false],
      ['event.*.>', 'event.a.b', true],
    ];
    for (const [pattern, subject, expected] of cases) {
      assert.equal(matchesSubject(pattern, subject), expected, `${pattern} on ${subject}`);
    }
  });
});
