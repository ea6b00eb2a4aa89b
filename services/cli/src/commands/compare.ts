// `alarena compare SPEC.yaml`: the whole way from a spec to a report.

import { withServer } from '../connection.js';
import type { CommandContext } from '../context.js';
import type { ExitStatus } from '../exit-status.js';
import { headLine } from '../format/comparison.js';
import { statusWord } from '../format/status.js';
import { readSpec } from '../read-spec.js';
import { print } from './print.js';
import {
  checkedFormats,
  defaultFolder,
  type ReportOptions,
  writeFetched,
  writtenJson,
  writtenText,
} from './report.js';
import { follow, type SubmitOptions, statusOfEnd, submitSpec } from './submit.js';

export async function compare(
  context: CommandContext,
  path: string,
  options: ReportOptions & SubmitOptions,
): Promise<ExitStatus> {
  // Everything that can be wrong with the command itself is found before hours of computing.
  const formats = checkedFormats(options.format);
  const spec = await readSpec(path);
  return withServer(context, async (connection) => {
    const submitted = await submitSpec(connection, context, spec, options);
    context.terminal.note(headLine(submitted));
    const ended = await follow(connection, context, submitted, `alarena compare ${path}`);
    const folderOf = (name: string): string => options.out ?? defaultFolder(name);
    const written = await writeFetched(connection, context, ended.id, folderOf, formats);
    const document = { ...writtenJson(written), status: statusWord(ended.status) };
    print(context, document, () => writtenText(written));
    return statusOfEnd(context, ended);
  });
}
