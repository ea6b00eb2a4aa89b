// What one reader has not read yet: kept until read, the oldest of what can be missed dropped first where it is slow.

const missableLimit = 256;

export class EventQueue<T> implements AsyncIterable<T> {
  readonly #items: T[] = [];
  readonly #canBeMissed: (item: T) => boolean;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => {};

  constructor(canBeMissed: (item: T) => boolean) {
    this.#canBeMissed = canBeMissed;
  }

  push(item: T): void {
    if (this.#canBeMissed(item) && this.#items.length >= missableLimit) {
      const oldest = this.#items.findIndex(this.#canBeMissed);
      if (oldest >= 0) this.#items.splice(oldest, 1);
    }
    this.#items.push(item);
    this.#wake();
  }

  /** What was pushed before is still read. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** As `end`; then the reader gets the error. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    while (true) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#failure !== undefined) throw this.#failure.error;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
