// Watchers of comparisons, each with a connection of its own, and one that listens to the bus itself.
import { comparison } from '../../libs/api/dist/index.js';
import { connectNats, JetStreamBus } from '../../libs/bus/dist/index.js';
import { createClient } from '../../libs/grpc/dist/index.js';
import {
  decodeRunEvent,
  encodeRunEvent,
  eventSubject,
} from '../../services/orchestrator/dist/domain/event-messages.js';
import { answer, now } from './peer.mjs';

const leaving = new AbortController();
let bus;
let address;
let watchers = [];
let heard;

/** What one watcher is told. */
class Watcher {
  cells = 0;
  tasks = 0;
  /** `strategy/seed/rounds done`: each must come. */
  rounds = new Set();
  first = 0;
  last = 0;
  #stop = new AbortController();

  constructor(id) {
    this.client = createClient(comparison.ComparisonServiceService, address);
    this.begun = new Promise((resolve) => {
      this.ended = this.#read(id, resolve);
    });
  }

  async #read(id, onFirst) {
    const call = { timeoutMs: 'none', signal: AbortSignal.any([this.#stop.signal, leaving.signal]) };
    try {
      for await (const { event } of this.client.watchComparison({ id }, call)) {
        onFirst();
        this.first ||= now();
        this.last = now();
        if (event.$case === 'task') this.tasks++;
        if (event.$case !== 'cell') continue;
        this.cells++;
        const { strategy, seed, roundsDone } = event.value.cell;
        if (roundsDone > 0) this.rounds.add(`${strategy}/${seed}/${roundsDone}`);
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) throw error;
    }
  }

  leave() {
    this.#stop.abort();
    this.client.close();
  }

  get told() {
    const { cells, tasks, rounds, first, last } = this;
    return { cells, tasks, rounds: rounds.size, first, last };
  }
}

/** Counts a comparison's events on the bus, and by their numbers those that did not come. */
async function listen(id) {
  const count = { events: 0, first: 0, last: 0 };
  heard = count;
  for await (const { payload } of bus.subscribe(eventSubject(id), { signal: leaving.signal })) {
    const { number } = decodeRunEvent(payload);
    count.events++;
    count.first ||= number;
    count.last = Math.max(count.last, number);
  }
}

answer({
  open: async ({ nats, orchestrator }) => {
    address = orchestrator;
    bus = await JetStreamBus.open(await connectNats({ servers: [nats], name: 'bench watchers' }));
  },
  listen: ({ id }) => {
    void listen(id);
  },
  watch: async ({ id, count }) => {
    watchers = Array.from({ length: count }, () => new Watcher(id));
    await Promise.all(watchers.map(({ begun }) => begun));
  },
  /** Until the comparison ends. */
  untilEnd: () => Promise.all(watchers.map(({ ended }) => ended)).then(() => {}),
  told: () => ({ watchers: watchers.map(({ told }) => told), heard }),
  leave: () => {
    for (const watcher of watchers) watcher.leave();
  },
  /** Events as a run tells them, at a steady rate; how many went out. */
  publish: async ({ id, rate, seconds }) => {
    const cell = { strategy: 'random', seed: 1 };
    const event = { type: 'task', cell, round: 0, kind: 'fit', progress: 0.5 };
    const subject = eventSubject(id);
    const began = now();
    let number = 0;
    while (now() - began < seconds) {
      const due = Math.floor((now() - began) * rate);
      while (number < due) {
        number++;
        await bus.publishEvent({ subject, payload: encodeRunEvent({ run: 'bench', number, event }) });
      }
      await new Promise(setImmediate);
    }
    return number;
  },
  close: async () => {
    leaving.abort();
    for (const watcher of watchers) watcher.leave();
    await bus.close();
  },
});
