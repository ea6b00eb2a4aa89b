export type {
  Bus,
  BusEvent,
  ConsumeOptions,
  Delivery,
  EventMessage,
  Headers,
  SubscribeOptions,
  TaskMessage,
} from './bus.js';
export { type DeadLetter, deadLetterSubject, decodeDeadLetter, encodeDeadLetter } from './dead-letters.js';
export { type HandlerFailure, InProcessBus, type InProcessBusOptions } from './in-process-bus.js';
export {
  checkEvent,
  checkPattern,
  checkQueue,
  checkQueueAndKey,
  checkTask,
  matchesSubject,
  maxPayloadBytes,
} from './subjects.js';
