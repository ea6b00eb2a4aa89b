// `alarena data list`, `show`, `add`, `remove`.

import { resolve } from 'node:path';
import type { dataset } from '@alarena/api';
import { AppError } from '@alarena/core';
import { SingleBar } from 'cli-progress';
import { type Connection, longCall, shortCall, withServer } from '../connection.js';
import type { CommandContext } from '../context.js';
import { ExitStatus } from '../exit-status.js';
import { datasetJson, datasetsText, datasetText } from '../format/dataset.js';
import { grouped } from '../format/quantities.js';
import { print } from './print.js';

export async function listDatasets(context: CommandContext): Promise<ExitStatus> {
  const { datasets } = await withServer(context, (connection) =>
    connection.datasets.listDatasets({}, { ...shortCall(context), retries: 2 }),
  );
  print(context, { datasets: datasets.map(datasetJson) }, () => datasetsText(datasets));
  return ExitStatus.done;
}

export async function showDataset(context: CommandContext, name: string): Promise<ExitStatus> {
  const response = await withServer(context, (connection) =>
    connection.datasets.getDataset({ name }, { ...shortCall(context), retries: 2 }),
  );
  const value = present(response.dataset, name);
  print(context, datasetJson(value), () => datasetText(value));
  return ExitStatus.done;
}

/** By the names of the options. */
export interface AddOptions {
  readonly from?: string;
  readonly of?: string;
  readonly distinct?: number;
  readonly repeat?: number;
  readonly noise?: number;
  readonly seed?: number;
}

export async function addDataset(
  context: CommandContext,
  name: string,
  options: AddOptions,
): Promise<ExitStatus> {
  const value = await withServer(context, (connection) => {
    // A path on another machine is that machine's to resolve.
    const { from = '', of: builtIn = '' } = options;
    const source = connection.embedded && from !== '' ? resolve(from) : from;
    return importDataset(connection, context, { name, source, builtIn, repetition: repetitionOf(options) });
  });
  print(context, datasetJson(value), () => datasetText(value));
  return ExitStatus.done;
}

export async function removeDataset(context: CommandContext, name: string): Promise<ExitStatus> {
  await withServer(context, (connection) => connection.datasets.removeDataset({ name }, shortCall(context)));
  print(context, { removed: name }, () => `removed ${name}`);
  return ExitStatus.done;
}

function repetitionOf({ distinct, repeat, noise = 0, seed = 0 }: AddOptions): Repetition | undefined {
  if (distinct === undefined && repeat === undefined && noise === 0 && seed === 0) return undefined;
  if (distinct !== undefined && repeat !== undefined) {
    return { distinct, times: repeat, noise, seed: BigInt(seed) };
  }
  throw AppError.invalid('the train images cannot be repeated:', [
    { field: '--distinct, --repeat', description: 'give both: how many images, and how often each' },
  ]);
}

type Request = dataset.ImportDatasetRequest;
type Repetition = Exclude<Request['repetition'], undefined>;

/** Imports with a bar, or a line at each tenth where there is no terminal. Without a source: the built-in one. */
export async function importDataset(
  connection: Connection,
  context: CommandContext,
  { name, source = '', builtIn = '', repetition }: Pick<Request, 'name'> & Partial<Request>,
): Promise<dataset.Dataset> {
  const request: Request = { name, source, builtIn, repetition };
  const progress = importProgress(context, name);
  let imported: dataset.Dataset | undefined;
  try {
    for await (const message of connection.datasets.importDataset(request, longCall(context))) {
      progress.update(message.samplesDone, message.samplesTotal);
      imported = message.dataset ?? imported;
    }
  } finally {
    progress.stop();
  }
  return present(imported, name);
}

interface ImportProgress {
  update(done: number, total: number): void;
  stop(): void;
}

function importProgress({ terminal }: CommandContext, name: string): ImportProgress {
  const { progressStream } = terminal;
  if (progressStream.isTTY) {
    const format = `importing ${name} {bar} {value}/{total} samples`;
    const bar = new SingleBar({ stream: progressStream, format, barsize: 24, gracefulExit: false });
    let started = false;
    return {
      update: (done, total) => {
        if (!started) bar.start(total, done);
        started = true;
        bar.setTotal(total);
        bar.update(done);
      },
      stop: () => bar.stop(),
    };
  }
  let tenths = -1;
  return {
    update: (done, total) => {
      const now = total === 0 ? 0 : Math.floor((done / total) * 10);
      if (now > tenths) terminal.note(`importing ${name}: ${grouped(done)}/${grouped(total)} samples`);
      tenths = Math.max(now, tenths);
    },
    stop: () => {},
  };
}

function present(value: dataset.Dataset | undefined, name: string): dataset.Dataset {
  if (value !== undefined) return value;
  throw new AppError('internal', `the server answered without the data set ${name}`);
}
