// Messages that several areas share, under one name.
export { ArrayRef, DataType, SampleIds } from './gen/alarena/common/v1/array.js';
export { Adam, Model, Sgd, Training } from './gen/alarena/common/v1/model.js';
export { Role } from './gen/alarena/common/v1/role.js';
export { TaskOrigin } from './gen/alarena/common/v1/task.js';
