// What dispatcher and workers tell whoever measures. Plain callbacks: they must be quick and must not throw.

import type { TaskKind } from './task.js';

/** How a task that a worker had in work came to its end there. */
export type WorkOutcome =
  /** Computed. */
  | 'done'
  /** The result existed. */
  | 'stored'
  /** Failed, and will be tried again. */
  | 'retried'
  /** Failed for good. */
  | 'failed'
  /** The worker stops, or what it needs is away. */
  | 'handed-back'
  /** Nobody wants it any more. */
  | 'withdrawn'
  /** Told by the worker that has it next: another had it and was heard of no more. */
  | 'lost';

export interface WorkerMetrics {
  /** `waitedSeconds`: since it was first published, by two machines' clocks; of first deliveries only. */
  started?(task: {
    readonly kind: TaskKind;
    readonly queue: string;
    readonly waitedSeconds: number | undefined;
  }): void;
  /** `seconds` in work; undefined for `lost`. */
  ended?(task: {
    readonly kind: TaskKind;
    readonly queue: string;
    readonly outcome: WorkOutcome;
    readonly seconds: number | undefined;
  }): void;
}

export interface DispatcherMetrics {
  /** `seconds` from the asking to the answer. */
  answered?(task: {
    readonly kind: TaskKind;
    readonly queue: string;
    readonly outcome: 'computed' | 'stored' | 'shared' | 'failed' | 'cancelled';
    readonly seconds: number;
  }): void;
}
