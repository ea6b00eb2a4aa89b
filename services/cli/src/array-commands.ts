// Commands on one's own arrays, for people who train elsewhere: arguments and help.

import type { Command } from 'commander';
import type { Act } from './act.js';
import type { HdbscanOptions } from './commands/hdbscan.js';
import type { PickOptions } from './commands/pick.js';
import { atLeastOne, atLeastTwo, seed } from './option-values.js';

const pickHelp = `
Arrays are NPY files of float32, one row per sample (float16 and float64 are taken as float32). A sample is called by
its row, from 0. The rows named by --labelled and --validation have labels; the others are the pool, from which K are
picked. A strategy says what it needs: alarena strategies show STRATEGY. Arrays may leave out all but the pool's rows
where nothing is needed of the others.

In Python:
  p = torch.softmax(model(x), 1)                          # dropout off: samples x classes
  q = torch.stack([torch.softmax(model(x), 1) for _ in range(10)])   # dropout on: passes x samples x classes
  numpy.save("p.npy", p.cpu().numpy())
  numpy.save("q.npy", q.cpu().numpy())
  numpy.save("z.npy", backbone(x).cpu().numpy())          # samples x width, labelled samples included
  json.dump([3, 14, 15], open("labelled.json", "w"))      # rows of the labelled samples
  w = torch.cat([fc.weight, fc.bias[:, None]], 1)         # the last layer, for --classifier
  numpy.save("w.npy", w.detach().cpu().numpy())
and then:
  alarena pick margin -k 10 --probabilities p.npy
  alarena pick bald -k 10 --mc q.npy --json
  alarena pick coreset -k 10 --features z.npy --labelled labelled.json`;

const hdbscanHelp = `
X is an NPY file of float32, one row per sample. A sample is called by its row, from 0; label -1 is noise. GLOSH is 0 in the
midst of a cluster and near 1 far from any.

In Python:
  numpy.save("x.npy", x.astype(numpy.float32))
and then:
  alarena hdbscan x.npy --min-cluster-size 100 --min-samples 1 --json`;

export function addArrayCommands(program: Command, act: Act): void {
  program
    .command('pick <strategy>')
    .description('pick samples by your own arrays, without a server: for those who train elsewhere')
    .requiredOption('-k <count>', 'samples to pick', atLeastOne)
    .option('--probabilities <file>', 'softmax, dropout off: samples x classes')
    .option('--mc <file>', 'softmax of Monte-Carlo passes, dropout on: passes x samples x classes')
    .option('--features <file>', 'features of the backbone (z): samples x width')
    .option('--a0 <file>', 'first layer of the head: samples x width')
    .option('--a1 <file>', 'second layer of the head: samples x width')
    .option('--a2 <file>', 'logits: samples x classes')
    .option('--h <file>', 'what goes into the last linear layer: samples x width')
    .option('--classifier <file>', 'the last linear layer: classes x (width of --h + 1), the bias last')
    .option('--labelled <file>', 'rows of the labelled samples: a JSON list, or a .npy file of integers')
    .option('--validation <file>', 'rows of the validation samples, as --labelled')
    .option('--labels <file>', 'class of each sample; only those of labelled and validation rows are read')
    .option('--params <name=value...>', 'parameters of the strategy, or one JSON object')
    .option('--seed <number>', 'names the draws', seed, 0)
    .addHelpText('after', pickHelp)
    .action((strategy: string, options: PickOptions) =>
      act(async (context) => (await import('./commands/pick.js')).pick(context, strategy, options)),
    );
  program
    .command('hdbscan <x>')
    .description('cluster your own vectors and score outliers, without a server: HDBSCAN and GLOSH')
    .requiredOption('--min-cluster-size <rows>', 'fewest rows of a cluster', atLeastTwo)
    .option(
      '--min-samples <rows>',
      'neighbours that make a place dense; 1: distances as they are (default: as the cluster size)',
      atLeastOne,
    )
    .addHelpText('after', hdbscanHelp)
    .action((file: string, options: HdbscanOptions) =>
      act(async (context) => (await import('./commands/hdbscan.js')).clusterRows(context, file, options)),
    );
}
