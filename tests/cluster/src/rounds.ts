// What of a report must be the same wherever a comparison ran: rounds.csv but for its last column, the seconds.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export async function roundsOf(report: string): Promise<string[]> {
  const text = await readFile(join(report, 'rounds.csv'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => line.slice(0, line.lastIndexOf(',')));
}
