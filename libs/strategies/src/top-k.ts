// The k highest scores, ties by lower sample id, of a pool that may go by in parts: a heap of the best k so far,
// O(N log k) in time, O(k) in memory.

export interface Ranking {
  /** Best first. */
  readonly ids: Int32Array;
  readonly scores: Float64Array;
  /** Of a presample: the scores by which the second strategy picks of these. */
  readonly seconds?: Float64Array;
}

/** The k best of several rankings. */
export function bestOf(rankings: Iterable<Ranking>, k: number): Ranking {
  const best = new TopK(k);
  for (const { scores, ids } of rankings) best.offer(scores, ids);
  return best.result();
}

/** Keeps the k best of all that is offered. Neither the order nor the sizes of the parts matter. */
export class TopK {
  readonly #k: number;
  // A heap with the worst kept sample on top: what comes later must precede it to get in.
  readonly #scores: Float64Array;
  readonly #ids: Int32Array;
  #offered = 0;

  constructor(k: number) {
    this.#k = k;
    this.#scores = new Float64Array(k);
    this.#ids = new Int32Array(k);
  }

  /** What is lower cannot get in any more. */
  get floor(): number {
    return this.#offered < this.#k ? Number.NEGATIVE_INFINITY : (this.#scores[0] as number);
  }

  /** Scores of a part of the pool, no NaN, and its ids, which no other part has. Fewer than k in all rank fewer. */
  offer(scores: Float64Array, ids: Int32Array): void {
    let at = 0;
    for (; at < scores.length && this.#offered + at < this.#k; at++) {
      this.#siftUp(this.#offered + at, scores[at] as number, ids[at] as number);
    }
    for (let worst = this.#scores[0] as number; at < scores.length; at++) {
      const score = scores[at] as number;
      if (score < worst) continue;
      const id = ids[at] as number;
      if (score === worst && id > (this.#ids[0] as number)) continue;
      this.#siftDown(score, id);
      worst = this.#scores[0] as number;
    }
    this.#offered += scores.length;
  }

  result(): Ranking {
    const size = Math.min(this.#k, this.#offered);
    const order = Int32Array.from({ length: size }, (_, slot) => slot).sort((a, b) =>
      this.#precedes(a, this.#scores[b] as number, this.#ids[b] as number) ? -1 : 1,
    );
    return {
      ids: order.map((slot) => this.#ids[slot] as number),
      scores: Float64Array.from(order, (slot) => this.#scores[slot] as number),
    };
  }

  #precedes(slot: number, score: number, id: number): boolean {
    const held = this.#scores[slot] as number;
    return held > score || (held === score && (this.#ids[slot] as number) < id);
  }

  #put(slot: number, score: number, id: number): void {
    this.#scores[slot] = score;
    this.#ids[slot] = id;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#scores[from] as number, this.#ids[from] as number);
  }

  #siftUp(slot: number, score: number, id: number): void {
    let at = slot;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#precedes(parent, score, id)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, score, id);
  }

  /** Replaces the top. */
  #siftDown(score: number, id: number): void {
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#k) break;
      const right = child + 1;
      if (
        right < this.#k &&
        this.#precedes(child, this.#scores[right] as number, this.#ids[right] as number)
      ) {
        child = right;
      }
      if (this.#precedes(child, score, id)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, score, id);
  }
}

/** Positions of the k highest scores of a whole pool, best first. `ids` break ties. */
export function topK(scores: Float64Array, ids: Int32Array, k: number): Int32Array {
  const best = new TopK(k);
  best.offer(scores, ids);
  const ranking = best.result();
  const [last, lastId] = [ranking.scores.at(-1) ?? 0, ranking.ids.at(-1) ?? -1];
  const rank = new Map(Array.from(ranking.ids, (id, at) => [id, at]));
  const positions = new Int32Array(ranking.ids.length);
  for (let position = 0; position < scores.length; position++) {
    const [score, id] = [scores[position] as number, ids[position] as number];
    if (score > last || (score === last && id <= lastId)) positions[rank.get(id) ?? 0] = position;
  }
  return positions;
}
