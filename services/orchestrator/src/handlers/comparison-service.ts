// The calls of the comparison service: decode, ask the domain, encode.

import { comparison as proto } from '@alarena/api';
import { specFromProto } from '@alarena/config';
import { AppError } from '@alarena/core';
import { implement, type ServiceRegistration } from '@alarena/grpc';
import type { Comparison } from '../domain/comparison.js';
import type { Comparisons } from '../domain/comparisons.js';
import { encodeCell, encodeComparison, encodeEvent, encodeMeasured } from './encode.js';

export function comparisonService(comparisons: Comparisons): ServiceRegistration {
  return implement(proto.ComparisonServiceService, {
    submitComparison: ({ spec, parallelism }) => {
      if (spec === undefined) {
        throw AppError.invalid('nothing to compare', [{ field: 'spec', description: 'is missing' }]);
      }
      return answer(comparisons.submit(specFromProto(spec), parallelism));
    },
    getComparison: async ({ id }) => ({ comparison: encodeMeasured(await comparisons.get(id)) }),
    listComparisons: async () => ({ comparisons: (await comparisons.list()).map(encodeComparison) }),
    watchComparison: async function* ({ id }, { signal, stopping }) {
      for await (const event of comparisons.watch(id, AbortSignal.any([signal, stopping]))) {
        yield encodeEvent(event);
      }
    },
    cancelComparison: ({ id }) => answer(comparisons.cancel(id)),
    pauseComparison: ({ id }) => answer(comparisons.pause(id)),
    resumeComparison: ({ id }) => answer(comparisons.resume(id)),
    setParallelism: ({ id, parallelism }) => answer(comparisons.set(id, { parallelism })),
    setComparison: ({ id, parallelism, priority }) => answer(comparisons.set(id, { parallelism, priority })),
    getReport: async function* ({ id }) {
      const comparison = await comparisons.get(id);
      yield { part: { $case: 'comparison', value: encodeComparison(comparison) } };
      for (const cell of comparison.cells) {
        yield { part: { $case: 'cell', value: encodeCell(cell, cell.rounds) } };
      }
    },
  });
}

async function answer(comparison: Promise<Comparison>): Promise<{ comparison: proto.Comparison }> {
  return { comparison: encodeComparison(await comparison) };
}
