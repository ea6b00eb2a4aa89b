// The view that fits: bars on a terminal, else one line a round.

import type { Terminal } from '../terminal.js';
import { ProgressBars } from './bars.js';
import { newsLine } from './lines.js';
import type { ProgressState } from './progress-state.js';
import type { ProgressView } from './progress-view.js';

export function progressView(state: ProgressState, terminal: Terminal): ProgressView {
  if (terminal.progressStream.isTTY) return new ProgressBars(state, terminal.progressStream);
  return {
    show: (news) => {
      for (const item of news) {
        const line = newsLine(item);
        if (line !== undefined) terminal.note(line);
      }
    },
    stop: () => {},
  };
}
