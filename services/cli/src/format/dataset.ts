// Data sets as text for people and as documents for `--json`.

import { common, type dataset } from '@alarena/api';
import { byteSize, grouped, plural } from './quantities.js';
import { table } from './table.js';

const dtypes: ReadonlyMap<common.DataType, string> = new Map([
  [common.DataType.DATA_TYPE_FLOAT32, 'float32'],
  [common.DataType.DATA_TYPE_INT32, 'int32'],
  [common.DataType.DATA_TYPE_UINT8, 'uint8'],
]);

export function datasetJson(value: dataset.Dataset): object {
  return { ...value, dtype: dtypeOf(value), storedBytes: Number(value.storedBytes) };
}

export function datasetsText(values: readonly dataset.Dataset[]): string {
  if (values.length === 0) return 'no data sets yet; import one with: alarena data add mnist';
  return table(
    [
      { title: 'name' },
      { title: 'samples', align: 'right' },
      { title: 'classes', align: 'right' },
      { title: 'shape' },
      { title: 'stored', align: 'right' },
    ],
    values.map((value) => [
      value.name,
      grouped(samplesOf(value)),
      String(value.classes.length),
      shapeOf(value),
      byteSize(Number(value.storedBytes)),
    ]),
  );
}

export function datasetText(value: dataset.Dataset): string {
  const splits = table(
    [{ title: 'split' }, { title: 'samples', align: 'right' }, { title: 'ids' }],
    value.splits.map(({ name, samples, firstId }) => [
      name,
      grouped(samples),
      samples === 0 ? '' : `${firstId} to ${firstId + samples - 1}`,
    ]),
  );
  return [
    `${value.name}: ${grouped(samplesOf(value))} samples of ${shapeOf(value)} ${dtypeOf(value)}, ${plural(value.classes.length, 'class', 'classes')}`,
    `classes: ${value.classes.join(', ')}`,
    `stored: ${byteSize(Number(value.storedBytes))} in ${plural(value.shards, 'shard')}`,
    `digest: ${value.digest}`,
    `origin: ${value.origin}`,
    '',
    splits,
  ].join('\n');
}

function samplesOf(value: dataset.Dataset): number {
  return value.splits.reduce((sum, split) => sum + split.samples, 0);
}

function shapeOf(value: dataset.Dataset): string {
  return value.sampleShape.join(' x ');
}

function dtypeOf(value: dataset.Dataset): string {
  return dtypes.get(value.dtype) ?? 'unknown';
}
