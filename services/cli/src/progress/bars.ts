// Progress on a terminal: one bar a cell and a total with the time left. Where the cells are more than the
// terminal's rows, only running cells have a bar.

import { MultiBar, type SingleBar } from 'cli-progress';
import { isEnded } from '../format/status.js';
import { cellName, cellState, newsLine, totalState } from './lines.js';
import { type CellProgress, cellKey, type News, type ProgressState } from './progress-state.js';
import type { ProgressView } from './progress-view.js';

/** Rows kept free for the total, the prompt and a notice. */
const reservedRows = 4;

/** A bar's length in characters. */
const barLength = 24;

export class ProgressBars implements ProgressView {
  readonly #state: ProgressState;
  readonly #multibar: MultiBar;
  readonly #rows: number;
  readonly #bars = new Map<string, SingleBar>();
  #total: SingleBar | undefined;

  constructor(state: ProgressState, stream: NodeJS.WriteStream) {
    this.#state = state;
    this.#rows = Math.max(1, (stream.rows ?? 24) - reservedRows);
    this.#multibar = new MultiBar({
      stream,
      format: '{name} {bar} {state}',
      barsize: barLength,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      clearOnComplete: false,
      fps: 5,
      // Ctrl-C is handled by the command, which also says how to go on.
      gracefulExit: false,
    });
  }

  show(news: readonly News[], nowMs: number): void {
    for (const item of news) {
      const line = newsLine(item);
      if (item.kind !== 'round' && line !== undefined) this.#multibar.log(`${line}\n`);
    }
    const { cells } = this.#state;
    const crowded = cells.length > this.#rows;
    const width = Math.max(5, ...cells.map((cell) => cellName(cell).length));
    for (const cell of cells) this.#showCell(cell, crowded, width);
    const { roundsDone, roundsTotal } = this.#state;
    const payload = {
      name: 'total'.padEnd(width),
      state: totalState(roundsDone, roundsTotal, this.#state.secondsLeft(nowMs)),
    };
    // The total stays last: it is made after the cells', and made anew when one came later.
    this.#total ??= this.#multibar.create(roundsTotal, roundsDone, payload);
    this.#total.setTotal(roundsTotal);
    this.#total.update(roundsDone, payload);
  }

  stop(): void {
    this.#multibar.update();
    this.#multibar.stop();
  }

  #showCell(cell: CellProgress, crowded: boolean, width: number): void {
    const key = cellKey(cell);
    const payload = { name: cellName(cell).padEnd(width), state: cellState(cell) };
    const bar = this.#bars.get(key);
    if (bar !== undefined) {
      bar.setTotal(cell.roundsTotal);
      bar.update(cell.roundsDone, payload);
      if (crowded && isEnded(cell.status)) this.#remove(key, bar);
      return;
    }
    if (crowded && (cell.task === undefined || this.#bars.size >= this.#rows)) return;
    if (crowded && this.#total !== undefined) {
      this.#multibar.remove(this.#total);
      this.#total = undefined;
    }
    this.#bars.set(key, this.#multibar.create(cell.roundsTotal, cell.roundsDone, payload));
  }

  #remove(key: string, bar: SingleBar): void {
    this.#multibar.remove(bar);
    this.#bars.delete(key);
  }
}
