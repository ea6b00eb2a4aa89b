// A command's result: one JSON document, or text.

import type { CommandContext } from '../context.js';

export function print(context: CommandContext, document: object, text: () => string): void {
  context.terminal.out(context.json ? JSON.stringify(document, null, 2) : text());
}
