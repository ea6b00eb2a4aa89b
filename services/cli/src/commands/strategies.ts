// `alarena strategies` and `alarena strategies show NAME`. The catalogue needs no stack: without a server it is
// this program's own.

import { AppError } from '@alarena/core';
import { unknownStrategy } from '@alarena/strategies';
import { shortCall, withServer } from '../connection.js';
import type { CommandContext } from '../context.js';
import { ExitStatus } from '../exit-status.js';
import { strategiesText, strategyText } from '../format/strategy.js';
import { ownCatalogue, type StrategyView, viewOf } from '../strategy-catalogue.js';
import { print } from './print.js';

export async function listStrategies(context: CommandContext): Promise<ExitStatus> {
  const views = await catalogue(context);
  print(context, { strategies: views }, () => strategiesText(views));
  return ExitStatus.done;
}

export async function showStrategy(context: CommandContext, name: string): Promise<ExitStatus> {
  const view = (await catalogue(context)).find((known) => known.name === name);
  if (view === undefined) throw new AppError('not-found', unknownStrategy(name));
  print(context, view, () => strategyText(view));
  return ExitStatus.done;
}

async function catalogue(context: CommandContext): Promise<StrategyView[]> {
  if (context.server === undefined) return ownCatalogue();
  return withServer(context, async ({ strategies }) => {
    const response = await strategies.listStrategies({}, { ...shortCall(context), retries: 2 });
    return response.strategies.map(viewOf);
  });
}
