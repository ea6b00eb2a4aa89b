// Whether calls can be answered: whether the store and the bucket of comparisons were there at the last look.

import type { KeyValue } from '@alarena/bus';
import type { ObjectStore } from '@alarena/store';

const lookMs = 5_000;
const limitMs = 4_000;

export class Readiness {
  readonly #looks: readonly (() => Promise<unknown>)[];
  readonly #timer: NodeJS.Timeout;
  #ready = false;

  constructor(store: ObjectStore, bucket: KeyValue) {
    this.#looks = [() => store.head('comparisons/readiness'), () => bucket.get('readiness')];
    this.#timer = setInterval(() => void this.#look(), lookMs).unref();
    void this.#look();
  }

  get isReady(): boolean {
    return this.#ready;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#ready = false;
  }

  async #look(): Promise<void> {
    this.#ready = (await Promise.all(this.#looks.map(answers))).every(Boolean);
  }
}

async function answers(look: () => Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), limitMs).unref();
  });
  const looked = look().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([looked, late]);
  } finally {
    clearTimeout(timer);
  }
}
