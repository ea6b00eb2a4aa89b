// The k highest of N scores, ties by lower sample id: a heap of the best k so far, O(N log k).

/** Positions of the k highest scores, best first. `ids` break ties, so the order of the arrays does not matter. */
export function topK(scores: Float64Array, ids: Int32Array, k: number): Int32Array {
  const precedes = (a: number, b: number): boolean => {
    const [scoreA, scoreB] = [scores[a] as number, scores[b] as number];
    return scoreA > scoreB || (scoreA === scoreB && (ids[a] as number) < (ids[b] as number));
  };
  // A heap with the worst kept position on top: what comes later must precede it to get in.
  const heap = new Int32Array(k);
  for (let position = 0; position < scores.length; position++) {
    if (position < k) siftUp(heap, position, position, precedes);
    else if (precedes(position, heap[0] as number)) siftDown(heap, position, precedes);
  }
  return heap.sort((a, b) => (precedes(a, b) ? -1 : 1));
}

type Precedes = (a: number, b: number) => boolean;

function siftUp(heap: Int32Array, slot: number, position: number, precedes: Precedes): void {
  let at = slot;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const held = heap[parent] as number;
    if (!precedes(held, position)) break;
    heap[at] = held;
    at = parent;
  }
  heap[at] = position;
}

/** Replaces the top by `position`. */
function siftDown(heap: Int32Array, position: number, precedes: Precedes): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && precedes(heap[child] as number, heap[child + 1] as number)) child++;
    const held = heap[child] as number;
    if (!precedes(position, held)) break;
    heap[at] = held;
    at = child;
  }
  heap[at] = position;
}
