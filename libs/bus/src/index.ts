export type {
  Bus,
  BusEvent,
  BusStatus,
  ConsumeOptions,
  Delivery,
  EventMessage,
  Headers,
  QueueState,
  SubscribeOptions,
  TaskMessage,
} from './bus.js';
export { connectNats, type NatsSettings } from './connect-nats.js';
export { type DeadLetter, deadLetterSubject, decodeDeadLetter, encodeDeadLetter } from './dead-letters.js';
export type { HandlerFailure } from './handle-delivery.js';
export { InProcessBus, type InProcessBusOptions } from './in-process-bus.js';
export { InProcessKeyValue } from './in-process-key-value.js';
export { JetStreamBus, type JetStreamBusOptions } from './jetstream-bus.js';
export type { BucketOptions, Buckets, KeyValue, KeyValueChange, KeyValueEntry } from './key-value.js';
export { keyExists, revisionConflict } from './key-value-errors.js';
export { checkBucket, checkKey, checkPrefix, checkValue } from './key-value-names.js';
export { type BusOperation, NatsLink, type OperationObserver } from './nats-link.js';
export {
  checkEvent,
  checkPattern,
  checkQueue,
  checkQueueAndKey,
  checkTask,
  matchesSubject,
  maxPayloadBytes,
} from './subjects.js';
export { WatchBuffer } from './watch-buffer.js';
