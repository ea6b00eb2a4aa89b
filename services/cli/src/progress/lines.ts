// Progress in words: the lines printed where there is no terminal, and the text beside each bar where there is.

import { comparison } from '@alarena/api';
import { duration, plural, roughDuration } from '../format/quantities.js';
import { statusWord } from '../format/status.js';
import type { CellProgress, News } from './progress-state.js';

/** Lines for people who read a log; undefined: not worth a line. */
export function newsLine(news: News): string | undefined {
  switch (news.kind) {
    case 'begun':
      return news.roundsDone === 0 ? undefined : storedLine(news.roundsDone, news.roundsTotal);
    case 'round':
      return roundLine(news.cell, news.round);
    case 'cell-ended':
      return endLine(news.cell);
    case 'notice':
      return `note: ${news.text}`;
  }
}

/** `margin seed 2 round 3/4: 80 labels, accuracy 0.871 (12.3 s)`; rounds count queries, so the first is 0. */
function roundLine(cell: CellProgress, round: comparison.Round): string {
  const origin = round.fitShared ? ', fit shared' : '';
  const place = `round ${round.round}/${Math.max(0, cell.roundsTotal - 1)}`;
  const measured = `${plural(round.labels, 'label')}, accuracy ${round.accuracy.toFixed(3)}`;
  return `${cellName(cell)} ${place}: ${measured} (${duration(round.seconds)}${origin})`;
}

/** What is known of one cell, to stand right of its bar. */
export function cellState(cell: CellProgress): string {
  const accuracy = cell.accuracy === undefined ? '' : `accuracy ${cell.accuracy.toFixed(3)}`;
  if (cell.status === comparison.Status.STATUS_RUNNING && cell.task !== undefined) {
    const { kind, progress } = cell.task;
    const share = progress > 0 ? ` ${Math.floor(progress * 100)} %` : '';
    return [`${kind}${share}`, accuracy].filter((part) => part !== '').join(', ');
  }
  if (cell.status === comparison.Status.STATUS_DONE) return accuracy;
  return [statusWord(cell.status), accuracy].filter((part) => part !== '').join(', ');
}

export function cellName({ strategy, seed }: { readonly strategy: string; readonly seed: bigint }): string {
  return `${strategy} seed ${seed}`;
}

export function totalState(roundsDone: number, roundsTotal: number, secondsLeft: number | undefined): string {
  const rounds = `${roundsDone}/${roundsTotal} rounds`;
  if (secondsLeft === undefined || roundsDone === roundsTotal) return rounds;
  return `${rounds}, about ${roughDuration(secondsLeft)} left`;
}

function storedLine(done: number, total: number): string {
  if (done === total) return `all ${plural(total, 'round')} were measured before`;
  return `${done} of ${plural(total, 'round')} were measured before`;
}

function endLine(cell: CellProgress): string | undefined {
  if (cell.status === comparison.Status.STATUS_DONE) return undefined;
  const cause = cell.error === '' ? '' : `: ${cell.error}`;
  return `${cellName(cell)} ${statusWord(cell.status)}${cause}`;
}
