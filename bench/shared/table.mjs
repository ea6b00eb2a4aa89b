// Markdown tables on stdout, and the figures in them.
export const row = (cells) => console.log(`| ${cells.join(' | ')} |`);

export function table(columns, rows = []) {
  console.log();
  row(columns);
  row(columns.map((_, i) => (i === 0 ? '---' : '---:')));
  for (const cells of rows) row(cells);
}

/** Nearest rank. */
export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

export const ms = (seconds) => (seconds * 1000).toFixed(1);
export const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(0);
export const percent = (share) => `${(share * 100).toFixed(2)} %`;
