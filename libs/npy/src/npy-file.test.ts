// Against files that numpy wrote (tools/reference/npy/npy.py).

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppError } from '@alarena/core';
import { isFloat } from './dtypes.js';
import { withNpy } from './npy-file.js';

interface Recorded {
  numpy: string;
  arrays: Record<string, { dtype: string; shape: number[]; values: number[] }>;
  refused: Record<string, string>;
}

const testdata = fileURLToPath(new URL('../testdata/', import.meta.url));
const recorded: Recorded = JSON.parse(readFileSync(join(testdata, 'arrays.json'), 'utf8'));
const folder = mkdtempSync(join(tmpdir(), 'alarena-npy-'));
after(() => rmSync(folder, { recursive: true }));

function spoilt(name: string, change: (bytes: Buffer) => Uint8Array): string {
  const path = join(folder, 'spoilt.npy');
  writeFileSync(path, change(readFileSync(join(testdata, name))));
  return path;
}

function refused(path: string, message: RegExp, code = 'invalid-argument'): void {
  const read = (): void =>
    withNpy(path, (file) => {
      file.readFloats(0, 0, file.shape[0] ?? 1);
    });
  assert.throws(read, (thrown) => {
    assert.ok(thrown instanceof AppError, String(thrown));
    assert.equal(thrown.code, code);
    assert.match(thrown.message, message);
    return true;
  });
}

describe(`what numpy ${recorded.numpy} wrote is read back`, () => {
  for (const [name, { dtype, shape, values }] of Object.entries(recorded.arrays)) {
    test(`${name}: ${shape.join(' x ')} ${dtype}`, () => {
      withNpy(join(testdata, name), (file) => {
        assert.equal(file.dtype, dtype);
        assert.deepEqual(file.shape, shape);
        if (isFloat(file.dtype)) {
          const floats = file.readFloats(0, 0, shape[0] ?? 1);
          assert.deepEqual(floats, Float32Array.from(values));
        } else {
          assert.deepEqual(file.readIntegers(), Float64Array.from(values));
        }
      });
    });
  }

  for (const name of ['c-order-3.npy', 'fortran-3.npy', 'fortran-3-double-big.npy']) {
    test(`${name}: by parts along each axis`, () => {
      const { shape, values } = recorded.arrays[name]!;
      const at = (i: number, j: number, k: number): number =>
        Math.fround(values[(i * shape[1]! + j) * shape[2]! + k]!);
      const starts = [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ];
      withNpy(join(testdata, name), (file) => {
        starts.forEach((start, axis) => {
          const ends = shape.with(axis, 2);
          const expected: number[] = [];
          for (let i = start[0]!; i < ends[0]!; i++) {
            for (let j = start[1]!; j < ends[1]!; j++) {
              for (let k = start[2]!; k < ends[2]!; k++) expected.push(at(i, j, k));
            }
          }
          assert.deepEqual([...file.readFloats(axis, 1, 2)], expected, `axis ${axis}`);
        });
        assert.equal(file.readFloats(1, 3, 3).length, 0);
      });
    });
  }
});

test('infinite and missing halves stay what they are', () => {
  const path = spoilt('halves.npy', (bytes) => {
    bytes.writeUInt16LE(0x7c00, bytes.length - 4);
    bytes.writeUInt16LE(0x7e00, bytes.length - 2);
    return bytes;
  });
  const values = withNpy(path, (file) => file.readFloats(0, 0, file.shape[0] ?? 0));
  assert.deepEqual([...values.slice(-2)], [Number.POSITIVE_INFINITY, Number.NaN]);
});

describe('refused, saying what is wrong', () => {
  const kinds: Readonly<Record<string, RegExp>> = {
    'objects.npy': /objects\.npy: holds Python objects, which are pickled and therefore never read/,
    'strings.npy': /holds strings, not real numbers/,
    'complex.npy': /holds complex numbers, not real numbers/,
    'records.npy': /holds records/,
    'dates.npy': /holds dates or times/,
  };
  for (const name of Object.keys(recorded.refused)) {
    test(name, () => refused(join(testdata, name), kinds[name] ?? /^$/));
  }

  test('integers where floats are read, and the other way round', () => {
    refused(join(testdata, 'int64.npy'), /int64\.npy: holds int64, not floats/);
    const read = (): void =>
      withNpy(join(testdata, 'float32.npy'), (file) => {
        file.readIntegers();
      });
    assert.throws(read, /holds float32, not integers/);
  });

  test('other formats', () => {
    refused(join(testdata, 'archive.npz'), /is a zip archive \(.npz, or of PyTorch\); write one array/);
    refused(
      spoilt('float32.npy', () => Buffer.from([0x80, 4, 0x95, 0])),
      /is a pickle, which is never read/,
    );
    refused(
      spoilt('float32.npy', () => Buffer.from('a,b\n1,2\n')),
      /is no NPY file/,
    );
    refused(
      spoilt('float32.npy', () => Buffer.alloc(0)),
      /is empty/,
    );
  });

  test('a file that is cut short, anywhere', () => {
    const { length } = readFileSync(join(testdata, 'float32.npy'));
    for (const size of [7, 11, 40, 127, 128, length - 1]) {
      refused(
        spoilt('float32.npy', (bytes) => bytes.subarray(0, size)),
        /cut short/,
      );
    }
    refused(
      spoilt('float32.npy', (bytes) => bytes.subarray(0, length - 4)),
      /5 x 3 of float32 are 60 bytes, and it has 56/,
    );
  });

  test('what comes after the array', () => {
    refused(
      spoilt('float32.npy', (bytes) => Buffer.concat([bytes, bytes])),
      /188 bytes after its array/,
    );
  });

  test('a damaged head', () => {
    const head = (text: string): string =>
      spoilt('float32.npy', (bytes) => {
        bytes.fill(0x20, 10, 128);
        bytes.write(text, 10, 'latin1');
        return bytes;
      });
    refused(head("{'descr': '<f4', 'shape': (5, 3)}"), /does not name type, order and shape/);
    refused(head("{'descr': '<f4', 'fortran_order': False, 'shape': (-5, 3)}"), /damaged/);
    refused(
      head("{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999, 9999999999)}"),
      /too large for any file/,
    );
    refused(
      head("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 5, 3)}"),
      /4 dimensions, at most 3/,
    );
    refused(
      spoilt('float32.npy', (bytes) => {
        bytes[6] = 9;
        return bytes;
      }),
      /version 9\.0 of the format, known are/,
    );
  });

  test('a file that is not there, a folder and a pipe', () => {
    refused(join(folder, 'none.npy'), /there is no file .*none\.npy/, 'not-found');
    refused(folder, /is a folder/);
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    refused(pipe, /must be a file on disk/);
  });
});
