// What several services answer about tasks, as protobuf messages.

import { common } from '@alarena/api';
import type { DType } from '@alarena/core';
import type { ArrayRef } from '@alarena/store';

const dataTypes: Readonly<Record<DType, common.DataType>> = {
  float32: common.DataType.DATA_TYPE_FLOAT32,
  int32: common.DataType.DATA_TYPE_INT32,
  uint8: common.DataType.DATA_TYPE_UINT8,
};

export function arrayToProto({ uri, sha256, dtype, shape }: ArrayRef): common.ArrayRef {
  return { uri, sha256, dtype: dataTypes[dtype], shape: [...shape] };
}

export function originToProto(origin: 'computed' | 'stored'): common.TaskOrigin {
  const { TASK_ORIGIN_STORED, TASK_ORIGIN_COMPUTED } = common.TaskOrigin;
  return origin === 'stored' ? TASK_ORIGIN_STORED : TASK_ORIGIN_COMPUTED;
}
