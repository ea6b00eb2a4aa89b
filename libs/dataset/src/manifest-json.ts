// Reading manifests and name pointers back: nothing is believed that has not been checked, since a manifest may
// come from a newer version, another tool or a damaged disk.

import { AppError } from '@alarena/core';
import {
  type DatasetManifest,
  type DatasetPointer,
  type DatasetShard,
  type DatasetSource,
  type DatasetSplit,
  digestOf,
  MANIFEST_SCHEMA_VERSION,
  type Repetition,
  type SampleShape,
  SPLIT_NAMES,
  type SplitName,
} from './manifest.js';

/** `key` is named in errors. The digest must fit the content. */
export function parseManifest(value: unknown, key: string): DatasetManifest {
  const at = new Fields(value, key);
  at.schemaVersion();
  const content = {
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    sampleShape: sampleShape(at),
    dtype: dtype(at),
    classes: at.list('classes', (item) => item.string('')),
    splits: at.list('splits', split),
    shards: at.list('shards', shard),
  } as const;
  const digest = at.string('digest');
  if (digestOf(content) !== digest) throw at.damaged('its digest does not fit its content');
  const normalisation = at.object('normalisation');
  return {
    ...content,
    name: at.string('name'),
    digest,
    normalisation: {
      mean: normalisation.list('mean', (item) => item.number('')),
      std: normalisation.list('std', (item) => item.number('')),
    },
    source: source(at.object('source')),
  };
}

export function parsePointer(value: unknown, key: string): DatasetPointer {
  const at = new Fields(value, key);
  at.schemaVersion();
  return {
    schemaVersion: MANIFEST_SCHEMA_VERSION,
    name: at.string('name'),
    digest: at.string('digest'),
    source: source(at.object('source')),
  };
}

function sampleShape(at: Fields): SampleShape {
  const [height, width, channels, ...more] = at.list('sampleShape', (item) => item.count(''));
  if (height === undefined || width === undefined || channels === undefined || more.length > 0) {
    throw at.damaged('sampleShape is not [height, width, channels]');
  }
  return [height, width, channels];
}

function dtype(at: Fields): 'uint8' {
  const name = at.string('dtype');
  if (name !== 'uint8') throw at.damaged(`dtype "${name}" is not known`);
  return name;
}

function splitName(at: Fields, name: string): SplitName {
  const found = SPLIT_NAMES.find((known) => known === at.string(name));
  if (found === undefined) throw at.damaged(`"${at.string(name)}" is not the name of a split`);
  return found;
}

function split(at: Fields): DatasetSplit {
  return { name: splitName(at, 'name'), samples: at.count('samples'), firstId: at.count('firstId') };
}

function shard(at: Fields): DatasetShard {
  const plain = {
    split: splitName(at, 'split'),
    digest: at.string('digest'),
    sizeBytes: at.count('sizeBytes'),
    firstId: at.count('firstId'),
    samples: at.count('samples'),
  };
  if (!at.has('index')) return plain;
  const index = at.object('index');
  const ref = {
    digest: index.string('digest'),
    sizeBytes: index.count('sizeBytes'),
    chunkSamples: index.count('chunkSamples'),
  };
  return { ...plain, index: ref };
}

function source(at: Fields): DatasetSource {
  const files = at.list('files', (item) => ({
    name: item.string('name'),
    sha256: item.string('sha256'),
    sizeBytes: item.count('sizeBytes'),
  }));
  return {
    format: at.string('format'),
    files,
    ...(at.has('package') && { package: at.string('package') }),
    ...(at.has('repetition') && { repetition: repetition(at.object('repetition')) }),
  };
}

function repetition(at: Fields): Repetition {
  return {
    distinct: at.count('distinct'),
    times: at.count('times'),
    noise: at.number('noise'),
    seed: at.count('seed'),
  };
}

/** Members of one JSON object, or with the name '' the value itself. */
class Fields {
  readonly #value: unknown;
  readonly #key: string;

  constructor(value: unknown, key: string) {
    this.#value = value;
    this.#key = key;
  }

  damaged(what: string): AppError {
    return new AppError('data-loss', `${this.#key} is not a valid description of a data set: ${what}`, {
      reason: 'MANIFEST_DAMAGED',
      facts: { key: this.#key },
    });
  }

  schemaVersion(): void {
    const version = this.number('schemaVersion');
    if (version === MANIFEST_SCHEMA_VERSION) return;
    throw new AppError(
      'failed-precondition',
      `${this.#key} has schema version ${version}, this program reads ${MANIFEST_SCHEMA_VERSION}: it was written by another version`,
    );
  }

  has(name: string): boolean {
    return this.#member(name) !== undefined;
  }

  string(name: string): string {
    const member = this.#member(name);
    if (typeof member !== 'string') throw this.damaged(`${name || 'an item'} is not a string`);
    return member;
  }

  number(name: string): number {
    const member = this.#member(name);
    if (typeof member !== 'number') throw this.damaged(`${name || 'an item'} is not a number`);
    return member;
  }

  count(name: string): number {
    const number = this.number(name);
    if (!Number.isSafeInteger(number) || number < 0) {
      throw this.damaged(`${name || 'an item'} is ${number}, not a count`);
    }
    return number;
  }

  object(name: string): Fields {
    return new Fields(this.#member(name), this.#key);
  }

  list<T>(name: string, item: (at: Fields) => T): T[] {
    const member = this.#member(name);
    if (!Array.isArray(member)) throw this.damaged(`${name} is not a list`);
    return member.map((value: unknown) => item(new Fields(value, this.#key)));
  }

  #member(name: string): unknown {
    if (name === '') return this.#value;
    if (typeof this.#value !== 'object' || this.#value === null) throw this.damaged('it is not an object');
    return Object.getOwnPropertyDescriptor(this.#value, name)?.value;
  }
}
