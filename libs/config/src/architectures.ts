// The networks a spec may name, their default drop rates, and the signals each can give: with the head's
// dropout switched off, a ResNet's head is a single layer, and nothing is left for Monte-Carlo passes.

import type { Signal } from '@alarena/strategies';

export const architectures = ['bayesian-cnn', 'resnet18', 'resnet50'] as const;

export type Architecture = (typeof architectures)[number];

export function isArchitecture(name: string): name is Architecture {
  return architectures.some((known) => known === name);
}

export function defaultDropout(architecture: Architecture, dataset: string): number {
  if (architecture === 'bayesian-cnn') return 0.5;
  return dataset === 'mnist' ? 0.5 : 0.1;
}

export function signalsOf(architecture: Architecture, dropout: number | false): ReadonlySet<Signal> {
  const signals: Signal[] = ['probabilities', 'z', 'h', 'a2'];
  if (architecture === 'bayesian-cnn' || dropout !== false) signals.push('a0', 'a1');
  if (dropout !== false) signals.push('monteCarlo');
  return new Set(signals);
}
