// The command line: commands, arguments and help. What a command does is loaded when it runs, so that help and
// mistakes are answered at once.

import { didYouMean } from '@alarena/core';
import { Command } from 'commander';
import type { Act } from './act.js';
import { addArrayCommands } from './array-commands.js';
import type { AddOptions } from './commands/data.js';
import type { CommandContext, GlobalOptions } from './context.js';
import type { ExitStatus } from './exit-status.js';
import { atLeastOne, fraction, list, notNegative, port, priority, seed } from './option-values.js';

/** Runs what a command does, with the options that all commands have. */
export type Run = (
  options: GlobalOptions,
  task: (context: CommandContext) => Promise<ExitStatus>,
) => Promise<void>;

const footer = `
Without --server (or ALARENA_SERVER) the command starts the services itself and ends them when it ends.
ALARENA_TOKEN_FILE, ALARENA_CA_FILE, ALARENA_CERT_FILE and ALARENA_KEY_FILE stand for the options of these names.
ALARENA_HOME names the folder of all local state (default: .alarena in the current folder).
Exit status: 0 done, 1 failed, 2 bad usage or bad input, 130 interrupted.`;

const idHelp = 'id, head of an id, or name of a comparison';

export function createProgram(run: Run): Command {
  const program = new Command('alarena')
    .exitOverride()
    .description('Which images should be labelled next, and is a clever choice worth more than a random one?')
    .option('--json', 'print one JSON document on stdout, and nothing else there')
    .option('--server <host:port>', 'talk to a running server instead of starting one for the command')
    .option('--token-file <file>', 'with --server: the file that holds your token')
    .option(
      '--ca <file>',
      "with --server: the certificate of the server's authority; the connection is then TLS",
    )
    .option('--cert <file>', 'with --server: your own certificate, where the server asks for one')
    .option('--key <file>', 'with --server: the key of your certificate')
    .option('--verbose', 'log more on stderr, and show where an error came from')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', footer)
    .showHelpAfterError('(alarena --help lists what there is)')
    .helpCommand('help [command]', 'show the help of a command');
  const act: Act = (task) => run(program.opts<GlobalOptions>(), task);
  addComparisonCommands(program, act);
  addCatalogueCommands(program, act);
  addArrayCommands(program, act);
  addClusterCommands(program, act);
  addServeCommand(program, act);
  return program;
}

function addComparisonCommands(program: Command, act: Act): void {
  program
    .command('compare <spec>')
    .description('run a comparison and write its report; run again, it goes on or finds all done')
    .option('--out <folder>', 'where the report goes (default: reports/ and the name of the spec)')
    .option('--format <formats>', 'parts of the report, with commas between', list)
    .option('--parallelism <cells>', 'cells at once (default: chosen by the server)', atLeastOne)
    .action((spec: string, options: { out?: string; format?: string[]; parallelism?: number }) =>
      act(async (context) => (await import('./commands/compare.js')).compare(context, spec, options)),
    );
  program
    .command('submit <spec>')
    .description('start a comparison without waiting for it')
    .option('--parallelism <cells>', 'cells at once (default: chosen by the server)', atLeastOne)
    .action((spec: string, options: { parallelism?: number }) =>
      act(async (context) => (await import('./commands/submit.js')).submit(context, spec, options)),
    );
  program
    .command('watch')
    .argument('<id>', idHelp)
    .description('follow a comparison to its end')
    .action((id: string) =>
      act(async (context) => (await import('./commands/submit.js')).watch(context, id)),
    );
  const comparisons = () => import('./commands/comparisons.js');
  program
    .command('list')
    .description('list all comparisons, newest first')
    .action(() => act(async (context) => (await comparisons()).listComparisons(context)));
  program
    .command('show')
    .argument('<id>', idHelp)
    .description('show a comparison: its spec with every default, its cells, its cost')
    .action((id: string) => act(async (context) => (await comparisons()).showComparison(context, id)));
  program
    .command('cancel')
    .argument('<id>', idHelp)
    .description('stop a comparison; what is measured stays')
    .action((id: string) => act(async (context) => (await comparisons()).cancelComparison(context, id)));
  program
    .command('pause')
    .argument('<id>', idHelp)
    .description('hold a comparison: no more tasks are begun until it is resumed')
    .action((id: string) => act(async (context) => (await comparisons()).pauseComparison(context, id)));
  program
    .command('resume')
    .argument('<id>', idHelp)
    .description('go on with a paused, cancelled or failed comparison')
    .action((id: string) => act(async (context) => (await comparisons()).resumeComparison(context, id)));
  program
    .command('set')
    .argument('<id>', idHelp)
    .description('change how a comparison is run, also while it runs')
    .option('--parallelism <cells>', 'cells at once', atLeastOne)
    .option('--priority <number>', 'tasks of a higher one go first (default of all: 0)', priority)
    .action((id: string, options: { parallelism?: number; priority?: number }) =>
      act(async (context) => (await comparisons()).setComparison(context, id, options)),
    );
  program
    .command('report')
    .argument('<ids...>', idHelp)
    .description('write the report of comparisons from what is measured so far')
    .option('--out <folder>', 'where the report goes (default: reports/ and the name of the comparison)')
    .option('--format <formats>', 'parts of the report, with commas between', list)
    .action((ids: string[], options: { out?: string; format?: string[] }) =>
      act(async (context) => (await import('./commands/report.js')).report(context, ids, options)),
    );
}

