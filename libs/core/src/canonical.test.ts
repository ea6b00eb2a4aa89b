import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { canonicalJson, contentKey, type Json, sha256Hex } from './canonical.js';

describe('canonicalJson', () => {
  test('sorts keys by code unit at every depth and adds no white space', () => {
    const value = { b: [1, { z: null, a: true }], a: 'ä"\n', B: 0.1 };
    assert.equal(canonicalJson(value), '{"B":0.1,"a":"ä\\"\\n","b":[1,{"a":true,"z":null}]}');
  });

  test('means the same value, whatever order its keys were written in', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value as Json);
        assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(value)));
        assert.equal(canonicalJson(reversedKeys(value as Json)), text);
      }),
    );
  });

  test('leaves out undefined members', () => {
    const value: { a?: number | undefined; b: number } = { a: undefined, b: 1 };
    assert.equal(canonicalJson(value as Json), '{"b":1}');
  });

  test('refuses numbers that JSON does not have, however deep', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      assert.throws(() => canonicalJson({ a: [bad] }), TypeError);
    }
  });
});

test('sha256Hex is SHA-256 of the UTF-8 bytes', () => {
  // The example of FIPS 180-4.
  const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  assert.equal(sha256Hex('abc'), digest);
  assert.equal(sha256Hex(Buffer.from('abc')), digest);
});

test('contentKey names equal values equally and different ones differently', () => {
  assert.equal(contentKey({ a: 1, b: [2] }), contentKey({ b: [2], a: 1 }));
  const values: Json[] = [1, '1', [1], { a: 1 }, null, true, {}, [], ''];
  assert.equal(new Set(values.map(contentKey)).size, values.length);
});

function reversedKeys(value: Json): Json {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(reversedKeys);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversedKeys(member)]),
  );
}
