// Which of the ready tasks may be published: so few that priorities and fair shares act at once, so many that
// no worker waits. Highest priority first; within one, the comparison with the fewest published tasks of the queue,
// then the one whose last turn is longest ago, so that none starves; oldest first within a comparison. Every step costs
// O(comparisons with tasks in the queue), whatever the number of tasks.

export interface ReadyTask {
  readonly queue: string;
  readonly key: string;
  /** Whose share it is of; any string where there are no comparisons. */
  readonly comparison: string;
}

export interface WindowOptions {
  /** Most tasks of a queue published at once. Asked whenever something may be published. */
  capacity(queue: string): number;
}

export interface QueueState {
  readonly queue: string;
  readonly ready: number;
  readonly published: number;
  /** A ready task that several want counts for each; a published one for the comparison whose turn it took. */
  readonly byComparison: readonly {
    readonly comparison: string;
    readonly ready: number;
    readonly published: number;
  }[];
}

interface Share {
  readonly comparison: string;
  /** Claims on ready and published tasks. */
  claims: number;
  /** In order of entry: any can leave in constant time. */
  readonly ready: Map<string, Entry>;
  published: number;
  /** Smaller is longer ago. */
  turn: number;
}

interface Entry {
  readonly key: string;
  /** How many times each comparison wants it. */
  readonly claims: Map<Share, number>;
  /** Told when it may be published. */
  readonly waiting: Set<() => void>;
  /** Whose turn it took; undefined while it is ready. */
  publishedFor: Share | undefined;
}

interface Lane {
  readonly queue: string;
  readonly entries: Map<string, Entry>;
  readonly shares: Map<string, Share>;
  published: number;
  turns: number;
}

export class PublishWindow {
  readonly #options: WindowOptions;
  readonly #lanes = new Map<string, Lane>();
  /** Of comparisons whose priority is not 0. */
  readonly #priorities = new Map<string, number>();

  constructor(options: WindowOptions) {
    this.#options = options;
  }

  /**
   * Resolves when the task may be published; then `leave` must follow once. A task that is in the window already, for
   * this comparison or another, takes no further place, and any of those who want it can bring it through. Rejects with
   * the signal's reason, and leaves by itself, when that aborts before.
   */
  async enter(task: ReadyTask, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const lane = this.#lane(task.queue);
    const share = shareOf(lane, task.comparison);
    const entry = entryOf(lane, task.key);
    share.claims++;
    entry.claims.set(share, (entry.claims.get(share) ?? 0) + 1);
    if (entry.publishedFor !== undefined) return;
    if (share.ready.size === 0) share.turn = ++lane.turns;
    share.ready.set(entry.key, entry);
    await new Promise<void>((resolve, reject) => {
      const admit = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = (): void => {
        entry.waiting.delete(admit);
        this.leave(task);
        reject(signal.reason);
      };
      entry.waiting.add(admit);
      signal.addEventListener('abort', giveUp, { once: true });
      this.#fill(lane);
    });
  }

  /** The task is settled or given up. Its place is free when all who wanted it have left. */
  leave({ queue, key, comparison }: ReadyTask): void {
    const lane = this.#lanes.get(queue);
    const share = lane?.shares.get(comparison);
    const entry = lane?.entries.get(key);
    const claims = share && entry?.claims.get(share);
    if (lane === undefined || share === undefined || entry === undefined || claims === undefined) return;
    share.claims--;
    if (claims > 1) {
      entry.claims.set(share, claims - 1);
      return;
    }
    entry.claims.delete(share);
    share.ready.delete(key);
    if (entry.publishedFor === share) {
      const [heir] = entry.claims.keys();
      share.published--;
      entry.publishedFor = heir;
      if (heir === undefined) lane.published--;
      else heir.published++;
    }
    if (entry.claims.size === 0) lane.entries.delete(key);
    if (share.claims === 0) lane.shares.delete(comparison);
    if (lane.entries.size === 0) this.#lanes.delete(queue);
    else this.#fill(lane);
  }

  /** Higher is first; 0 unless set. */
  setPriority(comparison: string, priority: number): void {
    if (priority === 0) this.#priorities.delete(comparison);
    else this.#priorities.set(comparison, priority);
  }

  /** The capacity of the queue, or of all, may have changed. */
  changed(queue?: string): void {
    for (const lane of this.#lanes.values())
      if (queue === undefined || queue === lane.queue) this.#fill(lane);
  }

  /** Of the queues in which there is something. */
  snapshot(): readonly QueueState[] {
    return Array.from(this.#lanes.values(), ({ queue, entries, shares, published }) => ({
      queue,
      ready: entries.size - published,
      published,
      byComparison: Array.from(shares.values(), (share) => ({
        comparison: share.comparison,
        ready: share.ready.size,
        published: share.published,
      })),
    }));
  }

  #fill(lane: Lane): void {
    const capacity = this.#options.capacity(lane.queue);
    while (lane.published < capacity) {
      const share = this.#next(lane);
      if (share === undefined) return;
      publishFor(lane, share);
    }
  }

  #next(lane: Lane): Share | undefined {
    let best: Share | undefined;
    let bestPriority = Number.NEGATIVE_INFINITY;
    for (const share of lane.shares.values()) {
      if (share.ready.size === 0) continue;
      const priority = this.#priorities.get(share.comparison) ?? 0;
      if (
        best === undefined ||
        priority > bestPriority ||
        (priority === bestPriority && isBefore(share, best))
      ) {
        best = share;
        bestPriority = priority;
      }
    }
    return best;
  }

  #lane(queue: string): Lane {
    let lane = this.#lanes.get(queue);
    if (lane === undefined) {
      lane = { queue, entries: new Map(), shares: new Map(), published: 0, turns: 0 };
      this.#lanes.set(queue, lane);
    }
    return lane;
  }
}

/** A comparison that had nothing ready waits for its turn like the others: newcomers starve nobody. */
function isBefore(a: Share, b: Share): boolean {
  return a.published === b.published ? a.turn < b.turn : a.published < b.published;
}

function publishFor(lane: Lane, share: Share): void {
  const [entry] = share.ready.values();
  if (entry === undefined) return;
  for (const other of entry.claims.keys()) other.ready.delete(entry.key);
  entry.publishedFor = share;
  share.published++;
  share.turn = ++lane.turns;
  lane.published++;
  for (const admit of entry.waiting) admit();
  entry.waiting.clear();
}

function shareOf(lane: Lane, comparison: string): Share {
  let share = lane.shares.get(comparison);
  if (share === undefined) {
    share = { comparison, claims: 0, ready: new Map(), published: 0, turn: 0 };
    lane.shares.set(comparison, share);
  }
  return share;
}

function entryOf(lane: Lane, key: string): Entry {
  let entry = lane.entries.get(key);
  if (entry === undefined) {
    entry = { key, claims: new Map(), waiting: new Set(), publishedFor: undefined };
    lane.entries.set(key, entry);
  }
  return entry;
}
