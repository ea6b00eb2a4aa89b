// The calls of the comparison service: decode, ask the domain, encode.

import { comparison as proto } from '@alarena/api';
import { specFromProto } from '@alarena/config';
import { AppError } from '@alarena/core';
import { implement, type ServiceRegistration } from '@alarena/grpc';
import type { Comparisons } from '../domain/comparisons.js';
import { encodeCell, encodeComparison, encodeEvent } from './encode.js';

export function comparisonService(comparisons: Comparisons): ServiceRegistration {
  return implement(proto.ComparisonServiceService, {
    submitComparison: async ({ spec, parallelism }) => {
      if (spec === undefined) {
        throw AppError.invalid('nothing to compare', [{ field: 'spec', description: 'is missing' }]);
      }
      const submitted = await comparisons.submit(specFromProto(spec), parallelism);
      return { comparison: encodeComparison(submitted, 'none') };
    },
    getComparison: async ({ id }) => ({ comparison: encodeComparison(await comparisons.get(id), 'all') }),
    listComparisons: async () => ({
      comparisons: (await comparisons.list()).map(({ comparison, roundsDone }) => {
        const message = encodeComparison(comparison, 'none');
        const cells = message.cells.map((cell, i) => ({ ...cell, roundsDone: roundsDone[i] ?? 0 }));
        return { ...message, cells };
      }),
    }),
    watchComparison: async function* ({ id }, { signal, stopping }) {
      for await (const event of comparisons.watch(id, AbortSignal.any([signal, stopping]))) {
        yield encodeEvent(event);
      }
    },
    cancelComparison: async ({ id }) => ({
      comparison: encodeComparison(await comparisons.cancel(id), 'none'),
    }),
    resumeComparison: async ({ id }) => ({
      comparison: encodeComparison(await comparisons.resume(id), 'none'),
    }),
    setParallelism: async ({ id, parallelism }) => ({
      comparison: encodeComparison(await comparisons.setParallelism(id, parallelism), 'none'),
    }),
    getReport: async function* ({ id }) {
      const comparison = await comparisons.get(id);
      yield { part: { $case: 'comparison', value: encodeComparison(comparison, 'none') } };
      for (const cell of comparison.cells) {
        yield { part: { $case: 'cell', value: encodeCell(cell, cell.rounds) } };
      }
    },
  });
}
