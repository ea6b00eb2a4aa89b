// Types of values in NPY files: their names, and how bytes become numbers.

const floats = { f2: 'float16', f4: 'float32', f8: 'float64' } as const;
const integers = {
  i1: 'int8',
  i2: 'int16',
  i4: 'int32',
  i8: 'int64',
  u1: 'uint8',
  u2: 'uint16',
  u4: 'uint32',
  u8: 'uint64',
  b1: 'bool',
} as const;
const known = { ...floats, ...integers };

export type NpyDType = (typeof known)[keyof typeof known];
type FloatDType = (typeof floats)[keyof typeof floats];

export interface ValueType {
  readonly dtype: NpyDType;
  readonly bytes: number;
  readonly bigEndian: boolean;
}

/** `descr` as numpy writes it, e.g. `<f4`; undefined for anything but plain numbers. */
export function valueType(descr: string): ValueType | undefined {
  const [, order, code] = /^([<>=|]?)([fiub]\d)$/.exec(descr) ?? [];
  const found = Object.entries(known).find(([name]) => name === code);
  if (found === undefined) return undefined;
  return { dtype: found[1], bytes: Number(code?.slice(1)), bigEndian: order === '>' };
}

export function isFloat(dtype: NpyDType): dtype is FloatDType {
  return Object.values<string>(floats).includes(dtype);
}

/** What a type that is no plain number is called. */
export function foreignTypeName(descr: string): string {
  const names: readonly (readonly [RegExp, string])[] = [
    [/^\[/, 'records'],
    [/O/, 'Python objects, which are pickled and therefore never read'],
    [/[US]/, 'strings'],
    [/c/, 'complex numbers'],
    [/[mM]/, 'dates or times'],
    [/V/, 'raw bytes'],
  ];
  return names.find(([pattern]) => pattern.test(descr))?.[1] ?? `values of the type ${descr}`;
}

export type Values =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** The values in `buffer`, which is theirs from now on: bytes may be swapped in it, or it may be returned as it is. */
export function decode(buffer: ArrayBuffer, { dtype, bytes, bigEndian }: ValueType): Values {
  if (bigEndian) swap(Buffer.from(buffer), bytes);
  switch (dtype) {
    case 'float16':
      return Float32Array.from(new Uint16Array(buffer), halfToNumber);
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'int8':
      return new Int8Array(buffer);
    case 'int16':
      return new Int16Array(buffer);
    case 'int32':
      return new Int32Array(buffer);
    case 'int64':
      return new BigInt64Array(buffer);
    case 'uint16':
      return new Uint16Array(buffer);
    case 'uint32':
      return new Uint32Array(buffer);
    case 'uint64':
      return new BigUint64Array(buffer);
    default:
      return new Uint8Array(buffer);
  }
}

function swap(values: Buffer, bytes: number): void {
  if (bytes === 2) values.swap16();
  else if (bytes === 4) values.swap32();
  else if (bytes === 8) values.swap64();
}

/** IEEE 754 binary16: 1 sign bit, 5 of exponent, 10 of fraction. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
