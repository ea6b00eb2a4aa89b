// How many workers the tasks of a queue are worth: enough to do them all within a target time, so that many short tasks
// start no machine each. Pools of equal numerics share their queues: the first is filled before the next.

export interface Need {
  /** Ready, published or in work. */
  readonly tasks: number;
  /** Mean time of one. */
  readonly taskSeconds: number;
  /** Time in which all are to be done. */
  readonly targetSeconds: number;
}

export interface Share {
  readonly slots: number;
  readonly min: number;
  readonly max: number;
  /** Workers that have tasks. */
  readonly busy: number;
}

/** Tasks that should be in work at once. */
export function neededSlots({ tasks, taskSeconds, targetSeconds }: Need): number {
  if (tasks <= 0) return 0;
  return Math.max(1, Math.min(tasks, Math.ceil((tasks * taskSeconds) / targetSeconds)));
}

/** Workers of each; one may want more than it may have only where its tasks need them and nobody else can do them. */
export function shareOut(slots: number, shares: readonly Share[]): number[] {
  let left = slots;
  return shares.map((share) => {
    const workers = Math.max(share.min, share.busy, Math.ceil(left / share.slots));
    const granted = Math.min(workers, share.max);
    left = Math.max(0, left - granted * share.slots);
    return granted;
  });
}

/**
 * The most that was needed within a time: more is granted at once, less only when no more was needed for so long. It
 * begins with what is there, of which somebody else may have known the reason.
 */
export class SteadyNeed {
  readonly #idleMs: number;
  /** Needs fall from one to the next. */
  #recent: { readonly atMs: number; readonly workers: number }[];

  constructor(idleMs: number, nowMs: number, workers: number) {
    this.#idleMs = idleMs;
    this.#recent = [{ atMs: nowMs, workers }];
  }

  add(nowMs: number, workers: number): number {
    this.#recent = this.#recent.filter(
      (earlier) => earlier.workers > workers && nowMs - earlier.atMs < this.#idleMs,
    );
    this.#recent.push({ atMs: nowMs, workers });
    return this.#recent[0]?.workers ?? workers;
  }
}
