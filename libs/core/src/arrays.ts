// Dense row-major arrays: the only form in which numbers travel between parts.

export type DType = 'float32' | 'int32' | 'uint8';

interface TypedArrays {
  float32: Float32Array;
  int32: Int32Array;
  uint8: Uint8Array;
}

/** A dense array: `data.length` is the product of `shape`, row-major. */
export interface NdArray<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: TypedArrays[D];
}

export const bytesPerElement: Readonly<Record<DType, number>> = { float32: 4, int32: 4, uint8: 1 };

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Checks that data and shape agree. Throws a RangeError otherwise. */
export function ndarray<D extends DType>(
  dtype: D,
  shape: readonly number[],
  data: TypedArrays[D],
): NdArray<D> {
  if (data.length !== sizeOf(shape)) {
    throw new RangeError(`shape [${shape.join(', ')}] needs ${sizeOf(shape)} values, got ${data.length}`);
  }
  return { dtype, shape, data };
}

/** The array's bytes, little-endian, without a copy. */
export function bytesOf(array: NdArray): Uint8Array {
  const { data } = array;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The inverse of `bytesOf`. Copies only when the bytes are not aligned for the type. */
export function fromBytes<D extends DType>(
  dtype: D,
  shape: readonly number[],
  bytes: Uint8Array,
): NdArray<D> {
  const aligned = bytes.byteOffset % bytesPerElement[dtype] === 0 ? bytes : bytes.slice();
  const length = aligned.byteLength / bytesPerElement[dtype];
  const make: { [K in DType]: () => TypedArrays[K] } = {
    float32: () => new Float32Array(aligned.buffer, aligned.byteOffset, length),
    int32: () => new Int32Array(aligned.buffer, aligned.byteOffset, length),
    uint8: () => new Uint8Array(aligned.buffer, aligned.byteOffset, length),
  };
  return ndarray(dtype, shape, make[dtype]());
}
