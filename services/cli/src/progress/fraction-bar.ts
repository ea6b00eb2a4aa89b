// A bar for one piece of long work, on a terminal only; it appears with the first figure.

import { SingleBar } from 'cli-progress';
import type { Terminal } from '../terminal.js';

export interface FractionBar {
  /** In [0, 1]. */
  readonly update: (fraction: number) => void;
  readonly stop: () => void;
}

export function fractionBar({ progressStream }: Terminal, what: string): FractionBar {
  if (!progressStream.isTTY) return { update: () => {}, stop: () => {} };
  const format = `${what} {bar} {percentage} %`;
  const bar = new SingleBar({
    ...{ stream: progressStream, format, barsize: 24 },
    ...{ clearOnComplete: true, gracefulExit: false },
  });
  let started = false;
  return {
    update: (fraction) => {
      if (!started) bar.start(1, 0);
      started = true;
      bar.update(fraction);
    },
    stop: () => {
      if (started) bar.stop();
      started = false;
    },
  };
}
