// Samples by the upper bounds of their gains: a heap with the highest bound on top. Bounds are lowered step by step. Of
// equal bounds those of fewer steps come first, then lower ids: one of all steps on top is the best.

interface Top {
  readonly position: number;
  readonly bound: number;
  /** How often the bound was lowered since it was outdated. */
  readonly steps: number;
}

export class BoundHeap {
  readonly #ids: Int32Array;
  readonly #bounds: Float64Array;
  readonly #steps: Uint8Array;
  readonly #heap: Int32Array;
  readonly #returned: number[] = [];
  #size: number;

  /** All samples, nothing known of them. */
  constructor(ids: Int32Array) {
    this.#ids = ids;
    this.#bounds = new Float64Array(ids.length).fill(Number.POSITIVE_INFINITY);
    this.#steps = new Uint8Array(ids.length);
    this.#heap = Int32Array.from(ids, (_, position) => position);
    this.#size = ids.length;
    this.#order();
  }

  get size(): number {
    return this.#size;
  }

  top(): Top {
    const position = this.#heap[0] as number;
    return { position, bound: this.#bounds[position] as number, steps: this.#steps[position] as number };
  }

  /** The next step of the top one. */
  lowerTop(bound: number): void {
    const position = this.#heap[0] as number;
    this.#bounds[position] = bound;
    this.#steps[position] = (this.#steps[position] as number) + 1;
    this.#siftDown(0);
  }

  removeTop(): void {
    this.#size--;
    this.#heap[0] = this.#heap[this.#size] as number;
    this.#siftDown(0);
  }

  /** A sample that was removed comes back at the next `outdate`. */
  putBack(position: number, bound: number): void {
    this.#bounds[position] = bound;
    this.#returned.push(position);
  }

  /** All bounds may be lowered again, from the first step on. */
  outdate(): void {
    for (const position of this.#returned) this.#heap[this.#size++] = position;
    this.#returned.length = 0;
    this.#steps.fill(0);
    this.#order();
  }

  #order(): void {
    for (let at = (this.#size >> 1) - 1; at >= 0; at--) this.#siftDown(at);
  }

  #precedes(a: number, b: number): boolean {
    const [boundA, boundB] = [this.#bounds[a] as number, this.#bounds[b] as number];
    if (boundA !== boundB) return boundA > boundB;
    const [stepsA, stepsB] = [this.#steps[a] as number, this.#steps[b] as number];
    if (stepsA !== stepsB) return stepsA < stepsB;
    return (this.#ids[a] as number) < (this.#ids[b] as number);
  }

  #siftDown(slot: number): void {
    const moved = this.#heap[slot] as number;
    let at = slot;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.#size) break;
      const right = child + 1;
      if (right < this.#size && this.#precedes(this.#heap[right] as number, this.#heap[child] as number)) {
        child = right;
      }
      const held = this.#heap[child] as number;
      if (this.#precedes(moved, held)) break;
      this.#heap[at] = held;
      at = child;
    }
    this.#heap[at] = moved;
  }
}
