// The head of an NPY file: magic string, version, and a Python dictionary of type, order and shape
// (numpy.lib.format, versions 1 to 3).

import { foreignTypeName, type ValueType, valueType } from './dtypes.js';

export interface NpyHeader {
  readonly type: ValueType;
  /** Column-major: the first index runs fastest. */
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly offset: number;
}

/** Bytes by which the length of the rest of the head is known. */
export const PREFIX_BYTES = 12;

const MAGIC = '\x93NUMPY';
/** numpy itself writes some hundred bytes. */
const MAX_HEAD_BYTES = 1 << 16;

/** What is wrong with a file; who opened it says which. */
export class NpyFault extends Error {
  override readonly name = 'NpyFault';
}

interface HeadPlace {
  readonly from: number;
  readonly to: number;
}

/** Where the dictionary stands. `prefix`: the first bytes of the file, fewer than PREFIX_BYTES where it is shorter. */
export function headPlace(prefix: Buffer): HeadPlace {
  if (prefix.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new NpyFault(foreignFormat(prefix));
  if (prefix.length < PREFIX_BYTES) throw new NpyFault('is cut short in its head');
  const [major = 0, minor = 0] = prefix.subarray(MAGIC.length, MAGIC.length + 2);
  if (major < 1 || major > 3 || minor !== 0) {
    throw new NpyFault(`has version ${major}.${minor} of the format, known are 1.0, 2.0 and 3.0`);
  }
  const from = major === 1 ? 10 : 12;
  const length = major === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8);
  if (length > MAX_HEAD_BYTES) throw new NpyFault(`has a head of ${length} bytes: it is damaged`);
  return { from, to: from + length };
}

/** `text`: the dictionary. */
export function parseHead(text: string, offset: number): NpyHeader {
  const fortran = /['"]fortran_order['"]\s*:\s*(True|False)/.exec(text)?.[1];
  // Python 2 wrote long integers with an L.
  const extents = /['"]shape['"]\s*:\s*\(([\d,\sL]*)\)/.exec(text)?.[1];
  const [, , quoted, list] = /['"]descr['"]\s*:\s*(?:(['"])([^'"]*)\1|(\[))/.exec(text) ?? [];
  const descr = quoted ?? list;
  if (fortran === undefined || extents === undefined || descr === undefined) {
    throw new NpyFault('has a head that does not name type, order and shape: it is damaged');
  }
  const type = valueType(descr);
  if (type === undefined) throw new NpyFault(`holds ${foreignTypeName(descr)}, not real numbers`);
  const shape = extents
    .split(',')
    .map((extent) => extent.trim().replace(/L$/, ''))
    .filter((extent) => extent !== '')
    .map(Number);
  const bytes = shape.reduce((product, extent) => product * extent, type.bytes);
  if (!Number.isSafeInteger(bytes)) throw new NpyFault('has a shape too large for any file: it is damaged');
  return { type, fortranOrder: fortran === 'True', shape, offset };
}

function foreignFormat(prefix: Buffer): string {
  const advice = 'write one array with np.save(file, array)';
  if (prefix.length === 0) return `is empty; ${advice}`;
  if (prefix.toString('latin1', 0, 2) === 'PK') return `is a zip archive (.npz, or of PyTorch); ${advice}`;
  if (prefix[0] === 0x80) return `is a pickle, which is never read; ${advice}`;
  return `is no NPY file; ${advice}`;
}