function addCatalogueCommands(program: Command, act: Act): void {
  const catalogue = () => import('./commands/strategies.js');
  const strategies = program
    .command('strategies')
    .description('the catalogue of strategies')
    .allowExcessArguments()
    .action((_options: object, command: Command) => {
      const [word] = command.args;
      if (word !== undefined)
        command.error(`error: unknown command '${word}'${didYouMean(word, ['list', 'show'])}`);
      return act(async (context) => (await catalogue()).listStrategies(context));
    });
  strategies
    .command('list')
    .description('list all strategies')
    .action(() => act(async (context) => (await catalogue()).listStrategies(context)));
  strategies
    .command('show <name>')
    .description('show a strategy: what it needs, its parameters, its source')
    .action((name: string) => act(async (context) => (await catalogue()).showStrategy(context, name)));

  const datasets = () => import('./commands/data.js');
  const data = program.command('data').description('data sets');
  data
    .command('list')
    .description('list all data sets')
    .action(() => act(async (context) => (await datasets()).listDatasets(context)));
  data
    .command('show <name>')
    .description('show a data set: shape, classes, splits')
    .action((name: string) => act(async (context) => (await datasets()).showDataset(context, name)));
  data
    .command('add <name>')
    .description('import a data set; mnist and repeated-mnist are built in')
    .option('--from <folder>', 'folder to read from, on the server')
    .option('--of <name>', 'read the files of a built-in data set of another name')
    .option(
      '--distinct <images>',
      'use only so many train images, drawn at random; the others are for validation',
      atLeastOne,
    )
    .option('--repeat <times>', 'with --distinct: have each of them so often', atLeastOne)
    .option(
      '--noise <sd>',
      'with --repeat: Gaussian noise on each copy, pixel values being in [0, 1]',
      fraction,
    )
    .option('--seed <number>', 'with --repeat: names the draws', seed)
    .action((name: string, options: AddOptions) =>
      act(async (context) => (await datasets()).addDataset(context, name, options)),
    );
  data
    .command('remove <name>')
    .description('remove a data set')
    .action((name: string) => act(async (context) => (await datasets()).removeDataset(context, name)));
}

function addClusterCommands(program: Command, act: Act): void {
  const commands = () => import('./commands/cluster.js');
  const cluster = program
    .command('cluster')
    .description('pools, workers, GPUs, queues; what waits and why')
    .action(() => act(async (context) => (await commands()).showCluster(context)));
  cluster
    .command('set <pool>')
    .description('change how many tasks of a pool are out at once')
    .requiredOption(
      '--limit <tasks>',
      'most tasks of a kind; 0: as many as its workers can hold',
      notNegative,
    )
    .action((pool: string, options: { limit: number }) =>
      act(async (context) => (await commands()).setPool(context, pool, options.limit)),
    );
  program
    .command('gc')
    .description('remove from the store what no policy keeps: signals and weights of ended comparisons')
    .option('--dry-run', 'only say what would be removed, and why')
    .action((options: { dryRun?: boolean }) =>
      act(async (context) => (await commands()).collectGarbage(context, options)),
    );
}

function addServeCommand(program: Command, act: Act): void {
  program
    .command('serve <service>')
    .description('run services in the foreground; "all" answers every one of them on one gRPC port')
    .option('--port <port>', 'port to listen on; 0: any that is free', port, 50_050)
    .option('--host <host>', 'address to listen on', '127.0.0.1')
    .action((service: string, options: { port: number; host: string }) =>
      act(async (context) => (await import('./commands/serve.js')).serve(context, service, options)),
    );
}
