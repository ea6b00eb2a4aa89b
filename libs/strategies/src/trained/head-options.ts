// How a head is trained, as parameters of the strategies that train one.

import type { NumericParameter, Parameters } from '../parameters.js';

export interface HeadOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly leastSteps: number;
  readonly learningRate: number;
  readonly dropout: number;
}

export const headParameters: readonly NumericParameter[] = [
  {
    ...{ name: 'epochs', type: 'integer', default: 10, min: 1, max: 1000 },
    summary: 'epochs of the training; the best on the part held back is kept',
  },
  {
    // Four, so that no even share of the rows is a batch of one, whose variance is 0.
    ...{ name: 'batch_size', type: 'integer', default: 64, min: 4, max: 65_536 },
    summary: 'most samples a step',
  },
  {
    ...{ name: 'least_steps', type: 'integer', default: 20, min: 1, max: 1000 },
    summary: 'steps an epoch has at least: few samples go by several times in one, or nothing is learnt',
  },
  {
    ...{ name: 'learning_rate', type: 'number', default: 0.01, min: 1e-6, max: 1 },
    summary: 'step size of Adam; a new layer alone takes a larger one than a whole network',
  },
  {
    ...{ name: 'dropout', type: 'number', default: 0.1, min: 0, max: 0.9 },
    summary: 'share of units dropped in training',
  },
];

export function headOptions(parameters: Parameters): HeadOptions {
  return {
    epochs: parameters.epochs as number,
    batchSize: parameters.batch_size as number,
    leastSteps: parameters.least_steps as number,
    learningRate: parameters.learning_rate as number,
    dropout: parameters.dropout as number,
  };
}
