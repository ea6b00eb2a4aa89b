// The publish window's rules written down plainly, for tests: lists that are searched and sorted each time.

import fc from 'fast-check';
import type { ReadyTask } from './publish-window.js';

export type Command =
  | { readonly type: 'enter'; readonly task: ReadyTask }
  | { readonly type: 'leave'; readonly which: number }
  | { readonly type: 'giveUp'; readonly which: number }
  | { readonly type: 'priority'; readonly comparison: string; readonly priority: number }
  | { readonly type: 'capacity'; readonly capacity: number };

const comparison = fc.constantFrom('a', 'b', 'c');
const which = fc.nat(4);
const task = fc.record({
  queue: fc.constant('q'),
  key: fc.constantFrom('1', '2', '3', '4', '5', '6', '7', '8'),
  comparison,
});

export const commands: fc.Arbitrary<Command> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('enter' as const), task }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('leave' as const), which }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('giveUp' as const), which }) },
  fc.record({
    type: fc.constant('priority' as const),
    comparison,
    priority: fc.integer({ min: -1, max: 1 }),
  }),
  fc.record({ type: fc.constant('capacity' as const), capacity: fc.nat(4) }),
);

interface Claim {
  readonly id: number;
  readonly key: string;
  readonly comparison: string;
  /** When the comparison came to want the task. */
  readonly since: number;
}

export class WindowModel {
  capacity = 2;
  /** Claims that were let through, whether or not they have left. */
  readonly everAdmitted = new Set<number>();
  #claims: Claim[] = [];
  /** Whose turn each published task took. */
  readonly #published = new Map<string, string>();
  readonly #priorities = new Map<string, number>();
  readonly #turns = new Map<string, number>();
  #time = 0;
  #ids = 0;

  *admittedClaims(): Iterable<number> {
    for (const { id, key } of this.#claims) if (this.#published.has(key)) yield id;
  }

  *readyClaims(): Iterable<number> {
    for (const { id, key } of this.#claims) if (!this.#published.has(key)) yield id;
  }

  apply(command: Command): void {
    if (command.type === 'enter') this.#enter(command.task);
    else if (command.type === 'leave') this.#leave([...this.admittedClaims()][command.which]);
    else if (command.type === 'giveUp') this.#leave([...this.readyClaims()][command.which]);
    else if (command.type === 'capacity') this.capacity = command.capacity;
    else this.#priorities.set(command.comparison, command.priority);
    // A change of priority alone opens no place.
    if (command.type !== 'priority') this.#fill();
  }

  #enter({ key, comparison: of }: ReadyTask): void {
    if (!this.#published.has(key) && this.#ready(of).length === 0) this.#turns.set(of, ++this.#time);
    const id = this.#ids++;
    const known = this.#claims.find((one) => one.key === key && one.comparison === of);
    this.#claims.push({ id, key, comparison: of, since: known?.since ?? id });
    if (this.#published.has(key)) this.everAdmitted.add(id);
  }

  #leave(id: number | undefined): void {
    const claim = this.#claims.find((one) => one.id === id);
    if (claim === undefined) return;
    this.#claims = this.#claims.filter((one) => one !== claim);
    const others = this.#claims.filter(({ key }) => key === claim.key).toSorted(bySince);
    const same = others.some(({ comparison: of }) => of === this.#published.get(claim.key));
    if (same || !this.#published.has(claim.key)) return;
    const [heir] = others;
    if (heir === undefined) this.#published.delete(claim.key);
    else this.#published.set(claim.key, heir.comparison);
  }

  #fill(): void {
    while (this.#published.size < this.capacity) {
      const [next] = ['a', 'b', 'c']
        .filter((of) => this.#ready(of).length > 0)
        .toSorted(
          (a, b) =>
            this.#priority(b) - this.#priority(a) ||
            this.#share(a) - this.#share(b) ||
            (this.#turns.get(a) ?? 0) - (this.#turns.get(b) ?? 0),
        );
      const first = next === undefined ? undefined : this.#ready(next)[0];
      if (next === undefined || first === undefined) return;
      this.#turns.set(next, ++this.#time);
      this.#published.set(first, next);
      for (const { id, key } of this.#claims) if (key === first) this.everAdmitted.add(id);
    }
  }

  /** Keys, in the order in which the comparison came to want them. */
  #ready(of: string): string[] {
    const claims = this.#claims.filter((claim) => claim.comparison === of).toSorted(bySince);
    return [...new Set(claims.map(({ key }) => key))].filter((key) => !this.#published.has(key));
  }

  #priority(of: string): number {
    return this.#priorities.get(of) ?? 0;
  }

  #share(of: string): number {
    return [...this.#published.values()].filter((owner) => owner === of).length;
  }
}

function bySince(a: Claim, b: Claim): number {
  return a.since - b.since;
}
