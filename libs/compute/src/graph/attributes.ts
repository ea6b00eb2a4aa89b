// Constructors of node attributes, so that op definitions read as `{ T: typeAttr(x.dtype), strides: intsAttr(...) }`.

import { type AttrValue, DataType, type TensorShapeProto } from '../gen/tensorflow/saved_model.js';

export type ElementType = 'float32' | 'int32' | 'int64' | 'uint8' | 'bool' | 'resource';

/** Extents; null where only the call decides (the batch). Unknown extents of one graph are taken as equal. */
export type Shape = readonly (number | null)[];

export type Attributes = Readonly<Record<string, AttrValue>>;

const dataTypes: Readonly<Record<ElementType, DataType>> = {
  float32: DataType.DT_FLOAT,
  int32: DataType.DT_INT32,
  int64: DataType.DT_INT64,
  uint8: DataType.DT_UINT8,
  bool: DataType.DT_BOOL,
  resource: DataType.DT_RESOURCE,
};

export function dataTypeOf(dtype: ElementType): DataType {
  return dataTypes[dtype];
}

export function shapeProto(shape: Shape): TensorShapeProto {
  return { dim: shape.map((extent) => ({ size: BigInt(extent ?? -1) })) };
}

export function typeAttr(dtype: ElementType): AttrValue {
  return { value: { $case: 'type', value: dataTypes[dtype] } };
}

export function shapeAttr(shape: Shape): AttrValue {
  return { value: { $case: 'shape', value: shapeProto(shape) } };
}

export function intAttr(value: number): AttrValue {
  return { value: { $case: 'i', value: BigInt(value) } };
}

export function intsAttr(values: readonly number[]): AttrValue {
  return { value: { $case: 'list', value: { i: values.map(BigInt) } } };
}

export function floatAttr(value: number): AttrValue {
  return { value: { $case: 'f', value } };
}

export function boolAttr(value: boolean): AttrValue {
  return { value: { $case: 'b', value } };
}

export function textAttr(value: string): AttrValue {
  return { value: { $case: 's', value: Buffer.from(value) } };
}

export function tensorAttr(
  dtype: 'float32' | 'int32',
  shape: readonly number[],
  values: readonly number[],
): AttrValue {
  const data = dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
  return {
    value: {
      $case: 'tensor',
      value: {
        dtype: dataTypes[dtype],
        tensorShape: shapeProto(shape),
        tensorContent: Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      },
    },
  };
}
