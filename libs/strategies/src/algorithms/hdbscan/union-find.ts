// Disjoint sets over 0 … n-1, by size and with path halving.

export class UnionFind {
  readonly #parent: Int32Array;
  readonly #size: Int32Array;

  constructor(count: number) {
    this.#parent = Int32Array.from({ length: count }, (_, i) => i);
    this.#size = new Int32Array(count).fill(1);
  }

  /** The element that stands for the set of `element`. */
  find(element: number): number {
    const parent = this.#parent;
    let at = element;
    while (parent[at] !== at) {
      const above = parent[parent[at] as number] as number;
      parent[at] = above;
      at = above;
    }
    return at;
  }

  /** Elements in the set that `root` stands for. */
  sizeOf(root: number): number {
    return this.#size[root] as number;
  }

  /** Joins two sets; false where they are one already. */
  join(a: number, b: number): boolean {
    let [larger, smaller] = [this.find(a), this.find(b)];
    if (larger === smaller) return false;
    if (this.sizeOf(larger) < this.sizeOf(smaller)) [larger, smaller] = [smaller, larger];
    this.#parent[smaller] = larger;
    this.#size[larger] = this.sizeOf(larger) + this.sizeOf(smaller);
    return true;
  }
}
