// One trace shows a comparison from its submit to each pick, across gRPC, the bus, the object store and the computing
// processes; and every service tells its metrics.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  makeBucket,
  type SentSpan,
  startMinio,
  startNats,
  startTraceSink,
  type TraceSink,
  temporaryFolder,
  waitFor,
} from '@alarena/testkit';
import { type Installation, startInstallation } from './installation.js';
import { Scrape } from './metrics.js';
import { smallCounts, writeSmallSpec } from './small-spec.js';

const { cells, roundsOfCell } = smallCounts;
/** Processes with tasks, and the kind of each. */
const workers = [
  ['trainer-1', 'fit'],
  ['inference', 'infer'],
  ['strategy', 'select'],
] as const;
const limitMs = 120_000;
const submitCall = 'alarena.comparison.v1.ComparisonService/SubmitComparison';

describe('a comparison by services apart', () => {
  const cleanUp: (() => Promise<void>)[] = [];
  const scope = { after: (callback: () => Promise<void>) => void cleanUp.unshift(callback) };
  let cluster: Installation;
  let sink: TraceSink;
  /** The span of the submit, where the trace begins. */
  let root: SentSpan;

  before(async () => {
    sink = await startTraceSink(scope);
    const folder = await temporaryFolder(scope);
    const [nats, s3] = [await startNats(), await startMinio()];
    scope.after(() => Promise.all([nats.stop(), s3.stop()]).then(() => {}));
    await makeBucket(s3, 'alarena');
    cluster = await startInstallation(scope, {
      ...{ nats, s3, bucket: 'alarena', folder, trainers: 1, orchestrators: 2 },
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.endpoint, OTEL_BSP_SCHEDULE_DELAY: '500' },
    });
    // It runs where it was not submitted.
    await waitFor('a leader', () => cluster.leads());
    const follower = cluster.all('orchestrator').find(({ log }) => !log.includes('"msg":"leading"'));
    assert.ok(follower !== undefined, 'one orchestrator does not lead');
    const server = cluster.addressOf(follower.name);
    const spec = await writeSmallSpec(folder);
    const submitted = await cluster.alarena(['submit', spec, '--json'], server);
    assert.equal(submitted.status, 0, submitted.stderr);
    const { id }: { id?: string } = JSON.parse(submitted.stdout);
    const watched = await cluster.alarena(['watch', String(id)], server);
    assert.equal(watched.status, 0, watched.stderr);
    root = await waitFor('the whole trace', wholeTrace, limitMs);
  });
  after(async () => {
    for (const step of cleanUp) await step();
  });

  /** The submit's span once everything of its trace leads to it, and each task done has its span. */
  async function wholeTrace(): Promise<SentSpan | undefined> {
    const [submit] = sink.named(submitCall);
    const isEnded = sink.named('comparison').length > 0;
    if (submit === undefined || !isEnded) return undefined;
    const inTrace = sink.spans.filter(({ traceId }) => traceId === submit.traceId);
    const isWhole = inTrace.every((span) => span === submit || sink.ancestors(span).at(-1) === submit);
    if (!isWhole) return undefined;
    for (const [name, kind] of workers) {
      const done = (await Scrape.of(cluster.get(name))).sum('alarena_tasks_total', { kind, outcome: 'done' });
      if (done !== sink.named(`task ${kind}`).length) return undefined;
    }
    return submit;
  }

  /** `service name` from the parent up. */
  const pathOf = (span: SentSpan): string[] =>
    sink.ancestors(span).map(({ service, name }) => `${service}: ${name}`);
  const above = ['orchestrator: round', 'orchestrator: comparison', `orchestrator: ${submitCall}`];

  test('is one trace, of each task from the submit to the worker that did it', () => {
    const services = { fit: 'trainer', infer: 'inference', select: 'strategy' };
    for (const [kind, worker] of Object.entries(services)) {
      const tasks = sink.named(`task ${kind}`);
      assert.ok(tasks.length > 0, `spans of ${kind} tasks`);
      for (const task of tasks) {
        assert.equal(task.service, worker);
        assert.equal(task.traceId, root.traceId);
        assert.deepEqual(pathOf(task), [`orchestrator: publish ${kind}`, ...above]);
      }
    }
    const seen = new Set(
      sink.spans.filter(({ traceId }) => traceId === root.traceId).map(({ service }) => service),
    );
    assert.deepEqual([...seen].sort(), ['compute', 'inference', 'orchestrator', 'strategy', 'trainer']);
  });

  test('goes on in the computing processes and in the object store', async () => {
    for (const [kind, worker] of [
      ['fit', 'trainer'],
      ['infer', 'inference'],
    ] as const) {
      const computed = await waitFor(
        `spans of computed ${kind} tasks`,
        () => {
          const found = sink.named(`compute ${kind}`);
          return found.length > 0 && found;
        },
        limitMs,
      );
      for (const span of computed) {
        const path = [`${worker}: task ${kind}`, `orchestrator: publish ${kind}`, ...above];
        assert.deepEqual([span.service, pathOf(span)], ['compute', path]);
      }
      const ids = new Set(computed.map(({ spanId }) => spanId));
      for (const operation of ['get', 'put']) {
        await waitFor(
          `bytes of store ${operation} below compute ${kind}`,
          () =>
            sink
              .named(`store ${operation}`)
              .some(
                ({ parentSpanId, attributes }) =>
                  ids.has(parentSpanId ?? '') && Number(attributes['alarena.store.bytes']) > 0,
              ),
          limitMs,
        );
      }
    }
  });

  test('has a span of every round, and of what it asked of the bus', () => {
    const rounds = sink.named('round');
    assert.equal(rounds.length, cells * roundsOfCell);
    const places = rounds.map(({ attributes }) => {
      assert.equal(
        attributes['alarena.comparison'],
        sink.named('comparison')[0]?.attributes['alarena.comparison'],
      );
      return `${attributes['alarena.cell']} ${attributes['alarena.round']}`;
    });
    assert.equal(new Set(places).size, cells * roundsOfCell);
    assert.ok(places.includes('bald/0 1'), places.join(', '));
    for (const { attributes } of sink.named('publish fit'))
      assert.match(String(attributes['messaging.destination.name']), /^task\.fit\./);
  });

  test('is seen in the metrics of every service', async () => {
    const of = new Map<string, Scrape>();
    for (const service of cluster.services.values()) of.set(service.name, await Scrape.of(service));
    const scraped = (name: string): Scrape => of.get(name) ?? assert.fail(name);

    for (const [name, kind] of workers) {
      const done = { kind, outcome: 'done' };
      const spans = sink.named(`task ${kind}`).length;
      assert.equal(scraped(name).sum('alarena_tasks_total', done), spans, `tasks of ${name}`);
      assert.equal(scraped(name).sum('alarena_task_seconds_count', done), spans);
      assert.equal(scraped(name).sum('alarena_task_wait_seconds_count', { kind }), spans);
      between(scraped(name).sum('alarena_task_seconds_sum', done), 0.001, 300, `seconds of ${name}`);
      if (kind === 'select') continue;
      // Of fits at least 160 images of each; of passes the pool, several times.
      between(scraped(name).sum('alarena_images_total', { kind }), spans * 160, 1e7, `images of ${name}`);
      between(scraped(name).sum('alarena_device_memory_bytes'), 20e6, 8e9, `memory of ${name}`);
      // Its children's, too: it writes weights or signals.
      const written = scraped(name).sum('alarena_store_bytes_transferred_total', { operation: 'put' });
      between(written, 1e4, 1e9, `bytes that ${name} has written`);
    }
    for (const [name, scrape] of of) {
      between(scrape.sum('alarena_store_seconds_count'), 1, 1e6, `calls of ${name} to the store`);
      between(scrape.sum('alarena_store_seconds_sum'), 1e-6, 300, `seconds of ${name} at the store`);
      if (name === 'dataset-store') continue;
      between(
        scrape.sum('alarena_bus_seconds_count', { outcome: 'ok' }),
        1,
        1e6,
        `calls of ${name} to the bus`,
      );
      between(scrape.sum('alarena_bus_seconds_sum'), 1e-6, 1e6, `seconds of ${name} at the bus`);
    }
    const orchestrators = ['orchestrator-1', 'orchestrator-2'].map(scraped);
    const both = (name: string, labels?: Record<string, string>): number[] =>
      orchestrators.map((scrape) => scrape.sum(name, labels)).filter((value) => value !== undefined);
    assert.deepEqual(both('alarena_round_seconds_count'), [cells * roundsOfCell], 'the leader counts rounds');
    assert.deepEqual(both('alarena_comparisons', { status: 'done' }), [1], 'the leader counts comparisons');
  });
});

function between(value: number | undefined, least: number, most: number, what: string): void {
  assert.ok(value !== undefined && value >= least && value <= most, `${what}: ${value}`);
}
