// Tasks that are being withdrawn, by key, one withdrawal after the other. Whoever publishes the task meanwhile waits for
// them: its message would be taken for the old one.

export class Withdrawals {
  readonly #running = new Map<string, Promise<void>>();

  /** Fails as `withdraw` does. */
  async during(key: string, withdraw: () => Promise<void>): Promise<void> {
    const withdrawn = this.over(key).then(withdraw);
    this.#running.set(key, withdrawn);
    try {
      await withdrawn;
    } finally {
      if (this.#running.get(key) === withdrawn) this.#running.delete(key);
    }
  }

  /** When those of a task have ended, whatever came of them. */
  async over(key: string): Promise<void> {
    await this.#running.get(key)?.catch(() => {});
  }

  async allOver(): Promise<void> {
    await Promise.allSettled(this.#running.values());
  }
}
