// What is compared: inputs, our call, the peers with their calls, and what is wanted of us beside each.
// `target`: the peer's CPU time over ours that is wanted.
import { clouds, features, probabilities, unitFeatures } from './inputs.mjs';

const density = { minClusterSize: 100, minSamples: 1 };

function hdbscan(rows, width, peers, more = {}) {
  return {
    inputs: () => ({ x: clouds(rows, width) }),
    ours: { algorithm: 'hdbscan', options: density },
    peers: Object.entries(peers).map(([name, target]) => ({ name, call: name, options: density, target })),
    compare: 'labels',
    rounds: 3,
    warmRows: 1000,
    ...more,
  };
}

/** k highest of a score. numpy: whole arrays, as one writes it; and in blocks that stay in a cache, for the curious. */
function scored(strategy, signal, shape, k, target) {
  return {
    inputs: () => ({ [signal]: probabilities(...shape) }),
    ours: { strategy, k },
    peers: [
      { name: 'numpy', call: strategy, options: { k }, target },
      { name: 'numpy, blocks', call: `${strategy}_in_blocks`, options: { k } },
    ],
    compare: 'set',
    repeats: 10,
  };
}

function coreset(rows, width, k, peers, more = {}) {
  return {
    inputs: () => ({ z: features(rows, width), labelled: features(20, width, 'labelled') }),
    ours: { strategy: 'coreset', k },
    peers: peers.map((peer) => ({ ...peer, options: { k } })),
    compare: 'sequence',
    ...more,
  };
}

const few = {
  inputs: () => ({ z: unitFeatures(10_000, 512), probabilities: probabilities(10_000, 10) }),
  warmRows: 1000,
  rounds: 3,
};

export const works = {
  'hdbscan-10000x64': hdbscan(10_000, 64, { hdbscan: 10 }),
  'hdbscan-10000x512': hdbscan(10_000, 512, { hdbscan: 40 }, { rounds: 2 }),
  'hdbscan-10000x2048': hdbscan(10_000, 2048, { hdbscan: 80 }, { rounds: 1 }),
  'hdbscan-20000x4': hdbscan(20_000, 4, { fast_hdbscan: 1, hdbscan: undefined }),
  'hdbscan-80000x2048': hdbscan(80_000, 2048, {}, { rounds: 1, large: true }),
  least_confidence: scored('least_confidence', 'probabilities', [1_000_000, 10], 2000, 1),
  margin: scored('margin', 'probabilities', [1_000_000, 10], 2000, 1),
  entropy: scored('entropy', 'probabilities', [1_000_000, 10], 2000, 0.5),
  bald: scored('bald', 'monteCarlo', [10, 200_000, 10], 2000, 1),
  coreset: coreset(
    10_000,
    512,
    100,
    [
      { name: 'numpy', call: 'k_center', target: 1 },
      { name: 'scikit-activeml', call: 'core_set' },
    ],
    { repeats: 2 },
  ),
  'coreset-1000000x512': coreset(1_000_000, 512, 1000, [{ name: 'numpy', call: 'k_center' }], {
    rounds: 1,
    warmRows: 1000,
    large: true,
    // Of the matrix, read once for each pick.
    bytes: 1000 * 1_000_000 * 512 * 4,
  }),
  badge: {
    inputs: () => ({ probabilities: probabilities(20_000, 100), z: features(20_000, 768) }),
    ours: { strategy: 'badge', k: 10 },
    peers: [{ name: 'numpy', call: 'badge', options: { k: 10 }, target: 1 }],
    compare: 'first',
    repeats: 10,
  },
  typiclust: {
    ...few,
    ours: { strategy: 'typiclust', k: 100 },
    // Its clusters are another k-means' with other seeds. By default one start, as ours; papers took more.
    peers: [
      { name: 'scikit-activeml', call: 'typi_clust', options: { k: 100 }, target: 20 },
      { name: 'scikit-activeml, 20 starts', call: 'typi_clust', options: { k: 100, starts: 20 } },
    ],
    compare: 'none',
    rounds: 2,
  },
  prob_cover: {
    ...few,
    ours: { strategy: 'prob_cover', k: 100 },
    peers: [{ name: 'scikit-activeml', call: 'prob_cover', options: { k: 100 }, target: 20 }],
    // Each finds a radius of its own when timed: once more with a given one, where picks are defined.
    check: { parameters: { delta: 0.6 }, options: { delta: 0.6 } },
    compare: 'sequence',
  },
};
