// Ctrl-C: the first one asks the command to end cleanly, the second ends the process at once.

import { AppError } from '@alarena/core';
import { ExitStatus } from './exit-status.js';

export interface Interrupts {
  readonly signal: AbortSignal;
  /** Takes the handlers away again. */
  dispose(): void;
}

export function listenForInterrupts(): Interrupts {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(ExitStatus.interrupted);
    controller.abort(new AppError('cancelled', 'interrupted', { reason: 'INTERRUPTED' }));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return {
    signal: controller.signal,
    dispose: () => {
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
    },
  };
}
