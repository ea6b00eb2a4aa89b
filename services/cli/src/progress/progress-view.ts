// Where the news of a watched comparison are shown.

import type { News } from './progress-state.js';

export interface ProgressView {
  show(news: readonly News[], nowMs: number): void;
  /** After the last news: gives the terminal back. */
  stop(): void;
}
