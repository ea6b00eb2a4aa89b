// What two sides' results have in common, in words.

const clusters = (a, b) => {
  const names = new Map();
  let moved = 0;
  a.labels.forEach((label, at) => {
    if (!names.has(label)) names.set(label, b.labels[at]);
    if (names.get(label) !== b.labels[at]) moved++;
  });
  const glosh = b.glosh && Math.max(...a.glosh.map((score, at) => Math.abs(score - b.glosh[at])));
  const within = glosh === undefined ? '' : `, GLOSH within ${glosh.toExponential(0)}`;
  return `${moved === 0 ? 'same labels' : `${moved} labels differ`}${within}`;
};

const ways = {
  labels: clusters,
  /** The same samples; float32 sums may swap those with nearly the score of the last. */
  set: (a, b) => {
    const theirs = new Set(b.ids);
    return `${a.ids.filter((id) => theirs.has(id)).length} of ${a.ids.length} picks`;
  },
  sequence: (a, b) => {
    const different = a.ids.findIndex((id, at) => id !== b.ids[at]);
    return different < 0
      ? `all ${a.ids.length} picks in order`
      : `${different} of ${a.ids.length} picks in order`;
  },
  /** Others are drawn. */
  first: (a, b) => (a.ids[0] === b.ids[0] ? 'first pick' : 'first pick differs'),
  none: () => '–',
};

export function compared(way, ours, theirs) {
  return ways[way](ours, theirs);
}
