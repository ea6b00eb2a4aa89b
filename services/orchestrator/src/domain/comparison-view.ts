// What a watcher of one comparison has been told, and what is new in what arrives: events, which may be lost, late or
// told by a status already, and statuses, which are never lost but come later and without rounds.

import {
  type Cell,
  type Comparison,
  type ComparisonEvent,
  isEnded,
  isSettled,
  type Round,
} from './comparison.js';
import type { ComparisonState } from './comparison-records.js';
import type { RunMessage } from './event-messages.js';

export class ComparisonView {
  readonly #cells = new Map<string, Cell>();
  /** Of the run that is going on. */
  readonly #notices = new Set<string>();
  #told: Comparison | undefined;
  #latest: Comparison | undefined;
  #run = '';
  #events = 0;
  #isOver = false;

  /** Everything was told. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes in a state; `comparison` is what it says. What it misses is asked for by `behind`. */
  state({ desired, status }: ComparisonState, comparison: Comparison): ComparisonEvent[] {
    this.#latest = comparison;
    if (this.#run !== status.run) this.#notices.clear();
    this.#run = status.run;
    this.#events = status.events;
    if (this.#told === undefined) {
      for (const cell of comparison.cells) this.#cells.set(nameOf(cell), cell);
    }
    const events: ComparisonEvent[] = [];
    for (const cell of comparison.cells) {
      const told = this.#cells.get(nameOf(cell));
      const isNews = told?.roundsDone === cell.roundsDone && told.status !== cell.status;
      if (isNews) events.push(this.#tell(cell, null));
    }
    this.#isOver = isSettled(status, desired) && isEnded(status.status);
    const isFirst = this.#told === undefined;
    // The end is told last, when nothing is behind.
    if (!this.#isOver && !isSame(this.#told, comparison)) events.push(this.#tellWhole(comparison));
    if (!(this.#isOver && isFirst)) events.push(...status.notices.flatMap((notice) => this.#notice(notice)));
    return events;
  }

  /** Takes in an event. Undefined: rounds before it are missing. */
  hear({ run, number, event }: RunMessage): ComparisonEvent[] | undefined {
    // All that is known comes first.
    if (this.#told === undefined) return [];
    if (event.type === 'notice') return this.#notice(event.notice);
    if (event.type === 'task') return [event];
    const { cell, newest } = event;
    const told = this.#cells.get(nameOf(cell));
    if (told === undefined) return [];
    if (cell.roundsDone > told.roundsDone + 1) return undefined;
    if (cell.roundsDone > told.roundsDone) return [this.#tell(cell, newest)];
    const isLate = run === this.#run && number <= this.#events;
    if (isLate || cell.roundsDone < told.roundsDone || cell.status === told.status) return [];
    return [this.#tell(cell, newest)];
  }

  /** Cells of which fewer rounds were told than the latest state has. */
  get behind(): Cell[] {
    const cells = this.#latest?.cells ?? [];
    return cells.filter((cell) => cell.roundsDone > (this.#cells.get(nameOf(cell))?.roundsDone ?? 0));
  }

  /** Takes in the rounds of a cell, as read from the store; tells those that are missing. */
  catchUp(cell: Cell & { readonly rounds: readonly Round[] }): ComparisonEvent[] {
    const { rounds, ...now } = cell;
    const events: ComparisonEvent[] = [];
    const from = this.#cells.get(nameOf(cell))?.roundsDone ?? 0;
    for (const [i, round] of rounds.slice(from).entries()) {
      const roundsDone = from + i + 1;
      const isLast = roundsDone === rounds.length;
      events.push(this.#tell({ ...now, status: isLast ? now.status : 'running', roundsDone }, round));
    }
    return events;
  }

  /** The comparison as it ended. */
  end(): ComparisonEvent[] {
    return this.#latest === undefined ? [] : [this.#tellWhole(this.#latest)];
  }

  #notice(notice: string): ComparisonEvent[] {
    if (this.#notices.has(notice)) return [];
    this.#notices.add(notice);
    return [{ type: 'notice', notice }];
  }

  #tell(cell: Cell, newest: Round | null): ComparisonEvent {
    this.#cells.set(nameOf(cell), cell);
    return { type: 'cell', cell, newest };
  }

  #tellWhole(comparison: Comparison): ComparisonEvent {
    this.#told = comparison;
    return { type: 'comparison', comparison };
  }
}

function nameOf({ strategy, seed }: Cell): string {
  return `${strategy}/${seed}`;
}

/** Cells are told by themselves. */
function isSame(told: Comparison | undefined, now: Comparison): boolean {
  return (
    told?.status === now.status && told.parallelism === now.parallelism && told.priority === now.priority
  );
}
